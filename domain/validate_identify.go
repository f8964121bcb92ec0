package domain

import "github.com/google/uuid"

// BelongsTo gives the place of the programme's id.
func (n *Need) BelongsTo() *uuid.UUID { return &n.ProgrammeID }

// Validate gives everything that is wrong with a need by itself.
func (n *Need) Validate(Date) Problems {
	var c checks
	c.words("title", n.Title, MaxName)
	c.one("sector", string(n.Sector), Sectors)
	c.whole("severity", n.Severity, 1, 5)
	c.whole("urgency", n.Urgency, 1, 5)
	c.whole("peopleAffected", n.PeopleAffected, 0, MaxPeople)
	c.whole("votes", n.Votes, 0, MaxPeople)
	c.optional("evidence", n.Evidence, MaxText)
	return c.problems
}

// BelongsTo gives the place of the programme's id.
func (n *ProblemNode) BelongsTo() *uuid.UUID { return &n.ProgrammeID }

// Validate gives everything that is wrong with a problem by itself.
func (n *ProblemNode) Validate(Date) Problems {
	var c checks
	c.one("kind", string(n.Kind), ProblemNodeKinds)
	c.words("statement", n.Statement, MaxStatement)
	if n.RootCause && n.Kind != Cause {
		c.wrong("rootCause", "only a cause can be a root cause", "hanya penyebab yang dapat menjadi akar masalah")
	}
	switch {
	case n.Kind == CoreProblem && n.ParentID != nil:
		c.wrong("parentId", "the core problem has no parent; leave it out", "masalah inti tidak memiliki induk; kosongkan")
	case n.Kind != CoreProblem && n.ParentID == nil:
		c.wrong("parentId", "a cause or effect hangs on another node; name the one it causes or follows from",
			"penyebab atau akibat bergantung pada simpul lain; sebutkan simpul yang disebabkannya atau yang mengakibatkannya")
	}
	return c.problems
}

// BelongsTo gives the place of the programme's id.
func (m *Consultation) BelongsTo() *uuid.UUID { return &m.ProgrammeID }

// Validate gives everything that is wrong with a consultation by itself.
func (m *Consultation) Validate(Date) Problems {
	var c checks
	c.day("heldOn", m.HeldOn)
	c.one("kind", string(m.Kind), ConsultationKinds)
	c.words("place", m.Place, MaxName)
	c.whole("female", m.Female, 0, MaxGathered)
	c.whole("male", m.Male, 0, MaxGathered)
	c.whole("youth", m.Youth, 0, MaxGathered)
	c.whole("elderly", m.Elderly, 0, MaxGathered)
	c.whole("withDisability", m.WithDisability, 0, MaxGathered)
	all := m.Female + m.Male
	c.part("youth", m.Youth, all, "all participants", "seluruh peserta")
	c.part("elderly", m.Elderly, all, "all participants", "seluruh peserta")
	c.part("withDisability", m.WithDisability, all, "all participants", "seluruh peserta")
	if m.Youth <= all && m.Elderly <= all { // nobody is young and old at once
		c.part("elderly", m.Youth+m.Elderly, all, "all participants, together with youth", "seluruh peserta, bersama pemuda")
	}
	c.optional("summary", m.Summary, MaxText)
	return c.problems
}

// BelongsTo gives the place of the programme's id.
func (a *CapacityAssessment) BelongsTo() *uuid.UUID { return &a.ProgrammeID }

// Validate gives everything that is wrong with an assessment by itself.
func (a *CapacityAssessment) Validate(today Date) Problems {
	var c checks
	c.one("phase", string(a.Phase), AssessmentPhases)
	c.day("assessedOn", a.AssessedOn)
	c.past("assessedOn", &a.AssessedOn, today)
	c.optional("note", a.Note, MaxText)
	return c.problems
}

// BelongsTo gives the place of the programme's id.
func (s *CapacityScore) BelongsTo() *uuid.UUID { return &s.ProgrammeID }

// Validate gives everything that is wrong with a score by itself.
func (s *CapacityScore) Validate(Date) Problems {
	var c checks
	c.one("domain", string(s.Domain), CapacityDomains)
	c.whole("score", s.Score, 1, 5)
	c.optional("evidence", s.Evidence, MaxText)
	return c.problems
}
