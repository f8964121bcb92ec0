package domain

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// ReportKind is what a report is for.
type ReportKind string

// ReportKinds lists the kinds of reports.
var ReportKinds = Enum{
	{"PROGRESS", Text{"Progress report", "Laporan kemajuan"}},
	{"FINAL", Text{"Final report", "Laporan akhir"}},
	{"IMPACT", Text{"Impact report", "Laporan dampak"}},
}

// Report tells an audience what came of a programme in a period. Publishing freezes its figures and makes a version; what is
// changed after that is the next version.
type Report struct {
	Record
	ProgrammeID  uuid.UUID       `bun:"programme_id,type:uuid"`
	Kind         ReportKind      `bun:"kind"`
	Audience     string          `bun:"audience"` // such as "village council"
	PeriodStart  Date            `bun:"period_start"`
	PeriodEnd    Date            `bun:"period_end"`
	Narrative    string          `bun:"narrative"`
	Figures      json.RawMessage `bun:"figures,type:jsonb"` // frozen on publishing; nil before
	Edition      int             `bun:"edition"`            // 0 until published, then 1, 2, …
	PublishedAt  *time.Time      `bun:"published_at"`
	SupersededAt *time.Time      `bun:"superseded_at"`

	Programme     *Programme      `bun:"rel:belongs-to,join:programme_id=id"`
	Distributions []*Distribution `bun:"rel:has-many,join:id=report_id"`
}

// Distribution is the sending of a published report to a stakeholder, and what came back.
type Distribution struct {
	Record
	ProgrammeID    uuid.UUID  `bun:"programme_id,type:uuid"`
	ReportID       uuid.UUID  `bun:"report_id,type:uuid"`
	StakeholderID  uuid.UUID  `bun:"stakeholder_id,type:uuid"`
	SentAt         time.Time  `bun:"sent_at"`
	AcknowledgedAt *time.Time `bun:"acknowledged_at"`
	Feedback       *string    `bun:"feedback"`

	Programme   *Programme   `bun:"rel:belongs-to,join:programme_id=id"`
	Report      *Report      `bun:"rel:belongs-to,join:report_id=id"`
	Stakeholder *Stakeholder `bun:"rel:belongs-to,join:stakeholder_id=id"`
}

// Sent tells whether the report is published, still valid and sent to somebody.
func (r *Report) Sent() bool {
	return r.PublishedAt != nil && r.SupersededAt == nil && len(r.Distributions) > 0
}
