package db

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Facts reads the wanted facts of all these programmes: in one snapshot of the database (repeatable read, read only) and by
// one round trip, however many programmes and kinds of facts there are. It gives them in the order wanted and leaves out
// programmes that are not there. Nothing of a person is read.
func (m Moving) Facts(ctx context.Context, wanted []workflow.Wanted) ([]workflow.FactsSnapshot, error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	r := factsReader{ids: map[workflow.FactKind][]uuid.UUID{}}
	for _, w := range wanted {
		r.all = append(r.all, w.ProgrammeID)
		for _, k := range w.Kinds {
			r.ids[k] = append(r.ids[k], w.ProgrammeID)
		}
	}
	r.queue()
	if err := m.DB.Pool.SendBatch(ctx, &r.batch).Close(); err != nil {
		return nil, Coded(err)
	}
	return r.assemble(wanted), nil
}

// factsReader collects the rows of one round.
type factsReader struct {
	batch pgx.Batch
	all   []uuid.UUID
	ids   map[workflow.FactKind][]uuid.UUID // the programmes that a kind is wanted of

	snapshots     []*workflow.Snapshot
	regions       []*domain.Region
	members       []*domain.ProgrammeCommunity
	communities   []*domain.Community
	needs         []*domain.Need
	nodes         []*domain.ProblemNode
	consultations []*domain.Consultation
	assessments   []*domain.CapacityAssessment
	scores        []*domain.CapacityScore
	objectives    []*domain.Objective
	activities    []*domain.Activity
	budget        []*domain.BudgetLine
	trainings     []*domain.TrainingEvent
	sessions      []*domain.Session
	participants  []*domain.Participant
	attendances   []*domain.Attendance
	indicators    []*domain.Indicator
	measurements  []*domain.Measurement
	findings      []*domain.Finding
	roles         []*domain.ProgrammeStakeholder
	stakeholders  []*domain.Stakeholder
	reports       []*domain.Report
	distributions []*domain.Distribution
}

// queue writes the round: a transaction around one query for each table that is needed.
func (r *factsReader) queue() {
	r.batch.Queue(`begin isolation level repeatable read read only`)
	r.batch.Queue(snapshotQuery, r.all).Query(func(rows pgx.Rows) (err error) {
		r.snapshots, err = readSnapshots(rows)
		return err
	})
	ask(r, &r.regions, `select `+columnsOf[domain.Region]("r")+` from regions r
		where code in (select region_code from programmes where id = any($1))`, r.all)
	content(r, &r.members, "programme_communities", r.all)
	ask(r, &r.communities, `select `+columnsOf[domain.Community]("c")+` from communities c
		where id in (select community_id from programme_communities where programme_id = any($1))`, r.all)
	content(r, &r.needs, "needs", r.ids[workflow.NeedFacts])
	content(r, &r.nodes, "problem_nodes", r.ids[workflow.NeedFacts])
	content(r, &r.consultations, "consultations", r.ids[workflow.ConsultationFacts])
	content(r, &r.assessments, "capacity_assessments", r.ids[workflow.CapacityFacts])
	content(r, &r.scores, "capacity_scores", r.ids[workflow.CapacityFacts])
	content(r, &r.objectives, "objectives", r.ids[workflow.LogframeFacts])
	content(r, &r.activities, "activities", r.ids[workflow.ActivityFacts], "superseded_at is null")
	content(r, &r.budget, "budget_lines", r.ids[workflow.ActivityFacts])
	content(r, &r.trainings, "training_events", r.ids[workflow.TrainingFacts])
	content(r, &r.sessions, "sessions", r.ids[workflow.TrainingFacts])
	content(r, &r.participants, "participants", r.ids[workflow.TrainingFacts])
	content(r, &r.attendances, "attendances", r.ids[workflow.TrainingFacts])
	content(r, &r.indicators, "indicators", r.ids[workflow.IndicatorFacts])
	content(r, &r.measurements, "measurements", r.ids[workflow.IndicatorFacts])
	content(r, &r.findings, "findings", r.ids[workflow.FindingFacts])
	content(r, &r.roles, "programme_stakeholders", r.ids[workflow.StakeholderFacts])
	ask(r, &r.stakeholders, `select `+columnsOf[domain.Stakeholder]("s")+` from stakeholders s
		where id in (select stakeholder_id from programme_stakeholders where programme_id = any($1))`, r.ids[workflow.StakeholderFacts])
	content(r, &r.reports, "reports", r.ids[workflow.ReportFacts], "superseded_at is null")
	content(r, &r.distributions, "distributions", r.ids[workflow.ReportFacts])
	r.batch.Queue(`commit`)
}

// content queues a query for what a table holds of these programmes, in the order of the ids.
func content[T any](r *factsReader, rows *[]*T, table string, ids []uuid.UUID, and ...string) {
	query := `select ` + columnsOf[T]("t") + ` from ` + table + ` t where programme_id = any($1)`
	for _, condition := range and {
		query += ` and ` + condition
	}
	ask(r, rows, query+` order by id`, ids)
}

