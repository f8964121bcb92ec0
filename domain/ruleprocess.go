package domain

import "time"

// RuleProcessState is where the process of a rule set stands, or a rule file in the process that all of them share.
type RuleProcessState string

// The states are those of the host of rule processes.
var RuleProcessStates = Enum{
	{"STARTING", Text{"Starting", "Sedang dimulai"}},
	{"READY", Text{"Ready", "Siap"}},
	{"BACKOFF", Text{"Crashed, starts again shortly", "Gagal, segera dimulai lagi"}},
	{"OPEN", Text{"Crashed too often, left alone for a while", "Terlalu sering gagal, dihentikan sementara"}},
	{"HALF_OPEN", Text{"A single trial after that", "Percobaan ulang"}},
	{"DRAINING", Text{"Ends when its calls have ended", "Menunggu panggilan selesai"}},
	{"STOPPED", Text{"Stopped", "Berhenti"}},
}

// RuleProcess is how a rule set fares on one server.
type RuleProcess struct {
	Server     string           `json:"server" bun:"server"`
	SeenAt     time.Time        `json:"-" bun:"seen_at"` // when the server last said so
	RuleSet    string           `json:"rule_set" bun:"rule_set"`
	RegionCode string           `json:"region_code" bun:"region_code"`
	Version    string           `json:"version" bun:"version"`   // "" as long as it never answered
	Revision   int              `json:"revision" bun:"revision"` // 0 for what comes with the server
	Waiting    bool             `json:"waiting" bun:"waiting"`   // it was put to work and has never answered there; what judged there before judges in its place
	State      RuleProcessState `json:"state" bun:"state"`
	Since      time.Time        `json:"since" bun:"since"` // when it entered the state
	Restarts   int              `json:"restarts" bun:"restarts"`
	LastError  string           `json:"last_error" bun:"last_error"`
	Failures   []RuleFailure    `json:"failures" bun:"failures,type:jsonb"` // at most 20, the last one last
	Calls      int64            `json:"calls" bun:"calls"`                  // questions in batches
	InFlight   int              `json:"in_flight" bun:"in_flight"`
	Memory     int64            `json:"memory" bun:"memory"`           // bytes; 0 where it is not known
	CPUSeconds float64          `json:"cpu_seconds" bun:"cpu_seconds"` // since the process began
	Lines      []RuleLine       `json:"lines" bun:"lines,type:jsonb"`  // that it logged, at most MaxRuleLines, the last one last
}

// MaxRuleLines is how many lines of a rule set's log are shown of each server.
const MaxRuleLines = 50

// RuleLine is a line that a rule set logged, on a server.
type RuleLine struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"` // at most 1,000 characters
}

// RuleFailure is something that went wrong with a rule set; the same again is counted.
type RuleFailure struct {
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	Count int       `json:"count"`
	Error string    `json:"error"`
}
