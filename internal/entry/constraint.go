package entry

import (
	"errors"
	"strings"

	"github.com/berdaya/berdaya/domain"
)

// unique says what it means that one of the schema's unique keys is taken.
var unique = map[string]struct{ path, en, id string }{
	"programmes_code_key": {"code", "another programme has this code; choose another code", "kode ini sudah dipakai program lain; pilih kode lain"},
	"programme_communities_programme_id_community_id_key": {"communityId", "this community is in the programme already",
		"masyarakat ini sudah ada dalam program"},
	"programme_stakeholders_programme_id_stakeholder_id_role_key": {"role", "this stakeholder has this role in the programme already",
		"pemangku kepentingan ini sudah memiliki peran tersebut dalam program"},
	"problem_nodes_core": {"kind", "this need has a core problem already; change that one", "kebutuhan ini sudah memiliki masalah inti; ubah yang ada"},
	"capacity_scores_capacity_assessment_id_domain_key": {"domain", "this assessment has a score for this domain already; change that one",
		"penilaian ini sudah memiliki skor untuk ranah tersebut; ubah yang ada"},
	"attendances_session_id_participant_id_key": {"participantId", "this participant's attendance of this session is entered already; change that one",
		"kehadiran peserta ini pada sesi tersebut sudah dicatat; ubah yang ada"},
	"waivers_open": {"rule", "a waiver of this rule is asked for or in force already; settle that one", "pengecualian aturan ini sudah diajukan atau berlaku; selesaikan yang ada"},
	"distributions_report_id_stakeholder_id_key": {"stakeholderId", "the report was sent to this stakeholder already",
		"laporan sudah dikirim kepada pemangku kepentingan ini"},
}

// taken is what it means that an id made by a client is taken. It is said of what the actor sees and of what they do not see
// alike, and only to an actor who may enter things there. Ids are random and things stay: who knows an id has been shown that
// there is a thing with it, so the answer tells nobody anything new.
var taken = struct{ path, en, id string }{"clientId", "this id is taken: make a new one, and send it with a new key",
	"id ini sudah dipakai: buat id baru, dan kirim dengan kunci baru"}

// Explained gives an error about a unique key the words and the path of the field; any other error stays as it is.
func Explained(err error) error {
	e := (*domain.Error)(nil)
	if !errors.As(err, &e) || e.Code != domain.CodeAlreadyExists {
		return err
	}
	name, _ := e.Params["constraint"].(string)
	u, known := unique[name]
	if strings.HasSuffix(name, "_pkey") {
		u, known = taken, true
	}
	if !known {
		return err
	}
	return domain.Errorf(domain.CodeAlreadyExists, "%s", u.en).In(u.id).Because(err).At(u.path)
}
