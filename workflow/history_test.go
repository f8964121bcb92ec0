package workflow_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	_ "github.com/berdaya/berdaya/internal/seeded"
	"github.com/berdaya/berdaya/workflow"
)

// life is a programme in memory, driven by decisions: its state, history and visits.
type life struct {
	state  workflow.State
	events []domain.ProgrammeEvent
	visits []domain.StageVisit
	timers []domain.Timer
	waiver *domain.Waiver // the one on its way or in force
	now    time.Time
}

func born() *life {
	l := &life{now: noon}
	l.carryOut(workflow.Created(workflow.Default, uuid.New(), "32", "a", l.now), "")
	return l
}

// carryOut does to the life what the database does to a programme.
func (l *life) carryOut(d workflow.Decision, previous string) {
	d.Seal(domain.RandomIDs{}, previous)
	for i := range l.visits {
		v := &l.visits[i]
		if v.SupersededAt != nil {
			continue
		}
		if v.LeftAt == nil && d.Effects.EndVisit {
			v.LeftAt = &d.Event.OccurredAt
		}
		if slices.Contains(d.Effects.Supersede, v.Stage) {
			v.SupersededAt = &d.Event.OccurredAt
		}
	}
	if d.Effects.BeginVisit != nil {
		l.visits = append(l.visits, *d.Effects.BeginVisit)
	}
	l.deadlines(d.Effects)
	l.events, l.state = append(l.events, *d.Event), d.After
}

// anything draws a command, sensible or not, and what the rules say to it.
func (l *life) anything(t *rapid.T) (workflow.Command, *workflow.Judgement) {
	c := workflow.Command{Actor: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "actor"), At: l.now,
		Move: domain.Move(rapid.SampledFrom(domain.Moves.Codes()).Draw(t, "move"))}
	if rapid.Bool().Draw(t, "has a stage") {
		c.ToStage = of(domain.Stage(rapid.SampledFrom(domain.Stages.Codes()).Draw(t, "to")))
	}
	if rapid.IntRange(0, 4).Draw(t, "has a reason") > 0 {
		c.Reason = of(rapid.String().Draw(t, "reason"))
	}
	if rapid.Bool().Draw(t, "has a review date") {
		c.ReviewOn = of(domain.DateOf(l.now).AddDays(rapid.IntRange(-2, 20).Draw(t, "review in")))
	}
	c.ShiftDueDates = rapid.Bool().Draw(t, "shifts")
	j := passes()
	switch rapid.IntRange(0, 7).Draw(t, "rules") {
	case 0:
		j.Blocks = []domain.Block{block(domain.SeverityBlock)}
	case 1:
		j.Unavailable = []workflow.Unavailable{{RuleSet: "32", Reason: "late"}}
	case 2:
		j = nil
	case 3:
		j.Blocks = []domain.Block{block(domain.SeverityWarn)}
		j.DueOn = of(domain.DateOf(l.now).AddDays(30))
	}
	return c, j
}

func TestAnyLifeOfAProgrammeHolds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := born()
		for range rapid.IntRange(1, 40).Draw(t, "commands") {
			l.now = l.now.Add(time.Duration(rapid.Int64Range(0, int64(50*24*time.Hour)).Draw(t, "later"))).Truncate(time.Microsecond)
			l.goOff(t)
			if rapid.IntRange(0, 2).Draw(t, "aside") == 0 {
				l.aside(t)
				continue
			}
			c, j := l.anything(t)
			terms := l.terms()
			dry := workflow.Decide(terms, l.state, nil, j, c)
			real := workflow.Decide(terms, l.state, nil, j, c)
			if !reflect.DeepEqual(dry, real) {
				t.Fatalf("the dry run says %+v, the move %+v", dry, real)
			}
			before, superseded := l.state, count(l.visits, func(v domain.StageVisit) bool { return v.SupersededAt != nil })
			if !real.Allowed() {
				if real.Event != nil || len(real.Effects.Supersede) > 0 {
					t.Fatal("a refused command has effects")
				}
				continue
			}
			switch before.Status {
			case domain.OnHold:
				if c.Move != domain.Resume && c.Move != domain.Cancel {
					t.Fatalf("%s moved a programme on hold", c.Move)
				}
			case domain.Completed, domain.Cancelled:
				if c.Move != domain.Reopen || real.After.Stage != before.Stage {
					t.Fatalf("%s moved a programme that had ended to %s", c.Move, real.After.Stage)
				}
			}
			if workflow.AsksRules(c.Move) && (j == nil || len(j.Unavailable) > 0) {
				t.Fatal("a move passed without its rules")
			}
			visits := len(l.visits)
			l.carryOut(real, l.state.Hash)
			l.check(t)
			if l.state.Version != before.Version+1 {
				t.Fatalf("version %d follows %d", l.state.Version, before.Version)
			}
			if len(l.visits) < visits || count(l.visits, func(v domain.StageVisit) bool { return v.SupersededAt != nil }) < superseded {
				t.Fatal("something superseded has vanished")
			}
		}
	})
}

