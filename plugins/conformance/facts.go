package conformance

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// kind is a kind of facts; it is the code of the clause about it.
type kind string

const (
	none    kind = "NO_FACTS"
	full    kind = "FULL_FACTS"
	unknown kind = "UNKNOWN_WORDS"
	absent  kind = "ABSENT_VALUES"
	extreme kind = "EXTREME_NUMBERS"
	long    kind = "LONG_TEXTS"
)

var kinds = []kind{none, full, unknown, absent, extreme, long}

// today is the day of the questions, in the middle of the day in Indonesia.
var today = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)

// questions gives the questions of a kind: every stage and move, with several sets of facts where they are made up.
func questions(k kind) []*rules.Question {
	var all []*rules.Question
	stages, moves, times := rules.Stages, rules.Moves, 3
	switch k {
	case full:
		times = 6
	case none, long:
		times = 1
	case unknown:
		stages, moves = append(slices.Clone(stages), "SETTLE"), append(slices.Clone(moves), "SPLIT")
		times = 2
	}
	for n := range times {
		for _, stage := range stages {
			for _, move := range moves {
				all = append(all, question(k, stage, move, uint64(n), today))
			}
		}
	}
	return all
}

// Questions gives the questions of every kind that the suite asks, for whoever holds two rule sets together.
func Questions() []*rules.Question {
	var all []*rules.Question
	for _, k := range kinds {
		all = append(all, questions(k)...)
	}
	return all
}

// question makes one question. The same arguments make the same question.
func question(k kind, stage, move string, seed uint64, at time.Time) *rules.Question {
	target := stage
	if i := slices.Index(rules.Stages, stage); move == rules.Advance && i >= 0 && i+1 < len(rules.Stages) {
		target = rules.Stages[i+1]
	}
	m := &maker{kind: k, at: at, random: rand.New(rand.NewPCG(seed, uint64(len(stage))<<8|uint64(len(move))))}
	for range 4 {
		m.pool = append(m.pool, m.newID())
	}
	facts := &rules.Facts{}
	if k != none {
		m.fill(facts.ProtoReflect(), 0)
	}
	m.always(facts)
	id := m.newID()
	facts.Programme.Id, facts.Programme.Stage, facts.Programme.Status = id, stage, "ACTIVE"
	facts.Region.Code, facts.Region.Level, facts.Region.Name = "32.73.05.1001", "VILLAGE", "Contoh"
	return &rules.Question{ProgrammeId: id, Move: move, TargetStage: target, At: timestamppb.New(at), Facts: facts}
}

// always fills in what is always there: the programme, its region, and its communities, of which exactly one is primary.
func (m *maker) always(facts *rules.Facts) {
	if facts.Programme == nil {
		facts.Programme = &rulespb.Programme{}
		m.fill(facts.Programme.ProtoReflect(), 1)
	}
	if facts.Region == nil {
		facts.Region = &rulespb.Region{}
		m.fill(facts.Region.ProtoReflect(), 1)
	}
	if len(facts.Communities) == 0 {
		facts.Communities = []*rulespb.Community{{}}
		m.fill(facts.Communities[0].ProtoReflect(), 1)
	}
	for i, c := range facts.Communities {
		c.Primary = i == 0
	}
}

// maker makes facts up.
type maker struct {
	kind   kind
	at     time.Time
	random *rand.Rand
	pool   []string // ids that things refer to each other by
}

