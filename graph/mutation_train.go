package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
)

func (m mutation) CreateTrainingEvent(ctx context.Context, in model.CreateTrainingEventInput) (*model.TrainingEventPayload, error) {
	f := new(fields)
	row := &domain.TrainingEvent{
		ProgrammeID: f.id("programmeId", "Programme", in.ProgrammeID), ActivityID: f.maybeID("activityId", "Activity", in.ActivityID),
		Title: in.Title, Venue: in.Venue, Facilitator: in.Facilitator.Value(), Capacity: in.Capacity,
	}
	id, wrong, err := m.enter(ctx, "TrainingEvent", in.IdempotencyKey, in.ClientID, row, f)
	return &model.TrainingEventPayload{TrainingEvent: at(id, &model.TrainingEvent{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateTrainingEvent(ctx context.Context, in model.UpdateTrainingEventInput) (*model.TrainingEventPayload, error) {
	id, wrong, err := change(ctx, m, "TrainingEvent", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, func(e *domain.TrainingEvent, f *fields) {
		letID(f, "activityId", "Activity", &e.ActivityID, in.ActivityID)
		set(f, "title", &e.Title, in.Title)
		set(f, "venue", &e.Venue, in.Venue)
		let(f, "facilitator", &e.Facilitator, in.Facilitator)
		set(f, "capacity", &e.Capacity, in.Capacity)
	})
	return &model.TrainingEventPayload{TrainingEvent: at(id, &model.TrainingEvent{ID: id}), UserErrors: wrong}, err
}

func (m mutation) CreateSession(ctx context.Context, in model.CreateSessionInput) (*model.SessionPayload, error) {
	f := new(fields)
	row := &domain.Session{
		TrainingEventID: f.id("trainingEventId", "TrainingEvent", in.TrainingEventID), Topic: in.Topic, StartsAt: in.StartsAt, EndsAt: in.EndsAt,
	}
	id, wrong, err := m.enter(ctx, "Session", in.IdempotencyKey, in.ClientID, row, f)
	return &model.SessionPayload{Session: at(id, &model.Session{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateSession(ctx context.Context, in model.UpdateSessionInput) (*model.SessionPayload, error) {
	id, wrong, err := change(ctx, m, "Session", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, func(s *domain.Session, f *fields) {
		set(f, "topic", &s.Topic, in.Topic)
		set(f, "startsAt", &s.StartsAt, in.StartsAt)
		set(f, "endsAt", &s.EndsAt, in.EndsAt)
		set(f, "status", &s.Status, in.Status)
	})
	return &model.SessionPayload{Session: at(id, &model.Session{ID: id}), UserErrors: wrong}, err
}

func (m mutation) CreateParticipant(ctx context.Context, in model.CreateParticipantInput) (*model.ParticipantPayload, error) {
	f := new(fields)
	row := &domain.Participant{
		TrainingEventID: f.id("trainingEventId", "TrainingEvent", in.TrainingEventID), Name: in.Name.Value(), Sex: in.Sex,
		BirthYear: in.BirthYear.Value(), WithDisability: in.WithDisability, PreTest: in.PreTest.Value(), PostTest: in.PostTest.Value(),
	}
	id, wrong, err := m.enter(ctx, "Participant", in.IdempotencyKey, in.ClientID, row, f)
	return &model.ParticipantPayload{Participant: at(id, &model.Participant{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateParticipant(ctx context.Context, in model.UpdateParticipantInput) (*model.ParticipantPayload, error) {
	row := new(domain.Participant)
	c, err := toChange("Participant", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, row, func(p *domain.Participant, f *fields) {
		let(f, "name", &p.Name, in.Name)
		set(f, "sex", &p.Sex, in.Sex)
		let(f, "birthYear", &p.BirthYear, in.BirthYear)
		set(f, "withDisability", &p.WithDisability, in.WithDisability)
		let(f, "preTest", &p.PreTest, in.PreTest)
		let(f, "postTest", &p.PostTest, in.PostTest)
	})
	done := uuid.Nil
	if err == nil {
		c.Erases = erases(c.Said, in)
		done, err = m.Content.Change(ctx, access.FromContext(ctx), row, c)
	}
	id, wrong, err := answer(ctx, "Participant", done, err)
	return &model.ParticipantPayload{Participant: at(id, &model.Participant{ID: id}), UserErrors: wrong}, err
}

// erases tells whether the input does nothing but take the person's name, year of birth, or both, away.
func erases(said map[string]any, in model.UpdateParticipantInput) bool {
	away := 0
	if in.Name.IsSet() && in.Name.Value() == nil {
		away++
	}
	if in.BirthYear.IsSet() && in.BirthYear.Value() == nil {
		away++
	}
	return away > 0 && away == len(said)
}

func (m mutation) CreateAttendance(ctx context.Context, in model.CreateAttendanceInput) (*model.AttendancePayload, error) {
	f := new(fields)
	row := &domain.Attendance{
		SessionID: f.id("sessionId", "Session", in.SessionID), ParticipantID: f.id("participantId", "Participant", in.ParticipantID), Present: in.Present,
	}
	id, wrong, err := m.enter(ctx, "Attendance", in.IdempotencyKey, in.ClientID, row, f)
	return &model.AttendancePayload{Attendance: at(id, &model.Attendance{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateAttendance(ctx context.Context, in model.UpdateAttendanceInput) (*model.AttendancePayload, error) {
	id, wrong, err := change(ctx, m, "Attendance", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, func(a *domain.Attendance, f *fields) {
		set(f, "present", &a.Present, in.Present)
	})
	return &model.AttendancePayload{Attendance: at(id, &model.Attendance{ID: id}), UserErrors: wrong}, err
}