func (l *life) check(t *rapid.T) {
	folded, err := workflow.Fold(l.events)
	if err != nil || !folded.Equal(l.state) {
		t.Fatalf("the history comes to %+v (%v), the state is %+v", folded, err, l.state)
	}
	present := count(l.visits, func(v domain.StageVisit) bool { return v.LeftAt == nil && v.SupersededAt == nil })
	under := l.state.Status == domain.Active || l.state.Status == domain.OnHold
	if under && present != 1 || !under && present != 0 {
		t.Fatalf("%d present visits of a programme that is %s", present, l.state.Status)
	}
	if (l.state.HeldAt != nil) != (l.state.Status == domain.OnHold) || l.state.ReviewOn != nil && l.state.HeldAt == nil {
		t.Fatalf("%+v", l.state)
	}
}

func count[T any](all []T, is func(T) bool) (n int) {
	for _, v := range all {
		if is(v) {
			n++
		}
	}
	return n
}

func TestWhatIsAvailableIsWhatAMoveGets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := born()
		l.state.Stage = domain.Stage(rapid.SampledFrom(domain.Stages.Codes()).Draw(t, "stage"))
		l.state.Status = domain.Status(rapid.SampledFrom(domain.Statuses.Codes()).Draw(t, "status"))
		c, j := l.anything(t)
		c.Reason, c.ReviewOn = of("x"), nil
		if c.Move != domain.SendBack {
			c.ToStage = nil
		}
		d := workflow.Decide(terms, l.state, nil, j, c)
		offered := false
		for _, o := range workflow.Available(terms, l.state, nil, j, c.At) {
			if o.Move == c.Move && (c.Move != domain.SendBack || c.ToStage != nil && *c.ToStage == o.ToStage) {
				offered = true
				if o.Allowed != d.Allowed() || !reflect.DeepEqual(o.Blocks, d.Blocks) {
					t.Fatalf("available: %+v; the move: %+v", o, d)
				}
			}
		}
		if !offered && d.Allowed() {
			t.Fatalf("%s is allowed and not offered", c.Move)
		}
	})
}

// past is a short history with everything in it.
func past(t *testing.T) []domain.ProgrammeEvent {
	t.Helper()
	l := born()
	for _, c := range []workflow.Command{
		{Move: domain.Advance}, {Move: domain.Hold, Reason: of("flood"), ReviewOn: of(domain.Date("2026-04-01"))},
		{Move: domain.Resume, Reason: of("dry"), ShiftDueDates: true}, {Move: domain.SendBack, ToStage: of(domain.Identify), Reason: of("anew")},
		{Move: domain.Cancel, Reason: of("no funds")}, {Move: domain.Reopen, Reason: of("funds")},
	} {
		l.now = l.now.AddDate(0, 0, 3)
		c.At, c.Actor = l.now, "b"
		j := passes()
		j.Blocks = []domain.Block{block(domain.SeverityWarn)}
		d := workflow.Decide(terms, l.state, &workflow.Facts{}, j, c)
		if !d.Allowed() {
			t.Fatal(c.Move, d.Err)
		}
		l.carryOut(d, l.state.Hash)
	}
	return l.events
}

func TestTamperingShows(t *testing.T) {
	t.Parallel()
	broken := func(what string, at int64, events []domain.ProgrammeEvent) {
		t.Helper()
		_, err := workflow.Fold(events)
		if b, ok := errors.AsType[*workflow.Broken](err); !ok || b.Version != at {
			t.Errorf("%s: %v", what, err)
		}
	}
	events := past(t)
	if _, err := workflow.Fold(events); err != nil {
		t.Fatal(err)
	}
	broken("nothing there", 0, nil)
	for i := range events[:len(events)-1] {
		broken("one missing", events[i+1].Version, slices.Delete(slices.Clone(events), i, i+1))
	}
	for i := range events {
		v := reflect.ValueOf(events[i])
		for f := range v.NumField() {
			name := v.Type().Field(f).Name
			changed := slices.Clone(events)
			field := reflect.ValueOf(&changed[i]).Elem().Field(f)
			if name == "Programme" || !alter(field) {
				continue
			}
			if _, err := workflow.Fold(changed); err == nil {
				t.Errorf("a changed %s of event %d does not show", name, events[i].Version)
			}
		}
	}
	// Whoever changes an event and seals it anew is found out by the next one.
	forged := slices.Clone(events)
	forged[2].Actor = "nobody"
	workflow.Seal(&forged[2], forged[1].Hash)
	broken("a forged event", 4, forged)
}

