package host

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	_ "github.com/berdaya/berdaya/internal/seeded"
	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/workflow"
)

// filler fills every field that it reaches with a value of its own and remembers where it put it.
type filler struct {
	n     int
	texts map[string]string // by value: the field, as Type.Field
	pii   map[string]bool   // by value: whether the field is marked pii
}

func (f *filler) fill(v reflect.Value, field string, pii bool, above []reflect.Type) {
	f.n++
	switch v.Interface().(type) {
	case uuid.UUID:
		v.Set(reflect.ValueOf(uuid.New()))
		return
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(int64(1_700_000_000+f.n), 0)))
		return
	case decimal.Decimal:
		v.Set(reflect.ValueOf(decimal.New(int64(7_000_000+f.n), -2)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		value := fmt.Sprintf("text-%d-", f.n)
		f.texts[value], f.pii[value] = field, pii
		v.SetString(value)
	case reflect.Int, reflect.Int64:
		value := 8_000_000 + f.n
		f.texts[fmt.Sprint(value)], f.pii[fmt.Sprint(value)] = field, pii
		v.SetInt(int64(value))
	case reflect.Float64:
		v.SetFloat(float64(f.n) / 4)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		if slices.Contains(above, v.Type().Elem()) {
			return // back to where we come from
		}
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), field, pii, above)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Pointer && !slices.Contains(above, v.Type().Elem().Elem()) {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			f.fill(v.Index(0), field, pii, above)
		}
	case reflect.Struct:
		above = append(slices.Clone(above), v.Type())
		for i := range v.NumField() {
			t := v.Type().Field(i)
			f.fill(v.Field(i), v.Type().Name()+"."+t.Name, t.Tag.Get("pii") == "true", above)
		}
	}
}

// full gives facts with every field filled in.
func full() (*workflow.Facts, *filler) {
	f := &filler{texts: map[string]string{}, pii: map[string]bool{}}
	facts := &workflow.Facts{}
	f.fill(reflect.ValueOf(facts).Elem(), "Facts", false, nil)
	return facts, f
}

// leftOut are the texts and numbers that are no personal data by their mark and do not reach rules all the same: accounts of
// people, free text that may say anything about anybody, names of stakeholders, who may be persons, and what the server
// keeps for itself.
var leftOut = []string{
	"Activity.Responsible", "CapacityAssessment.Note", "CapacityScore.Evidence", "Consultation.Summary", "Distribution.Feedback",
	"Finding.Action", "Finding.Owner", "Measurement.Evidence", "Need.Evidence", "Participant.BirthYear", "Participant.Name",
	"Programme.Coordinator", "Programme.FactsVersion", "Programme.RegionCode", "Programme.ReviewOn", "Programme.Version",
	"Region.ParentCode", "RegionSuccessor.EffectiveOn", "RegionSuccessor.NewCode", "RegionSuccessor.OldCode", "Report.Narrative",
	"Stakeholder.Contact", "Stakeholder.Description", "Stakeholder.Name",
	"TrainingEvent.Facilitator",
}

func TestPersonalDataNeverReachesRulesAndTheRestDoes(t *testing.T) {
	t.Parallel()
	facts, f := full()
	converted := factsOf(facts)
	sent, err := protojson.Marshal(converted)
	if err != nil {
		t.Fatal(err)
	}
	reached := map[string]bool{} // by field; the filler meets most types on several ways, and one that reaches rules is enough
	marked := 0
	for value, field := range f.texts {
		arrives := strings.Contains(string(sent), value)
		reached[field] = reached[field] || arrives
		if f.pii[value] {
			marked++
			if arrives {
				t.Errorf("%s is personal data and reaches rules", field)
			}
		}
	}
	var missing []string
	for field, arrives := range reached {
		if owner, _, _ := strings.Cut(field, "."); !arrives && isFact(owner) {
			missing = append(missing, field)
		}
	}
	if marked == 0 {
		t.Error("no field is marked as personal data: the test looks at nothing")
	}
	slices.Sort(missing)
	if diff := cmp.Diff(leftOut, missing); diff != "" {
		t.Errorf("what does not reach rules (-known +found):\n%s", diff)
	}
}

// isFact tells whether things of a type are facts; the filler also fills what hangs on to them.
func isFact(owner string) bool {
	return !slices.Contains([]string{"Member", "MemberRole", "ProgrammeEvent", "StageVisit", "ChecklistItem",
		"Waiver", "StagePlan", "Timer", "TimerEvent", "Draft", "ProgrammeBlock", "RuleSet", "RuleSetVersion", "RuleActivation", "RuleSetEvent"}, owner)
}

