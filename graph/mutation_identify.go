package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
)

func (m mutation) CreateNeed(ctx context.Context, in model.CreateNeedInput) (*model.NeedPayload, error) {
	f := new(fields)
	row := &domain.Need{
		ProgrammeID: f.id("programmeId", "Programme", in.ProgrammeID), Title: in.Title, Sector: in.Sector, Severity: in.Severity,
		Urgency: in.Urgency, PeopleAffected: in.PeopleAffected, Votes: in.Votes, Evidence: in.Evidence.Value(),
	}
	id, wrong, err := m.enter(ctx, "Need", in.IdempotencyKey, in.ClientID, row, f)
	return &model.NeedPayload{Need: at(id, &model.Need{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateNeed(ctx context.Context, in model.UpdateNeedInput) (*model.NeedPayload, error) {
	id, wrong, err := change(ctx, m, "Need", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, func(n *domain.Need, f *fields) {
		set(f, "title", &n.Title, in.Title)
		set(f, "sector", &n.Sector, in.Sector)
		set(f, "severity", &n.Severity, in.Severity)
		set(f, "urgency", &n.Urgency, in.Urgency)
		set(f, "peopleAffected", &n.PeopleAffected, in.PeopleAffected)
		set(f, "votes", &n.Votes, in.Votes)
		let(f, "evidence", &n.Evidence, in.Evidence)
	})
	return &model.NeedPayload{Need: at(id, &model.Need{ID: id}), UserErrors: wrong}, err
}

func (m mutation) RankNeeds(ctx context.Context, in model.RankNeedsInput) (*model.RankNeedsPayload, error) {
	id, wrong, err := about(ctx, "programmeId", "Programme", in.ProgrammeID, func(a access.Actor, key uuid.UUID) (uuid.UUID, error) {
		return m.Content.RankNeeds(ctx, a, key, in.IdempotencyKey.Value())
	})
	return &model.RankNeedsPayload{Programme: at(id, &model.Programme{ID: id}), UserErrors: wrong}, err
}

func (m mutation) CreateProblemNode(ctx context.Context, in model.CreateProblemNodeInput) (*model.ProblemNodePayload, error) {
	f := new(fields)
	row := &domain.ProblemNode{
		NeedID: f.id("needId", "Need", in.NeedID), ParentID: f.maybeID("parentId", "ProblemNode", in.ParentID), Kind: in.Kind,
		Statement: in.Statement, RootCause: in.RootCause,
	}
	id, wrong, err := m.enter(ctx, "ProblemNode", in.IdempotencyKey, in.ClientID, row, f)
	return &model.ProblemNodePayload{ProblemNode: at(id, &model.ProblemNode{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateProblemNode(ctx context.Context, in model.UpdateProblemNodeInput) (*model.ProblemNodePayload, error) {
	id, wrong, err := change(ctx, m, "ProblemNode", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, func(n *domain.ProblemNode, f *fields) {
		set(f, "statement", &n.Statement, in.Statement)
		set(f, "rootCause", &n.RootCause, in.RootCause)
	})
	return &model.ProblemNodePayload{ProblemNode: at(id, &model.ProblemNode{ID: id}), UserErrors: wrong}, err
}

func (m mutation) CreateConsultation(ctx context.Context, in model.CreateConsultationInput) (*model.ConsultationPayload, error) {
	f := new(fields)
	row := &domain.Consultation{
		ProgrammeID: f.id("programmeId", "Programme", in.ProgrammeID), HeldOn: in.HeldOn, Kind: in.Kind, Place: in.Place, Female: in.Female,
		Male: in.Male, Youth: in.Youth, Elderly: in.Elderly, WithDisability: in.WithDisability, Summary: in.Summary.Value(),
	}
	id, wrong, err := m.enter(ctx, "Consultation", in.IdempotencyKey, in.ClientID, row, f)
	return &model.ConsultationPayload{Consultation: at(id, &model.Consultation{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateConsultation(ctx context.Context, in model.UpdateConsultationInput) (*model.ConsultationPayload, error) {
	id, wrong, err := change(ctx, m, "Consultation", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, func(c *domain.Consultation, f *fields) {
		set(f, "heldOn", &c.HeldOn, in.HeldOn)
		set(f, "kind", &c.Kind, in.Kind)
		set(f, "place", &c.Place, in.Place)
		set(f, "female", &c.Female, in.Female)
		set(f, "male", &c.Male, in.Male)
		set(f, "youth", &c.Youth, in.Youth)
		set(f, "elderly", &c.Elderly, in.Elderly)
		set(f, "withDisability", &c.WithDisability, in.WithDisability)
		let(f, "summary", &c.Summary, in.Summary)
	})
	return &model.ConsultationPayload{Consultation: at(id, &model.Consultation{ID: id}), UserErrors: wrong}, err
}

func (m mutation) CreateCapacityAssessment(ctx context.Context, in model.CreateCapacityAssessmentInput) (*model.CapacityAssessmentPayload, error) {
	f := new(fields)
	row := &domain.CapacityAssessment{
		ProgrammeID: f.id("programmeId", "Programme", in.ProgrammeID), Phase: in.Phase, AssessedOn: in.AssessedOn, Note: in.Note.Value(),
	}
	id, wrong, err := m.enter(ctx, "CapacityAssessment", in.IdempotencyKey, in.ClientID, row, f)
	return &model.CapacityAssessmentPayload{CapacityAssessment: at(id, &model.CapacityAssessment{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateCapacityAssessment(ctx context.Context, in model.UpdateCapacityAssessmentInput) (*model.CapacityAssessmentPayload, error) {
	id, wrong, err := change(ctx, m, "CapacityAssessment", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, func(a *domain.CapacityAssessment, f *fields) {
		set(f, "phase", &a.Phase, in.Phase)
		set(f, "assessedOn", &a.AssessedOn, in.AssessedOn)
		let(f, "note", &a.Note, in.Note)
	})
	return &model.CapacityAssessmentPayload{CapacityAssessment: at(id, &model.CapacityAssessment{ID: id}), UserErrors: wrong}, err
}

func (m mutation) CreateCapacityScore(ctx context.Context, in model.CreateCapacityScoreInput) (*model.CapacityScorePayload, error) {
	f := new(fields)
	row := &domain.CapacityScore{
		CapacityAssessmentID: f.id("capacityAssessmentId", "CapacityAssessment", in.CapacityAssessmentID), Domain: in.Domain, Score: in.Score,
		Evidence: in.Evidence.Value(),
	}
	id, wrong, err := m.enter(ctx, "CapacityScore", in.IdempotencyKey, in.ClientID, row, f)
	return &model.CapacityScorePayload{CapacityScore: at(id, &model.CapacityScore{ID: id}), UserErrors: wrong}, err
}

func (m mutation) UpdateCapacityScore(ctx context.Context, in model.UpdateCapacityScoreInput) (*model.CapacityScorePayload, error) {
	id, wrong, err := change(ctx, m, "CapacityScore", in.ID, in.IdempotencyKey, in.ExpectedUpdatedAt, func(s *domain.CapacityScore, f *fields) {
		set(f, "score", &s.Score, in.Score)
		let(f, "evidence", &s.Evidence, in.Evidence)
	})
	return &model.CapacityScorePayload{CapacityScore: at(id, &model.CapacityScore{ID: id}), UserErrors: wrong}, err
}
