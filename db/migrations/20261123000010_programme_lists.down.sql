drop statistics programmes_of_coordinators;
drop index programmes_updated, programmes_code, programmes_stage_updated, programmes_stage_code,
  programmes_coordinator_updated, programmes_coordinator_code, programmes_province_updated, programmes_province_code,
  programmes_province_stage_updated, programmes_province_stage_code, programmes_regency_updated,
  programmes_regency_code, programmes_regency_stage_updated, programmes_regency_stage_code, programmes_district_updated, programmes_district_code, programmes_region_updated,
  programmes_region_code;
create index programmes_coordinator on programmes (coordinator, id);
create index programmes_updated on programmes (updated_at desc, id desc);
create index programmes_stage_updated on programmes (stage, updated_at desc, id desc);
create index programmes_stage_code on programmes (stage, code, id);
create index programmes_region_updated on programmes (region_code, updated_at desc, id desc);
create index programmes_region_code on programmes (region_code, code, id);
create index programmes_region_stage_updated on programmes (region_code, stage, updated_at desc, id desc);
create index programmes_region_stage_code on programmes (region_code, stage, code, id);
create index programmes_province_updated on programmes (province_code, updated_at desc, id desc);
create index programmes_province_code on programmes (province_code, code, id);
create index programmes_province_stage_updated on programmes (province_code, stage, updated_at desc, id desc);
create index programmes_province_stage_code on programmes (province_code, stage, code, id);
create index programmes_regency_updated on programmes (regency_code, updated_at desc, id desc);
create index programmes_regency_code on programmes (regency_code, code, id);
create index programmes_regency_stage_updated on programmes (regency_code, stage, updated_at desc, id desc);
create index programmes_regency_stage_code on programmes (regency_code, stage, code, id);
create index programmes_district_updated on programmes (district_code, updated_at desc, id desc);
create index programmes_district_code on programmes (district_code, code, id);
create index programmes_district_stage_updated on programmes (district_code, stage, updated_at desc, id desc);
create index programmes_district_stage_code on programmes (district_code, stage, code, id);
