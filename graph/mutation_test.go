package graph_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph"
	"github.com/berdaya/berdaya/graph/generated"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/bulk"
	"github.com/berdaya/berdaya/internal/content"
	"github.com/berdaya/berdaya/internal/definitions"
	"github.com/berdaya/berdaya/internal/deliver"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/internal/notices"
	"github.com/berdaya/berdaya/internal/programmes"
	"github.com/berdaya/berdaya/internal/registry"
	"github.com/berdaya/berdaya/internal/rulesets"
	"github.com/berdaya/berdaya/internal/trials"
	"github.com/berdaya/berdaya/internal/webhooks"
	"github.com/berdaya/berdaya/workflow"
)

// commands gives the resolvers of commands on a database of their own, with the region 32.04.05.2001 and the member ani.
func commands(t *testing.T) generated.MutationResolver {
	d := dbtest.New(t)
	dbtest.Regions(t, d, "32.04.05.2001")
	dbtest.Member(t, d, "ani")
	clock, ids := domain.SystemClock{}, domain.RandomIDs{}
	r := &graph.Resolver{
		Registry:   registry.Registry{Store: d.Registry(), Clock: clock, IDs: ids},
		Programmes: programmes.Programmes{Store: d.Programmes(), Clock: clock, IDs: ids, Courses: workflow.Default},
		Content:    content.Writer{Store: d.Contents(), Clock: clock, IDs: ids},
		Moves:      &moving.Moves{Store: d.Moving(), Courses: workflow.Default, Clock: clock, IDs: ids},
		Inbox:      notices.Inbox{Store: d.Notices(), Clock: clock},
		Webhooks:   &webhooks.Webhooks{Store: d.Webhooks(), Clock: clock, IDs: ids},
		Deliveries: &deliver.Deliveries{Store: d.Deliveries(), Clock: clock, IDs: ids},
		RuleSets:   &rulesets.RuleSets{Store: d.Catalogue(), Checker: words{}, Parameters: noParameters, Clock: clock, IDs: ids},
		Bulk:       &bulk.Bulk{Store: d.Bulk(), Clock: clock, IDs: ids},
	}
	r.Trials = &trials.Trials{Store: d.Trials(), Possible: r.RuleSets.Possible, Clock: clock, IDs: ids}
	return r.Mutation()
}

func as(ctx context.Context, role domain.Role, locale domain.Locale) context.Context {
	return access.WithActor(ctx, access.Actor{Subject: "ani", Locale: locale, Grants: []access.Grant{{Role: role, Region: "32"}}})
}

// call calls a mutation by its name in the schema.
func call(ctx context.Context, m generated.MutationResolver, name string, input reflect.Value) (reflect.Value, error) {
	out := reflect.ValueOf(m).MethodByName(strings.ToUpper(name[:1]) + name[1:]).Call([]reflect.Value{reflect.ValueOf(ctx), input})
	err, _ := out[1].Interface().(error)
	return out[0], err
}

func schema() *ast.Schema {
	return generated.NewExecutableSchema(generated.Config{}).Schema()
}

func TestEveryMutationAnswersAnEmptyInputWithUserErrorsAndNobodyNotAtAll(t *testing.T) {
	t.Parallel()
	m := commands(t)
	for _, f := range schema().Mutation.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		method, ok := reflect.TypeFor[generated.MutationResolver]().MethodByName(strings.ToUpper(f.Name[:1]) + f.Name[1:])
		if !ok {
			t.Errorf("nothing answers %s", f.Name)
			continue
		}
		empty := reflect.New(method.Type.In(1)).Elem()
		payload, err := call(as(t.Context(), domain.Coordinator, domain.Indonesian), m, f.Name, empty)
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		wrong := payload.Elem().FieldByName("UserErrors").Interface().([]*model.UserError)
		if len(wrong) == 0 {
			t.Errorf("%s takes an empty input", f.Name)
		}
		for _, w := range wrong {
			if w.Path[0] != "input" || w.Message == "" {
				t.Errorf("%s: %+v", f.Name, w)
			}
		}
		if _, err := call(t.Context(), m, f.Name, empty); domain.CodeOf(err) != domain.CodeUnauthenticated {
			t.Errorf("%s gives nobody %v", f.Name, err)
		}
	}
}

