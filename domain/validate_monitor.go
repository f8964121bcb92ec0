package domain

import (
	"github.com/google/uuid"
)

// Digits after the point of an indicator's values.
const indicatorDigits = 6

// BelongsTo gives the place of the programme's id.
func (i *Indicator) BelongsTo() *uuid.UUID { return &i.ProgrammeID }

// Validate gives everything that is wrong with an indicator by itself.
func (i *Indicator) Validate(today Date) Problems {
	var c checks
	c.words("name", i.Name, MaxName)
	c.words("unit", i.Unit, 50)
	c.one("direction", string(i.Direction), Directions)
	if i.Baseline != nil {
		c.exact("baseline", *i.Baseline, indicatorDigits, true)
	}
	if i.Target != nil {
		c.exact("target", *i.Target, indicatorDigits, true)
	}
	c.period("baselineOn", i.BaselineOn, "targetOn", i.TargetOn)
	c.past("baselineOn", i.BaselineOn, today)
	return c.problems
}

// BelongsTo gives the place of the programme's id.
func (m *Measurement) BelongsTo() *uuid.UUID { return &m.ProgrammeID }

// Validate gives everything that is wrong with a measurement by itself.
func (m *Measurement) Validate(today Date) Problems {
	var c checks
	c.day("measuredOn", m.MeasuredOn)
	c.past("measuredOn", &m.MeasuredOn, today)
	c.exact("value", m.Value, indicatorDigits, true)
	c.words("source", m.Source, 500)
	c.optional("evidence", m.Evidence, MaxText)
	if m.Sex != nil {
		c.one("sex", string(*m.Sex), Sexes)
	}
	if m.AgeBand != nil {
		c.words("ageBand", *m.AgeBand, 20)
	}
	return c.problems
}

// BelongsTo gives the place of the programme's id.
func (f *Finding) BelongsTo() *uuid.UUID { return &f.ProgrammeID }

// Validate gives everything that is wrong with a finding by itself.
func (f *Finding) Validate(today Date) Problems {
	var c checks
	c.period("foundOn", &f.FoundOn, "dueOn", f.DueOn)
	c.past("foundOn", &f.FoundOn, today)
	c.words("title", f.Title, MaxName)
	c.one("severity", string(f.Severity), FindingSeverities)
	c.one("status", string(f.Status), FindingStatuses)
	c.optional("action", f.Action, MaxText)
	c.optional("owner", f.Owner, MaxName)
	return c.problems
}
