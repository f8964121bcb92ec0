package domain

import (
	"fmt"

	"github.com/google/uuid"
)

// BelongsTo gives the place of the programme's id.
func (o *Objective) BelongsTo() *uuid.UUID { return &o.ProgrammeID }

// Validate gives everything that is wrong with an objective by itself.
func (o *Objective) Validate(Date) Problems {
	var c checks
	c.one("level", string(o.Level), ObjectiveLevels)
	c.words("statement", o.Statement, MaxStatement)
	c.optional("meansOfVerification", o.MeansOfVerification, MaxText)
	c.optional("assumption", o.Assumption, MaxText)
	if o.Level == "GOAL" && o.ParentID != nil {
		c.wrong("parentId", "a goal is the top of the log-frame and serves no other objective; leave it out",
			"tujuan akhir adalah puncak kerangka logis dan tidak memiliki induk; kosongkan")
	}
	return c.problems
}

// Above gives the level that an objective of this level serves; "" for the goal, which serves none.
func (l ObjectiveLevel) Above() ObjectiveLevel {
	if i := ObjectiveLevels.find(string(l)); i > 0 {
		return ObjectiveLevel(ObjectiveLevels[i-1].Code)
	}
	return ""
}

// BelongsTo gives the place of the programme's id.
func (a *Activity) BelongsTo() *uuid.UUID { return &a.ProgrammeID }

// Validate gives everything that is wrong with an activity by itself.
func (a *Activity) Validate(today Date) Problems {
	var c checks
	c.words("title", a.Title, MaxName)
	c.one("kind", string(a.Kind), ActivityKinds)
	c.period("plannedStart", a.PlannedStart, "plannedEnd", a.PlannedEnd)
	c.period("actualStart", a.ActualStart, "actualEnd", a.ActualEnd)
	c.past("actualStart", a.ActualStart, today)
	c.past("actualEnd", a.ActualEnd, today)
	if a.ActualEnd != nil && a.ActualStart == nil {
		c.wrong("actualStart", "what has ended has begun: give the day", "yang sudah berakhir tentu sudah dimulai: isi tanggalnya")
	}
	c.optional("responsible", a.Responsible, MaxName)
	return c.problems
}

// BelongsTo gives the place of the programme's id.
func (b *BudgetLine) BelongsTo() *uuid.UUID { return &b.ProgrammeID }

// Validate gives everything that is wrong with a budget line by itself.
func (b *BudgetLine) Validate(Date) Problems {
	var c checks
	c.words("description", b.Description, 500)
	c.words("sourceOfFunds", b.SourceOfFunds, MaxName)
	c.exact("planned", b.Planned, 2, false)
	c.exact("spent", b.Spent, 2, false)
	if !currency(b.Currency) {
		c.wrong("currency", fmt.Sprintf("%.10q is no currency; write its three capital letters (ISO 4217), such as IDR", b.Currency),
			fmt.Sprintf("%.10q bukan mata uang; tulis tiga huruf besarnya (ISO 4217), misalnya IDR", b.Currency))
	}
	return c.problems
}

func currency(code string) bool {
	for _, r := range code {
		if r < 'A' || r > 'Z' {
			return false
		}
	}
	return len(code) == 3
}
