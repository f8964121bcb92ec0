package domain

import (
	"encoding/json"
	"iter"
	"regexp"
	"time"

	"github.com/google/uuid"
)

// RuleSetKind says what a rule set is made of.
type RuleSetKind string

// The kinds. The national rules are neither: they come with the server and are not in the catalogue.
const (
	RuleFile    RuleSetKind = "RULE_FILE" // a YAML file of CEL rules, run by the stock plugin
	RuleProgram RuleSetKind = "PROGRAM"   // an office's own program, in any language
)

// RuleSetKinds lists the kinds.
var RuleSetKinds = Enum{
	{"RULE_FILE", Text{"Rule file", "Berkas aturan"}},
	{"PROGRAM", Text{"Program", "Program"}},
}

// VersionState says how far a version of a rule set has come on its way to being put to work.
type VersionState string

// The states of a version:
//
//	UPLOADED ─→ CHECKED ─→ APPROVED ─→ WITHDRAWN
//	   ↑    └─→ FAILED         (each but FAILED may be withdrawn)
//	   └───────────┘ by uploading the same content again, where the fault was not in it
//
// A rule file can be activated once it is VersionChecked; a program only once it is VersionApproved.
const (
	VersionUploaded  VersionState = "UPLOADED"  // waits to be checked
	VersionChecked   VersionState = "CHECKED"   // keeps the contract
	VersionFailed    VersionState = "FAILED"    // does not keep the contract; its problems say how
	VersionApproved  VersionState = "APPROVED"  // a program that a second person, a national admin, lets run
	VersionWithdrawn VersionState = "WITHDRAWN" // can never be activated again
)

// VersionStates lists the states of a version.
var VersionStates = Enum{
	{"UPLOADED", Text{"Uploaded", "Diunggah"}},
	{"CHECKED", Text{"Checked", "Diperiksa"}},
	{"FAILED", Text{"Failed the check", "Gagal diperiksa"}},
	{"APPROVED", Text{"Approved", "Disetujui"}},
	{"WITHDRAWN", Text{"Withdrawn", "Ditarik"}},
}

// ActivationMode says whom an activation binds.
type ActivationMode string

// The modes.
const (
	NewEntries ActivationMode = "NEW_ENTRIES" // programmes that enter a stage from then on
	Everyone   ActivationMode = "EVERYONE"    // all programmes at once
)

// ActivationModes lists the modes.
var ActivationModes = Enum{
	{"NEW_ENTRIES", Text{"Programmes that enter a stage from now on", "Program yang memasuki tahap mulai sekarang"}},
	{"EVERYONE", Text{"All programmes at once", "Semua program sekaligus"}},
}

// RuleSetAction is something that was done with a rule set, for its audit trail.
type RuleSetAction string

// The actions.
const (
	RuleSetUploaded    RuleSetAction = "UPLOADED"
	RuleSetChecked     RuleSetAction = "CHECKED"
	RuleSetFailed      RuleSetAction = "FAILED"
	RuleSetApproved    RuleSetAction = "APPROVED"
	RuleSetActivated   RuleSetAction = "ACTIVATED"
	RuleSetRolledBack  RuleSetAction = "ROLLED_BACK"
	RuleSetDeactivated RuleSetAction = "DEACTIVATED"
	RuleSetWithdrawn   RuleSetAction = "WITHDRAWN"
)

// RuleSetActions lists the actions.
var RuleSetActions = Enum{
	{"UPLOADED", Text{"Uploaded", "Diunggah"}},
	{"CHECKED", Text{"Checked", "Diperiksa"}},
	{"FAILED", Text{"Failed the check", "Gagal diperiksa"}},
	{"APPROVED", Text{"Approved", "Disetujui"}},
	{"ACTIVATED", Text{"Activated", "Diaktifkan"}},
	{"ROLLED_BACK", Text{"Rolled back", "Dikembalikan"}},
	{"DEACTIVATED", Text{"Deactivated", "Dinonaktifkan"}},
	{"WITHDRAWN", Text{"Withdrawn", "Ditarik"}},
}

// RuleSet is a set of rules that an office keeps in the catalogue, in versions.
type RuleSet struct {
	Record
	Name       string      `bun:"name"`        // unique: 1 to 64 small letters, digits and hyphens
	RegionCode string      `bun:"region_code"` // whose it is: only admins of this region, or above, upload versions
	Kind       RuleSetKind `bun:"kind"`

	Region      *Region           `bun:"rel:belongs-to,join:region_code=code"`
	Versions    []*RuleSetVersion `bun:"rel:has-many,join:id=rule_set_id"`
	Activations []*RuleActivation `bun:"rel:has-many,join:id=rule_set_id"`
	Events      []*RuleSetEvent   `bun:"rel:has-many,join:id=rule_set_id"`
}

