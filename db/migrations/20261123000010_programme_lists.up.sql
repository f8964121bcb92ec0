-- Every list of programmes is read from an index in its own order. Stage and status stand last in each: what does not fit a
-- filter on them is passed over within the index, without a look into the table. Down to the regency, the stage also stands
-- first in an index of its own, so that a stage that is rare there is not searched for; below that lists are short, and the
-- index without the stage is as good. Fewer indexes are less work for every move.
drop index programmes_coordinator, programmes_updated, programmes_stage_updated, programmes_stage_code,
  programmes_region_updated, programmes_region_code, programmes_region_stage_updated, programmes_region_stage_code,
  programmes_province_updated, programmes_province_code, programmes_province_stage_updated, programmes_province_stage_code,
  programmes_regency_updated, programmes_regency_code, programmes_regency_stage_updated, programmes_regency_stage_code,
  programmes_district_updated, programmes_district_code, programmes_district_stage_updated, programmes_district_stage_code;
create index programmes_updated on programmes (updated_at desc, id desc, stage, status);
create index programmes_code on programmes (code, id, stage, status);
create index programmes_stage_updated on programmes (stage, updated_at desc, id desc, status);
create index programmes_stage_code on programmes (stage, code, id, status);
create index programmes_coordinator_updated on programmes (coordinator, updated_at desc, id desc, stage, status);
create index programmes_coordinator_code on programmes (coordinator, code, id, stage, status);
create index programmes_province_updated on programmes (province_code, updated_at desc, id desc, stage, status);
create index programmes_province_code on programmes (province_code, code, id, stage, status);
create index programmes_province_stage_updated on programmes (province_code, stage, updated_at desc, id desc, status);
create index programmes_province_stage_code on programmes (province_code, stage, code, id, status);
create index programmes_regency_updated on programmes (regency_code, updated_at desc, id desc, stage, status);
create index programmes_regency_code on programmes (regency_code, code, id, stage, status);
create index programmes_regency_stage_updated on programmes (regency_code, stage, updated_at desc, id desc, status);
create index programmes_regency_stage_code on programmes (regency_code, stage, code, id, status);
create index programmes_district_updated on programmes (district_code, updated_at desc, id desc, stage, status);
create index programmes_district_code on programmes (district_code, code, id, stage, status);
create index programmes_region_updated on programmes (region_code, updated_at desc, id desc, stage, status);
create index programmes_region_code on programmes (region_code, code, id, stage, status);
-- A coordinator works in few regions. A planner that does not know so takes both conditions together for rare, and sorts.
create statistics programmes_of_coordinators (dependencies) on coordinator, province_code, regency_code, district_code from programmes;