// boundElsewhere lists the texts that no Validate bounds, with where they are: an idempotency key in package command, a reason
// in package workflow.
var boundElsewhere = map[string]bool{"idempotencyKey": true, "key": true, "clientId": true, "reason": true}

// entered gives an empty row for each input.
var entered = map[string]func() any{
	"Community": func() any { return new(domain.Community) }, "Stakeholder": func() any { return new(domain.Stakeholder) },
	"Programme": func() any { return new(domain.Programme) }, "ProgrammeCommunity": func() any { return new(domain.ProgrammeCommunity) },
	"ProgrammeStakeholder": func() any { return new(domain.ProgrammeStakeholder) }, "Need": func() any { return new(domain.Need) },
	"ProblemNode": func() any { return new(domain.ProblemNode) }, "Consultation": func() any { return new(domain.Consultation) },
	"CapacityAssessment": func() any { return new(domain.CapacityAssessment) }, "CapacityScore": func() any { return new(domain.CapacityScore) },
	"Objective": func() any { return new(domain.Objective) }, "Activity": func() any { return new(domain.Activity) },
	"BudgetLine": func() any { return new(domain.BudgetLine) }, "TrainingEvent": func() any { return new(domain.TrainingEvent) },
	"Session": func() any { return new(domain.Session) }, "Participant": func() any { return new(domain.Participant) },
	"Attendance": func() any { return new(domain.Attendance) }, "Indicator": func() any { return new(domain.Indicator) },
	"Measurement": func() any { return new(domain.Measurement) }, "Finding": func() any { return new(domain.Finding) },
	"TransferProgramme": func() any { return new(domain.Programme) }, // a region's code is one by its shape
	"Webhook":           func() any { return new(domain.Webhook) },
	"RequestWaiver":     func() any { return new(domain.Waiver) },
	"PublishDefinition": func() any { return new(definitions.Publication) },
	"UploadRuleSet":     func() any { return new(rulesets.Upload) },
	"ApproveRuleSet":    func() any { return new(rulesets.Named) }, "WithdrawRuleSet": func() any { return new(rulesets.Named) },
	"ActivateRuleSet": func() any { return new(rulesets.Placed) }, "RollbackRuleSet": func() any { return new(rulesets.Placed) },
	"DeactivateRuleSet": func() any { return new(rulesets.Placed) }, "StartSimulation": func() any { return new(rulesets.Placed) },
	"StartReplay": func() any { return new(rulesets.Placed) }, "StartShadow": func() any { return new(rulesets.Placed) }, // of RuleSets.Possible
	"Report": func() any { return new(domain.Report) }, "Distribution": func() any { return new(domain.Distribution) },
}

func TestNoTextOfAnyInputIsUnbounded(t *testing.T) {
	t.Parallel()
	checked := 0
	for name, input := range schema().Types {
		concept, isInput := strings.CutSuffix(name, "Input")
		if input.Kind != ast.InputObject || !isInput {
			continue
		}
		for _, f := range input.Fields {
			if f.Type.Name() != "String" || boundElsewhere[f.Name] {
				continue
			}
			concept = strings.TrimPrefix(strings.TrimPrefix(concept, "Create"), "Update")
			begin, known := entered[concept]
			if !known {
				t.Errorf("%s.%s: this test knows no row for it", name, f.Name)
				continue
			}
			for what, text := range map[string]string{"a long text": strings.Repeat("x", 100_001), "NUL": "a\x00b", "what is not UTF-8": "a\xffb"} {
				row := begin()
				put(t, row, f.Name, text)
				problems := row.(interface {
					Validate(domain.Date) domain.Problems
				}).Validate("2026-06-30")
				if !named(problems, f.Name) {
					t.Errorf("%s.%s takes %s", name, f.Name, what)
				}
			}
			checked++
		}
	}
	if checked < 50 {
		t.Errorf("only %d texts were found", checked)
	}
}

// put puts a text into the field of a row that has this name in the API.
func put(t *testing.T, row any, name, text string) {
	t.Helper()
	field := reflect.ValueOf(row).Elem().FieldByNameFunc(func(n string) bool { return strings.EqualFold(n, name) })
	switch {
	case !field.IsValid():
		t.Fatalf("%T has no field %s", row, name)
	case field.Kind() == reflect.Pointer:
		field.Set(reflect.New(field.Type().Elem()))
		field.Elem().SetString(text)
	default:
		field.SetString(text)
	}
}