// fill fills every field of a message, so a field that is added to the contract is filled as well.
func (m *maker) fill(msg protoreflect.Message, depth int) {
	fields := msg.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		switch {
		case f.IsList():
			// What a programme has one or two of, it has four of at times; sometimes it has none.
			list := msg.Mutable(f).List()
			for range m.random.IntN(4 - min(depth, 2)) {
				if f.Message() != nil {
					item := list.NewElement()
					m.fill(item.Message(), depth+1)
					list.Append(item)
				} else {
					list.Append(m.value(f))
				}
			}
		case f.HasOptionalKeyword() && (m.kind == absent || m.random.IntN(4) == 0):
		case f.Message() == nil:
			msg.Set(f, m.value(f))
		case f.Message().FullName() == "google.protobuf.Timestamp":
			if m.kind != absent && m.random.IntN(4) > 0 {
				msg.Set(f, protoreflect.ValueOfMessage(timestamppb.New(m.at.Add(time.Duration(m.random.IntN(200*24)-150*24)*time.Hour)).ProtoReflect()))
			}
		case m.kind != absent || depth == 0: // a message, such as money, can be absent too
			m.fill(msg.Mutable(f).Message(), depth+1)
		}
	}
}

// value makes the value of a field that is no message.
func (m *maker) value(f protoreflect.FieldDescriptor) protoreflect.Value {
	name := string(f.Name())
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(m.random.IntN(2) == 0)
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(m.int32(name))
	case protoreflect.Int64Kind:
		if m.kind == extreme {
			return protoreflect.ValueOfInt64(pick(m, []int64{math.MinInt64, -1, 0, math.MaxInt64}))
		}
		return protoreflect.ValueOfInt64(m.random.Int64N(100_000_000))
	case protoreflect.DoubleKind:
		if m.kind == extreme {
			return protoreflect.ValueOfFloat64(pick(m, []float64{-math.MaxFloat64, math.MaxFloat64, math.Copysign(0, -1), math.SmallestNonzeroFloat64, 0.1}))
		}
		return protoreflect.ValueOfFloat64(float64(m.random.IntN(10_000)) / 100)
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(m.text(f, name))
	}
	panic(fmt.Sprintf("the contract has a field %s of a kind that is not made up here", f.FullName()))
}

func (m *maker) int32(name string) int32 {
	if m.kind == extreme {
		if name == "nanos" {
			return pick(m, []int32{-999_999_999, 999_999_999})
		}
		return pick(m, []int32{math.MinInt32, -1, 0, 1, math.MaxInt32})
	}
	switch name {
	case "nanos":
		return 0
	case "severity", "urgency", "power", "interest", "score":
		return 1 + m.random.Int32N(5)
	case "rank", "edition":
		return m.random.Int32N(4)
	}
	return m.random.Int32N(400)
}

// references are the fields that hold ids of other things, beside `id` itself.
var references = []string{"parent", "objective", "activity", "participant", "stakeholder", "indicators"}

func (m *maker) text(f protoreflect.FieldDescriptor, name string) string {
	if words := vocabulary[f.FullName().Parent().Name()+"."+f.Name()]; words != nil {
		if m.kind == unknown && m.random.IntN(2) == 0 {
			return "A_LATER_WORD"
		}
		return pick(m, words)
	}
	switch {
	case name == "id":
		return pick(m, append(slices.Clone(m.pool), m.newID()))
	case slices.Contains(references, name):
		return pick(m, m.pool)
	case strings.HasSuffix(name, "_on"), strings.HasSuffix(name, "_date"), strings.HasPrefix(name, "planned_"), strings.HasPrefix(name, "actual_"),
		strings.HasPrefix(name, "valid_"), strings.HasPrefix(name, "period_"):
		return m.at.AddDate(0, 0, m.random.IntN(400)-250).Format(time.DateOnly)
	case name == "region":
		return pick(m, []string{"32.73.05.1001", "32.73.05.1002", "32.73"})
	case m.kind == long:
		text := pick(m, awkward)
		return strings.Repeat(text, 2500/len(text)*2)
	}
	return pick(m, awkward)
}

// awkward are texts that people do enter.
var awkward = []string{"Air bersih di musim kemarau", "Pelatihan “kader” & pendamping's 100% {hadir}", "Désa\tCibodas\n(hulu)", "சமூகம் 👩🏽‍🌾 <b>", "%s %d \\ \"", "ok"}

