package domain

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// OfflineOutcome is what became of a command that was made without a line.
type OfflineOutcome string

// The outcomes.
const (
	OfflineDone      OfflineOutcome = "DONE"
	OfflineRepeated  OfflineOutcome = "REPEATED"  // an earlier command with the same key did it
	OfflineDraft     OfflineOutcome = "DRAFT"     // kept for a person to look at again
	OfflineRefused   OfflineOutcome = "REFUSED"   // the client has to put it right; nothing was kept
	OfflineNotRun    OfflineOutcome = "NOT_RUN"   // nothing is wrong with it: it is to be sent again
	OfflineUncertain OfflineOutcome = "UNCERTAIN" // of a dry run: it hangs on a move that was not made
)

// OfflineOutcomes lists the outcomes.
var OfflineOutcomes = Enum{
	{"DONE", Text{"Done", "Selesai"}},
	{"REPEATED", Text{"Done before", "Sudah dilakukan sebelumnya"}},
	{"DRAFT", Text{"Kept as a draft", "Disimpan sebagai draf"}},
	{"REFUSED", Text{"Refused", "Ditolak"}},
	{"NOT_RUN", Text{"Not done yet: send it again", "Belum dilakukan: kirim lagi"}},
	{"UNCERTAIN", Text{"Not known before it is tried", "Belum diketahui sebelum dicoba"}},
}

// DraftState says whether a draft waits for a person.
type DraftState string

// The states of a draft.
const (
	DraftOpen    DraftState = "OPEN"
	DraftMerged  DraftState = "MERGED"
	DraftDropped DraftState = "DROPPED"
)

// DraftStates lists the states of a draft.
var DraftStates = Enum{
	{"OPEN", Text{"Open", "Terbuka"}},
	{"MERGED", Text{"Merged", "Digabungkan"}},
	{"DROPPED", Text{"Dropped", "Dibuang"}},
}

// Draft is a command that was made without a line and could not be carried out, kept as it was until a person settles it.
type Draft struct {
	Record
	Author            string          `bun:"author"`                               // the subject who gave the command
	Key               string          `bun:"key"`                                  // the author's own
	ProgrammeID       *uuid.UUID      `bun:"programme_id,type:uuid"`               // nil where the author did not see it
	Command           string          `bun:"command"`                              // the mutation, such as createNeed
	Input             json.RawMessage `bun:"input,type:jsonb,nullzero" pii:"true"` // nil once a settled draft's personal data are gone
	InputHash         string          `bun:"input_hash"`                           // SHA-256 in hexadecimal; tells the same command, sent again, from another
	Personal          bool            `bun:"personal"`                             // whether the input holds personal data
	ExpectedVersion   *int64          `bun:"expected_version"`
	FoundVersion      *int64          `bun:"found_version"`
	ExpectedUpdatedAt *time.Time      `bun:"expected_updated_at"`
	Code              Code            `bun:"code"`
	Problems          json.RawMessage `bun:"problems,type:jsonb"` // []DraftProblem
	Blocks            json.RawMessage `bun:"blocks,type:jsonb"`   // []Block
	State             DraftState      `bun:"state"`
	SettledBy         *string         `bun:"settled_by"`
	SettledAt         *time.Time      `bun:"settled_at"`
	Reason            *string         `bun:"reason"`
	MadeID            *string         `bun:"made_id"` // the global id of what came of it

	Programme *Programme `bun:"rel:belongs-to,join:programme_id=id"`
}

// DraftProblem is one thing that was wrong with a command.
type DraftProblem struct {
	Code    Code           `json:"code"`
	Message Text           `json:"message"`
	Path    []string       `json:"path"`
	Params  map[string]any `json:"params,omitempty"`
}