// RuleSetVersion is one version of a rule set. What it consists of is never changed.
type RuleSetVersion struct {
	Record
	RuleSetID   uuid.UUID       `bun:"rule_set_id,type:uuid"`
	Version     string          `bun:"version"` // as the rule set says it, 1 to 64 characters; unique in the rule set
	SHA256      string          `bun:"sha256"`  // of the artefact: 64 small hexadecimal digits
	Size        int64           `bun:"size"`    // of the artefact, in bytes
	State       VersionState    `bun:"state"`
	Description json.RawMessage `bun:"description,type:jsonb,nullzero"`         // what the rule set says of itself, as protojson; empty until checked
	Problems    json.RawMessage `bun:"problems,type:jsonb,nullzero" pii:"true"` // why it failed, as a list of Problem; a program's own words, so only admins see them
	Note        *string         `bun:"note"`
	UploadedBy  string          `bun:"uploaded_by"` // a subject
	CheckedAt   *time.Time      `bun:"checked_at"`
	ApprovedBy  *string         `bun:"approved_by"` // a subject; never the one who uploaded
	ApprovedAt  *time.Time      `bun:"approved_at"`

	RuleSet *RuleSet `bun:"rel:belongs-to,join:rule_set_id=id"`
}

// RuleActivation puts a version to work for a region and all below it, or takes the rule set out of work there. It is never
// changed but for EndedAt; putting another to work is another activation.
type RuleActivation struct {
	Record
	RegionCode  string          `bun:"region_code"`
	RuleSetID   uuid.UUID       `bun:"rule_set_id,type:uuid"`
	Revision    int             `bun:"revision"`                               // 1, 2, … of the rule set in the region
	VersionID   *uuid.UUID      `bun:"rule_set_version_id,type:uuid,nullzero"` // nil: the rule set is out of work from here on
	Parameters  json.RawMessage `bun:"parameters,type:jsonb,nullzero"`         // of the region, a JSON object; empty for none
	Mode        ActivationMode  `bun:"mode"`
	ActivatedBy string          `bun:"activated_by"` // a subject
	ActivatedAt time.Time       `bun:"activated_at"` // grows strictly with Revision
	// BindsSince is when the first activation up to this one was made: who entered their stage before it is bound by none of them.
	// It is nil where one of them was for everyone. The database writes it.
	BindsSince *time.Time `bun:"binds_since"`
	Restores   *int       `bun:"restores"` // the revision that a rollback went back to, itself no rollback; nil for what is none
	Reason     *string    `bun:"reason"`
	EndedAt    *time.Time `bun:"ended_at"` // since when it binds no programme and never will again; nil while it may

	Region  *Region         `bun:"rel:belongs-to,join:region_code=code"`
	RuleSet *RuleSet        `bun:"rel:belongs-to,join:rule_set_id=id"`
	Version *RuleSetVersion `bun:"rel:belongs-to,join:rule_set_version_id=id"`
}

// RuleSetEvent is an entry in the audit trail of a rule set. The database refuses to change one.
type RuleSetEvent struct {
	ID           uuid.UUID     `bun:"id,pk,type:uuid"`
	CreatedAt    time.Time     `bun:"created_at"`
	RegionCode   string        `bun:"region_code"` // the activation's, or else the rule set's
	RuleSetID    uuid.UUID     `bun:"rule_set_id,type:uuid"`
	VersionID    *uuid.UUID    `bun:"rule_set_version_id,type:uuid,nullzero"`
	ActivationID *uuid.UUID    `bun:"rule_activation_id,type:uuid,nullzero"`
	Action       RuleSetAction `bun:"action"`
	Actor        string        `bun:"actor"` // a subject; system:… where the server did it
	Reason       *string       `bun:"reason"`

	Region     *Region         `bun:"rel:belongs-to,join:region_code=code"`
	RuleSet    *RuleSet        `bun:"rel:belongs-to,join:rule_set_id=id"`
	Version    *RuleSetVersion `bun:"rel:belongs-to,join:rule_set_version_id=id"`
	Activation *RuleActivation `bun:"rel:belongs-to,join:rule_activation_id=id"`
}

// Of what is uploaded.
const (
	MaxRuleFile    = 1 << 20  // bytes
	MaxRuleProgram = 64 << 20 // bytes of the packed archive
	ArtefactChunk  = 1 << 20  // bytes in which content is stored and sent
	MaxParameters  = 64 << 10 // bytes of JSON
)

// RuleSetNameForm says what the name of a rule set looks like.
const RuleSetNameForm = `^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`

var ruleSetName = regexp.MustCompile(RuleSetNameForm)

// ValidRuleSetName tells whether a rule set may have this name.
func ValidRuleSetName(name string) bool { return ruleSetName.MatchString(name) }

// Problem is something that was wrong, as it is kept: a version that failed its check keeps a list of them.
type Problem struct {
	Code    Code           `json:"code"`
	Message Text           `json:"message"`
	Path    []string       `json:"path,omitempty"`
	Params  map[string]any `json:"params,omitempty"` // file, line and column where there are any
}

// Kept gives problems as they are kept.
func (p Problems) Kept() []Problem {
	kept := make([]Problem, len(p))
	for i, e := range p {
		kept[i] = Problem{Code: e.Code, Message: e.Text, Path: e.Path, Params: e.Shown()}
		if e.Text.EN == "" {
			kept[i].Message.EN = e.Message
		}
	}
	return kept
}

// Chains gives the activations of each rule set in each region, of a list that is sorted by region, rule set and revision.
func Chains(sorted []*RuleActivation) iter.Seq[[]*RuleActivation] {
	return func(yield func([]*RuleActivation) bool) {
		for begin := 0; begin < len(sorted); {
			end := begin + 1
			for end < len(sorted) && sorted[end].RegionCode == sorted[begin].RegionCode && sorted[end].RuleSetID == sorted[begin].RuleSetID {
				end++
			}
			if !yield(sorted[begin:end:end]) {
				return
			}
			begin = end
		}
	}
}