func (m *maker) newID() string {
	return fmt.Sprintf("01990000-0000-7000-8000-%012x", m.random.Int64N(1<<48))
}

func pick[T any](m *maker, of []T) T { return of[m.random.IntN(len(of))] }

// vocabulary is the words that the contract lists for a field, by message and field.
var vocabulary = map[protoreflect.Name][]string{
	"Programme.stage": rules.Stages, "Programme.status": {"ACTIVE", "ON_HOLD", "COMPLETED", "CANCELLED"},
	"Region.level":   {"NATION", "PROVINCE", "REGENCY", "DISTRICT", "VILLAGE"},
	"Community.kind": {"VILLAGE", "HAMLET", "FARMERS_GROUP", "WOMENS_GROUP", "FISHERS_GROUP", "YOUTH_GROUP", "COOPERATIVE", "INDIGENOUS", "OTHER"},
	"Need.sector": {"HEALTH", "EDUCATION", "WATER_SANITATION", "AGRICULTURE", "FISHERIES", "LIVELIHOODS", "ENVIRONMENT", "DISASTER_RISK", "GOVERNANCE",
		"SOCIAL_PROTECTION", "INFRASTRUCTURE", "OTHER"},
	"ProblemNode.kind":         {"CORE_PROBLEM", "CAUSE", "EFFECT"},
	"Consultation.kind":        {"VILLAGE_MEETING", "HAMLET_MEETING", "FOCUS_GROUP", "HOUSEHOLD_VISIT", "WOMENS_MEETING", "OTHER"},
	"CapacityAssessment.phase": {"BASELINE", "MIDLINE", "ENDLINE"},
	"CapacityScore.domain": {"PARTICIPATION", "LEADERSHIP", "ORGANISATIONAL_STRUCTURES", "PROBLEM_ASSESSMENT", "RESOURCE_MOBILISATION", "ASKING_WHY",
		"LINKS_WITH_OTHERS", "ROLE_OF_OUTSIDE_AGENTS", "PROGRAMME_MANAGEMENT"},
	"Objective.level":      {"GOAL", "OUTCOME", "OUTPUT"},
	"Activity.kind":        {"TRAINING", "WORKSHOP", "MENTORING", "ORGANISING", "NETWORKING", "INFRASTRUCTURE", "DIRECT_AID", "OTHER"},
	"Money.currency":       {"IDR", "IDR", "USD"},
	"Session.status":       {"PLANNED", "HELD", "CANCELLED"},
	"Participant.sex":      {"FEMALE", "MALE"},
	"Indicator.direction":  {"INCREASE", "DECREASE"},
	"Measurement.sex":      {"FEMALE", "MALE"},
	"Measurement.age_band": {"16-30", "31-59", "60+"},
	"Finding.severity":     {"MINOR", "MODERATE", "SEVERE"},
	"Finding.status":       {"OPEN", "CLOSED"},
	"Stakeholder.kind":     {"GOVERNMENT", "BUSINESS", "ACADEMIA", "COMMUNITY", "MEDIA", "NGO", "DONOR"},
	"Report.kind":          {"PROGRESS", "FINAL", "IMPACT"},
}

// groups gives the field of Facts that holds a group.
var groups = map[string]protoreflect.Name{
	rules.Needs: "needs", rules.Consultations: "consultations", rules.Capacity: "capacity_assessments", rules.Logframe: "objectives",
	rules.Activities: "activities", rules.Trainings: "training_events", rules.Indicators: "indicators", rules.Findings: "findings",
	rules.Stakeholders: "stakeholders", rules.Reports: "reports",
}

// only gives a question with the facts of some groups, as the server asks it.
func only(q *rules.Question, wanted []string) *rules.Question {
	q = proto.Clone(q).(*rules.Question)
	facts := q.GetFacts().ProtoReflect()
	for group, field := range groups {
		if !slices.Contains(wanted, group) {
			facts.Clear(facts.Descriptor().Fields().ByName(field))
		}
	}
	return q
}