func named(problems domain.Problems, path string) bool {
	for _, p := range problems {
		if len(p.Path) == 1 && p.Path[0] == path {
			return true
		}
	}
	return false
}

// begun enters a community and a programme and gives their global ids.
func begun(t *testing.T, m generated.MutationResolver) (community, programme string) {
	t.Helper()
	ctx := as(t.Context(), domain.Coordinator, domain.English)
	c, err := m.CreateCommunity(ctx, model.CreateCommunityInput{RegionCode: "32.04.05.2001", Kind: "VILLAGE", Name: "Sukamaju", Population: 900})
	if err != nil || len(c.UserErrors) > 0 {
		t.Fatal(err, c)
	}
	p, err := m.CreateProgramme(ctx, model.CreateProgrammeInput{RegionCode: "32.04", Code: "WATER-1", Title: "Water", StartDate: "2026-01-01", EndDate: "2026-12-31",
		CommunityIds: []string{c.Community.ID}})
	if err != nil || len(p.UserErrors) > 0 {
		t.Fatal(err, p)
	}
	return c.Community.ID, p.Programme.ID
}

func TestAChangeTellsLeftOutFromEmptied(t *testing.T) {
	t.Parallel()
	m := commands(t)
	_, programme := begun(t, m)
	ctx := as(t.Context(), domain.Coordinator, domain.English)
	made, err := m.CreateNeed(ctx, model.CreateNeedInput{ProgrammeID: programme, Title: "Water", Sector: "HEALTH", Severity: 3, Urgency: 3,
		Evidence: graphql.OmittableOf(ptr("seen"))})
	if err != nil || made.Need == nil {
		t.Fatal(err, made)
	}
	key := graphql.OmittableOf(ptr("k"))
	if p, err := m.UpdateNeed(ctx, model.UpdateNeedInput{ID: made.Need.ID, Severity: graphql.OmittableOf(ptr(5)), IdempotencyKey: key}); err != nil || len(p.UserErrors) > 0 {
		t.Fatal(err, p)
	}
	for _, other := range []model.UpdateNeedInput{
		{ID: made.Need.ID, Severity: graphql.OmittableOf(ptr(5)), Evidence: graphql.OmittableOf[*string](nil), IdempotencyKey: key},
		{ID: made.Need.ID, Severity: graphql.OmittableOf(ptr(4)), IdempotencyKey: key},
	} {
		p, err := m.UpdateNeed(ctx, other)
		if err != nil || len(p.UserErrors) != 1 || p.UserErrors[0].Code != model.ErrorCodeIdempotencyMismatch {
			t.Errorf("%v, %+v", err, p)
		}
	}
	p, err := m.UpdateNeed(ctx, model.UpdateNeedInput{ID: made.Need.ID, Title: graphql.OmittableOf[*string](nil), Severity: graphql.OmittableOf(ptr(9))})
	if err != nil || p.Need != nil {
		t.Fatal(err, p)
	}
	var got []string
	for _, w := range p.UserErrors {
		got = append(got, string(w.Code)+" "+strings.Join(w.Path, "."))
	}
	if diff := cmp.Diff([]string{"BAD_USER_INPUT input.title", "BAD_USER_INPUT input.severity"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestUserErrorsSpeakTheReadersLanguage(t *testing.T) {
	t.Parallel()
	m := commands(t)
	_, programme := begun(t, m)
	in := model.CreateNeedInput{ProgrammeID: programme, Title: "Water", Sector: "HEALTH", Severity: 9, Urgency: 1}
	for locale, want := range map[domain.Locale]string{domain.English: "9 is not between 1 and 5", domain.Indonesian: "9 tidak berada antara 1 dan 5"} {
		p, err := m.CreateNeed(as(t.Context(), domain.Coordinator, locale), in)
		if err != nil || len(p.UserErrors) != 1 || p.UserErrors[0].Message != want {
			t.Errorf("%v, %+v", err, p.UserErrors)
		}
	}
	p, err := m.CreateNeed(as(t.Context(), domain.Viewer, domain.English), in)
	if err != nil || len(p.UserErrors) != 1 || p.UserErrors[0].Code != model.ErrorCodeForbidden {
		t.Errorf("%v, %+v", err, p.UserErrors)
	}
}

func TestAPersonIsErasedWhateverTheProgrammesStatus(t *testing.T) {
	t.Parallel()
	m := commands(t)
	_, programme := begun(t, m)
	ctx := as(t.Context(), domain.Coordinator, domain.English)
	training, err := m.CreateTrainingEvent(ctx, model.CreateTrainingEventInput{ProgrammeID: programme, Title: "Pumps", Venue: "Balai desa", Capacity: 20})
	if err != nil || training.TrainingEvent == nil {
		t.Fatal(err, training)
	}
	person, err := m.CreateParticipant(ctx, model.CreateParticipantInput{TrainingEventID: training.TrainingEvent.ID, Name: graphql.OmittableOf(ptr("Ani")), Sex: "FEMALE"})
	if err != nil || person.Participant == nil {
		t.Fatal(err, person)
	}
	if p, err := m.MoveProgramme(ctx, model.MoveProgrammeInput{ProgrammeID: programme, Move: domain.Cancel, Reason: graphql.OmittableOf(ptr("No funds"))}); err != nil || !p.Allowed {
		t.Fatal(err, p)
	}
	gone := graphql.OmittableOf[*string](nil)
	for _, c := range []struct {
		in     model.UpdateParticipantInput
		erases bool
	}{
		{model.UpdateParticipantInput{ID: person.Participant.ID, Name: graphql.OmittableOf(ptr("Budi"))}, false},
		{model.UpdateParticipantInput{ID: person.Participant.ID, Name: gone, PreTest: graphql.OmittableOf(ptr(50.0))}, false},
		{model.UpdateParticipantInput{ID: person.Participant.ID}, false},
		{model.UpdateParticipantInput{ID: person.Participant.ID, Name: gone, BirthYear: graphql.OmittableOf[*int](nil)}, true},
		{model.UpdateParticipantInput{ID: person.Participant.ID, Name: gone}, true},
	} {
		p, err := m.UpdateParticipant(ctx, c.in)
		if err != nil || (len(p.UserErrors) == 0) != c.erases {
			t.Errorf("%v, %+v", err, p.UserErrors)
		}
	}
}

func TestAProgrammeIsMovedAndSaysWhatStandsInTheWay(t *testing.T) {
	t.Parallel()
	m := commands(t)
	_, programme := begun(t, m)
	ctx := as(t.Context(), domain.Coordinator, domain.English)
	hold := model.MoveProgrammeInput{ProgrammeID: programme, Move: domain.Hold, DryRun: true}
	p, err := m.MoveProgramme(ctx, hold)
	if err != nil || p.Allowed || len(p.UserErrors) != 1 || p.UserErrors[0].Code != model.ErrorCodeReasonRequired {
		t.Fatalf("%v, %+v", err, p)
	}
	hold.Reason = graphql.OmittableOf(ptr("The floods"))
	if p, err = m.MoveProgramme(ctx, hold); err != nil || !p.Allowed || p.Event != nil || len(p.UserErrors) > 0 {
		t.Fatalf("a dry run: %v, %+v", err, p)
	}
	hold.DryRun = false
	if p, err = m.MoveProgramme(ctx, hold); err != nil || !p.Allowed || p.Event == nil || gid.Type(p.Event.ID) != "ProgrammeEvent" || p.Programme.ID != programme {
		t.Fatalf("%v, %+v", err, p)
	}
	update, err := m.UpdateProgramme(ctx, model.UpdateProgrammeInput{ID: programme, Title: graphql.OmittableOf(ptr("Anew"))})
	if err != nil || len(update.UserErrors) != 1 || update.UserErrors[0].Code != model.ErrorCodeMoveNotPossible {
		t.Fatalf("%v, %+v", err, update)
	}
	missing := model.MoveProgrammeInput{ProgrammeID: gid.New("Programme", uuid.Must(uuid.NewV7())), Move: domain.Cancel, Reason: hold.Reason}
	if p, err = m.MoveProgramme(ctx, missing); err != nil || len(p.UserErrors) != 1 || strings.Join(p.UserErrors[0].Path, ".") != "input.programmeId" {
		t.Fatalf("%v, %+v", err, p)
	}
	reopen := model.MoveProgrammeInput{ProgrammeID: programme, Move: domain.Reopen, Reason: hold.Reason}
	if p, err = m.MoveProgramme(ctx, reopen); err != nil || len(p.UserErrors) != 1 || p.UserErrors[0].Code != model.ErrorCodeForbidden {
		t.Fatalf("%v, %+v", err, p)
	}
}

func ptr[T any](v T) *T { return &v }