func TestNoFieldOfTheContractIsEverEmpty(t *testing.T) {
	t.Parallel()
	facts, _ := full()
	id := uuid.New()
	facts.Objectives[0].ID, facts.Indicators[0].ObjectiveID = id, &id
	checkFilled(t, factsOf(facts).ProtoReflect(), "Facts")
}

func checkFilled(t *testing.T, m protoreflect.Message, path string) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		where := path + "." + string(field.Name())
		if !m.Has(field) && !strings.HasPrefix(string(m.Descriptor().FullName()), "google.") {
			t.Errorf("%s is never filled in", where)
			continue
		}
		switch {
		case field.IsList() && field.Message() != nil:
			for n := range m.Get(field).List().Len() {
				checkFilled(t, m.Get(field).List().Get(n).Message(), where)
			}
		case field.Message() != nil && !field.IsList():
			checkFilled(t, m.Get(field).Message(), where)
		}
	}
}

func TestOnlyTheGroupsAskedForAreSent(t *testing.T) {
	t.Parallel()
	facts, _ := full()
	whole := factsOf(facts)
	if diff := cmp.Diff(filled(whole), filled(only(whole, rules.FactGroups))); diff != "" {
		t.Errorf("all groups are not the whole:\n%s", diff)
	}
	base := filled(only(whole, nil))
	if diff := cmp.Diff([]string{"communities", "programme", "region"}, base); diff != "" {
		t.Error(diff)
	}
	for _, group := range rules.FactGroups {
		part := only(whole, []string{group})
		if got := filled(part); len(got) != len(base)+1 {
			t.Errorf("%s sends %v", group, got)
		}
		version := Candidate{Description: &rules.Description{Facts: []string{group}}}
		fields := whole.ProtoReflect().Descriptor().Fields()
		for i := range fields.Len() {
			if f := fields.Get(i); version.Reads(f.JSONName()+".x") != part.ProtoReflect().Has(f) {
				t.Errorf("%s says that it reads %s: %v", group, f.JSONName(), version.Reads(f.JSONName()))
			}
		}
	}
}

func filled(f *rules.Facts) (names []string) {
	f.ProtoReflect().Range(func(d protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		names = append(names, string(d.Name()))
		return true
	})
	slices.Sort(names)
	return names
}

func TestMoneyIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cents := rapid.Int64Range(-100_000_000_000_000_000, 100_000_000_000_000_000).Draw(t, "cents")
		m := money("IDR", decimal.New(cents, -2))
		if back := decimal.New(m.Units, 0).Add(decimal.New(int64(m.Nanos), -9)); !back.Equal(decimal.New(cents, -2)) {
			t.Fatalf("%d cents became %v", cents, m)
		}
	})
}

func TestTheKitSpeaksTheWordsOfTheDomain(t *testing.T) {
	t.Parallel()
	for name, words := range map[string][2][]string{
		"stages":     {domain.Stages.Codes(), rules.Stages},
		"severities": {domain.Severities.Codes(), rules.Severities},
		"waivables":  {domain.Waivables.Codes(), rules.Waivables},
		"moves":      {{string(domain.Advance), string(domain.Reopen)}, rules.Moves},
	} {
		if diff := cmp.Diff(words[0], words[1]); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	var kinds []string
	for _, k := range workflow.FactKinds {
		kinds = append(kinds, string(k))
	}
	if diff := cmp.Diff(kinds, rules.FactGroups); diff != "" {
		t.Error(diff)
	}
}

func TestLogframeBringsTheIndicatorsThatItNames(t *testing.T) {
	t.Parallel()
	if got := needs([]string{rules.Logframe}); !slices.Equal(got, []workflow.FactKind{workflow.LogframeFacts, workflow.IndicatorFacts}) {
		t.Errorf("got %v", got)
	}
}

func BenchmarkJudge(b *testing.B) {
	h := newHost(b, nil, nation)
	ready(b, h)
	facts, _ := full()
	facts.Programme.RegionCode, facts.Programme.Stage = "32", domain.Plan
	for _, batch := range []int{1, 500} {
		b.Run(fmt.Sprint(batch), func(b *testing.B) {
			questions := make([]workflow.Question, batch)
			for i := range questions {
				q := question("32")
				q.Facts, q.Target = facts, domain.Train
				questions[i] = q
			}
			for b.Loop() {
				for _, j := range h.Judge(b.Context(), questions) {
					if len(j.Unavailable) > 0 {
						b.Fatal(j.Unavailable)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch), "ns/question")
		})
	}
}