// ask queues a query; none where nobody wants its answer.
func ask[T any](r *factsReader, into *[]*T, query string, ids []uuid.UUID) {
	if len(ids) == 0 {
		return
	}
	r.batch.Queue(query, ids).Query(func(rows pgx.Rows) (err error) {
		*into, err = rowsOf[T](rows)
		return err
	})
}

// assemble hangs the rows onto each other and gives every programme its own.
func (r *factsReader) assemble(wanted []workflow.Wanted) []workflow.FactsSnapshot {
	nodes := grouped(r.nodes, func(n *domain.ProblemNode) uuid.UUID { return n.NeedID })
	for _, n := range r.needs {
		n.ProblemTree = nodes[n.ID]
	}
	scores := grouped(r.scores, func(s *domain.CapacityScore) uuid.UUID { return s.CapacityAssessmentID })
	for _, a := range r.assessments {
		a.Scores = scores[a.ID]
	}
	budget := grouped(r.budget, func(l *domain.BudgetLine) uuid.UUID { return l.ActivityID })
	for _, a := range r.activities {
		a.BudgetLines = budget[a.ID]
	}
	attendances := grouped(r.attendances, func(a *domain.Attendance) uuid.UUID { return a.SessionID })
	for _, s := range r.sessions {
		s.Attendances = attendances[s.ID]
	}
	sessions := grouped(r.sessions, func(s *domain.Session) uuid.UUID { return s.TrainingEventID })
	participants := grouped(r.participants, func(p *domain.Participant) uuid.UUID { return p.TrainingEventID })
	for _, t := range r.trainings {
		t.Sessions, t.Participants = sessions[t.ID], participants[t.ID]
	}
	measurements := grouped(r.measurements, func(m *domain.Measurement) uuid.UUID { return m.IndicatorID })
	for _, i := range r.indicators {
		i.Measurements = measurements[i.ID]
	}
	distributions := grouped(r.distributions, func(d *domain.Distribution) uuid.UUID { return d.ReportID })
	for _, p := range r.reports {
		p.Distributions = distributions[p.ID]
	}
	communities := grouped(r.communities, func(c *domain.Community) uuid.UUID { return c.ID })
	for _, m := range r.members {
		m.Community = communities[m.CommunityID][0] // a foreign key holds it there
	}
	stakeholders := grouped(r.stakeholders, func(s *domain.Stakeholder) uuid.UUID { return s.ID })
	for _, s := range r.roles {
		s.Stakeholder = stakeholders[s.StakeholderID][0]
	}
	return r.share(wanted)
}

// share gives every programme its part, in the order wanted.
func (r *factsReader) share(wanted []workflow.Wanted) []workflow.FactsSnapshot {
	members := grouped(r.members, func(v *domain.ProgrammeCommunity) uuid.UUID { return v.ProgrammeID })
	needs := grouped(r.needs, func(v *domain.Need) uuid.UUID { return v.ProgrammeID })
	consultations := grouped(r.consultations, func(v *domain.Consultation) uuid.UUID { return v.ProgrammeID })
	assessments := grouped(r.assessments, func(v *domain.CapacityAssessment) uuid.UUID { return v.ProgrammeID })
	objectives := grouped(r.objectives, func(v *domain.Objective) uuid.UUID { return v.ProgrammeID })
	activities := grouped(r.activities, func(v *domain.Activity) uuid.UUID { return v.ProgrammeID })
	trainings := grouped(r.trainings, func(v *domain.TrainingEvent) uuid.UUID { return v.ProgrammeID })
	indicators := grouped(r.indicators, func(v *domain.Indicator) uuid.UUID { return v.ProgrammeID })
	findings := grouped(r.findings, func(v *domain.Finding) uuid.UUID { return v.ProgrammeID })
	roles := grouped(r.roles, func(v *domain.ProgrammeStakeholder) uuid.UUID { return v.ProgrammeID })
	reports := grouped(r.reports, func(v *domain.Report) uuid.UUID { return v.ProgrammeID })

	given := make([]workflow.FactsSnapshot, 0, len(wanted))
	for _, w := range wanted {
		at := slices.IndexFunc(r.snapshots, func(s *workflow.Snapshot) bool { return s.Programme.ID == w.ProgrammeID })
		if at < 0 {
			continue
		}
		id, s := w.ProgrammeID, r.snapshots[at]
		region := slices.IndexFunc(r.regions, func(v *domain.Region) bool { return v.Code == s.Programme.RegionCode })
		given = append(given, workflow.FactsSnapshot{Snapshot: *s, Facts: workflow.Facts{
			Programme: s.Programme, Region: *r.regions[region], Communities: members[id], Needs: needs[id], Consultations: consultations[id],
			Assessments: assessments[id], Objectives: objectives[id], Activities: activities[id], TrainingEvents: trainings[id],
			Indicators: indicators[id], Findings: findings[id], Stakeholders: roles[id], Reports: reports[id],
		}})
	}
	return given
}
