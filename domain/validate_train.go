package domain

import (
	"github.com/google/uuid"
)

// BelongsTo gives the place of the programme's id.
func (e *TrainingEvent) BelongsTo() *uuid.UUID { return &e.ProgrammeID }

// Validate gives everything that is wrong with a training by itself.
func (e *TrainingEvent) Validate(Date) Problems {
	var c checks
	c.words("title", e.Title, MaxName)
	c.words("venue", e.Venue, MaxName)
	if e.Facilitator != nil {
		c.words("facilitator", *e.Facilitator, MaxName)
	}
	c.whole("capacity", e.Capacity, 1, MaxPlaces)
	return c.problems
}

// BelongsTo gives the place of the programme's id.
func (s *Session) BelongsTo() *uuid.UUID { return &s.ProgrammeID }

// Validate gives everything that is wrong with a session by itself.
func (s *Session) Validate(today Date) Problems {
	var c checks
	c.words("topic", s.Topic, MaxName)
	c.moment("startsAt", s.StartsAt)
	c.moment("endsAt", s.EndsAt)
	if !s.EndsAt.After(s.StartsAt) {
		c.wrong("endsAt", "it must be after the beginning", "harus sesudah waktu mulai")
	}
	c.one("status", string(s.Status), SessionStatuses)
	if s.Status == SessionHeld && Today(s.StartsAt) > today {
		c.wrong("status", "it is still ahead and cannot have been held", "belum berlangsung sehingga belum dapat dicatat terlaksana")
	}
	return c.problems
}

// BelongsTo gives the place of the programme's id.
func (p *Participant) BelongsTo() *uuid.UUID { return &p.ProgrammeID }

// Validate gives everything that is wrong with a participant by itself.
func (p *Participant) Validate(today Date) Problems {
	var c checks
	if p.Name != nil {
		c.words("name", *p.Name, MaxName)
	}
	c.one("sex", string(p.Sex), Sexes)
	if p.BirthYear != nil {
		c.whole("birthYear", *p.BirthYear, 1900, today.Time().Year())
	}
	c.number("preTest", p.PreTest, 0, 100)
	c.number("postTest", p.PostTest, 0, 100)
	return c.problems
}

// BelongsTo gives the place of the programme's id.
func (a *Attendance) BelongsTo() *uuid.UUID { return &a.ProgrammeID }

// Validate finds nothing: there is nothing in it that could be wrong by itself.
func (a *Attendance) Validate(Date) Problems { return nil }