// alter changes a field in the least way that there is; false where it knows none.
func alter(v reflect.Value) bool {
	switch x := v.Interface().(type) {
	case uuid.UUID:
		x[15]++
		v.Set(reflect.ValueOf(x))
	case time.Time:
		v.Set(reflect.ValueOf(x.Add(time.Microsecond)))
	case []domain.RuleRevision:
		v.Set(reflect.ValueOf(append(slices.Clone(x), domain.RuleRevision{RuleSet: "x", Version: "1"})))
	case json.RawMessage:
		v.Set(reflect.ValueOf(json.RawMessage(`{"definition":2}`)))
	default:
		switch v.Kind() {
		case reflect.String:
			v.SetString(v.String() + "x")
		case reflect.Int64:
			v.SetInt(v.Int() + 1)
		case reflect.Pointer:
			fresh := reflect.New(v.Type().Elem())
			if !v.IsNil() {
				fresh.Elem().Set(v.Elem())
			}
			if fresh.Elem().Kind() != reflect.String {
				return false
			}
			fresh.Elem().SetString(fresh.Elem().String() + "x")
			v.Set(fresh)
		default:
			return false
		}
	}
	return true
}

func TestAHashDoesNotDependOnHowAnEventIsKept(t *testing.T) {
	t.Parallel()
	e := past(t)[4]
	before := e.Hash
	e.OccurredAt = e.OccurredAt.In(time.FixedZone("WIB", 7*60*60)).Add(300 * time.Nanosecond)
	e.Programme = &domain.Programme{}
	var decision map[string]any
	if err := json.Unmarshal(e.Decision, &decision); err != nil {
		t.Fatal(err)
	}
	e.Decision, _ = json.MarshalIndent(decision, "", "  ")
	workflow.Seal(&e, e.PreviousHash)
	if e.Hash != before {
		t.Error("the hash changed with the zone, blanks or the order of keys")
	}
}

func TestTheCanonicalForm(t *testing.T) {
	t.Parallel()
	v := struct {
		domain.Record
		B    string `bun:"b_column,pk"`
		A    []int  `json:"a,omitempty"`
		None *int
		Raw  json.RawMessage
		Dec  decimal.Decimal
		F    float64
		Rel  *domain.Need `bun:"rel:belongs-to,join:a=b"`
	}{B: "<é\"\n>", A: []int{2, 1}, Raw: json.RawMessage(`{"z": 1.50, "y": [1e3, null, {}], "x": {}}`), Dec: decimal.RequireFromString("10.500"), F: 0.1,
		Record: domain.Record{ID: uuid.UUID{15: 1}, CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 6789, time.UTC)}}
	want := `{"Dec":"10.5","F":"0.1","Raw":{"y":["1000",null,null],"z":"1.5"},"a":[2,1],"b_column":"<é\"\n>",` +
		`"created_at":"2026-01-02T03:04:05.000006Z","id":"00000000-0000-0000-0000-000000000001","updated_at":"0001-01-01T00:00:00.000000Z"}`
	if got := string(workflow.Canonical(v)); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestTextsAndTimesHaveTheFormThatJSONGivesThem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]{0,20}`)).Draw(rt, "text")
		var want strings.Builder
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		if err := e.Encode(s); err != nil {
			rt.Fatal(err)
		}
		if got := string(workflow.Canonical(s)) + "\n"; got != want.String() {
			rt.Fatalf("%q is %s, want %s", s, got, want.String())
		}
		at := time.UnixMicro(rapid.Int64Range(-1e15, 7e15).Draw(rt, "at"))
		if got, want := string(workflow.Canonical(at)), at.UTC().Format(`"2006-01-02T15:04:05.000000Z"`); got != want {
			rt.Fatalf("%s, want %s", got, want)
		}
	})
}

func TestEqualFactsHaveEqualHashes(t *testing.T) {
	t.Parallel()
	facts := func() *workflow.Facts {
		return &workflow.Facts{Programme: domain.Programme{Title: "Air bersih", Version: 3}, Needs: []*domain.Need{{Title: "Water", Severity: 5}}}
	}
	f := facts()
	f.Programme.Version, f.Programme.FactsVersion, f.Programme.UpdatedAt = 9, 9, noon
	if f.Hash() != facts().Hash() || len(f.Hash()) != 64 || strings.ToLower(f.Hash()) != f.Hash() {
		t.Error("the hash depends on versions or time")
	}
	f.Needs[0].Severity = 4
	if f.Hash() == facts().Hash() {
		t.Error("another severity gives the same hash")
	}
}

func FuzzStoredJSONHasACanonicalForm(f *testing.F) {
	f.Add(`{"a":[1,2.50,{"b":null}]}`)
	f.Add(`1e999999999`)
	f.Fuzz(func(t *testing.T, s string) {
		once := workflow.Canonical(json.RawMessage(s))
		if twice := workflow.Canonical(json.RawMessage(s)); string(once) != string(twice) {
			t.Error("two forms of one text")
		}
	})
}

func BenchmarkDecideAndSeal(b *testing.B) {
	s := state(domain.Identify, domain.Active)
	f := &workflow.Facts{Needs: []*domain.Need{{Title: "Water"}}}
	for b.Loop() {
		d := workflow.Decide(terms, s, f, passes(), workflow.Command{Actor: "a", Move: domain.Advance, At: noon})
		d.Seal(domain.RandomIDs{}, s.Hash)
	}
}
