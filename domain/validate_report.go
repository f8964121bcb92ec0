package domain

import "github.com/google/uuid"

// BelongsTo gives the place of the programme's id.
func (r *Report) BelongsTo() *uuid.UUID { return &r.ProgrammeID }

// Validate gives everything that is wrong with a report by itself.
func (r *Report) Validate(Date) Problems {
	var c checks
	c.one("kind", string(r.Kind), ReportKinds)
	c.words("audience", r.Audience, MaxName)
	c.period("periodStart", &r.PeriodStart, "periodEnd", &r.PeriodEnd)
	c.text("narrative", r.Narrative, MaxNarrative)
	return c.problems
}

// BelongsTo gives the place of the programme's id.
func (d *Distribution) BelongsTo() *uuid.UUID { return &d.ProgrammeID }

// Validate gives everything that is wrong with a distribution by itself.
func (d *Distribution) Validate(Date) Problems {
	var c checks
	c.moment("sentAt", d.SentAt)
	if d.AcknowledgedAt != nil {
		c.moment("acknowledgedAt", *d.AcknowledgedAt)
		if d.AcknowledgedAt.Before(d.SentAt) {
			c.wrong("acknowledgedAt", "it cannot be confirmed before it was sent", "tidak dapat dikonfirmasi sebelum dikirim")
		}
	}
	c.optional("feedback", d.Feedback, MaxText)
	return c.problems
}

// BelongsTo gives the place of the programme's id.
func (i *ChecklistItem) BelongsTo() *uuid.UUID { return &i.ProgrammeID }

// Validate finds nothing: people only tick items, and the rules' texts are checked where they come in.
func (i *ChecklistItem) Validate(Date) Problems { return nil }
