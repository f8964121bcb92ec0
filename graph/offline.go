package graph

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/entry"
	"github.com/berdaya/berdaya/internal/offline"
)

// offer is a mutation that a list may hold: a field of OfflineCommandInput and the resolver's method of the same name.
type offer struct {
	name   string
	field  int
	method int
	input  reflect.Type
}

// offers are all mutations that a list may hold, as the schema has them. A field without a method of its name would end the
// program at its start.
var offers = func() (all []offer) {
	list, methods := reflect.TypeFor[model.OfflineCommandInput](), reflect.TypeFor[mutation]()
	for i := range list.NumField() {
		name, _, _ := strings.Cut(list.Field(i).Tag.Get("json"), ",")
		if name == "key" || name == "expectedVersion" {
			continue
		}
		method, ok := methods.MethodByName(list.Field(i).Name)
		if !ok {
			panic("no mutation is called " + name)
		}
		all = append(all, offer{name, i, method.Index, method.Type.In(2)})
	}
	return all
}()

// kinds give a row of each type that a command may be about, or whose programme it may be about.
var kinds = map[string]func() offline.Row{
	"Programme": row[domain.Programme], "ProgrammeCommunity": row[domain.ProgrammeCommunity], "ProgrammeStakeholder": row[domain.ProgrammeStakeholder],
	"ChecklistItem": row[domain.ChecklistItem], "Need": row[domain.Need], "ProblemNode": row[domain.ProblemNode], "Consultation": row[domain.Consultation],
	"CapacityAssessment": row[domain.CapacityAssessment], "CapacityScore": row[domain.CapacityScore], "Objective": row[domain.Objective],
	"Activity": row[domain.Activity], "BudgetLine": row[domain.BudgetLine], "TrainingEvent": row[domain.TrainingEvent], "Session": row[domain.Session],
	"Participant": row[domain.Participant], "Attendance": row[domain.Attendance], "Indicator": row[domain.Indicator],
	"Measurement": row[domain.Measurement], "Finding": row[domain.Finding], "Report": row[domain.Report], "Distribution": row[domain.Distribution],
}

func row[T any, P interface {
	*T
	offline.Row
}]() offline.Row {
	return P(new(T))
}

// parent is a field of an input that names a thing of a type.
type parent struct{ field, typ string }

// parents are the fields by which an input names what it hangs on, the nearest to the programme first.
var parents = []parent{
	{"programmeId", "Programme"}, {"needId", "Need"}, {"capacityAssessmentId", "CapacityAssessment"}, {"activityId", "Activity"},
	{"trainingEventId", "TrainingEvent"}, {"sessionId", "Session"}, {"indicatorId", "Indicator"}, {"reportId", "Report"},
}

// people are the fields of each type's inputs that identify a person, as the struct tag pii marks them in package domain. A
// participant is one.
var people = map[string][]string{"Participant": nil, "Stakeholder": {"contact"}, "Activity": {"responsible"}, "Finding": {"owner"}}

// subjectOf gives the type that a mutation is about.
func subjectOf(mutation string) string {
	switch mutation {
	case "tickChecklistItem":
		return "ChecklistItem"
	case "rankNeeds", "moveProgramme":
		return "Programme"
	}
	for _, verb := range []string{"create", "update", "publish"} {
		if typ, ok := strings.CutPrefix(mutation, verb); ok {
			return typ
		}
	}
	return ""
}

// listed reads a command of a list. sent is the same as it came in.
func (m mutation) listed(in *model.OfflineCommandInput, sent map[string]any) offline.Command {
	c := offline.Command{Key: in.Key}
	var chosen *offer
	var input reflect.Value
	for i := range offers {
		given := reflect.ValueOf(in).Elem().Field(offers[i].field).MethodByName("Value").Call(nil)[0]
		if given.IsNil() {
			continue
		}
		if chosen != nil {
			c.Wrong = entry.Wrong(offers[i].name, "a command is exactly one mutation, and this one is also "+chosen.name,
				"satu perintah berisi tepat satu mutasi, sedangkan ini juga berisi "+chosen.name)
			return c
		}
		chosen, input = &offers[i], given.Elem()
	}
	if chosen == nil {
		c.Wrong = entry.Wrong("commands", "this command has no mutation: give exactly one", "perintah ini tidak berisi mutasi: berikan tepat satu")
		return c
	}
	fields, _ := sent[chosen.name].(map[string]any)
	c.Name, c.Do = chosen.name, m.carry(chosen, input)
	c.Move = c.Name == "moveProgramme"
	if seen := input.FieldByName("ExpectedUpdatedAt"); seen.IsValid() {
		c.Updates, c.ExpectedUpdatedAt = true, seen.Interface().(seenAt).Value()
	}
	place(&c, fields)
	if c.Wrong = expect(&c, in); c.Wrong == nil {
		c.Wrong = asSent(&c, fields)
	}
	return c
}

// place says what a command makes, changes and names, and what leads to its programme.
func place(c *offline.Command, fields map[string]any) {
	typ := subjectOf(c.Name)
	id := func(field, typ string) (uuid.UUID, bool) {
		text, _ := fields[field].(string)
		key, err := gid.Key(typ, text)
		return key, err == nil
	}
	for field, value := range fields {
		if field != "clientId" {
			c.Names = named(c.Names, value)
		}
	}
	if made, _ := fields["clientId"].(string); made != "" {
		if key, ok := gid.Plain(made); ok {
			c.Makes, c.Thing = gid.New(typ, key), key
		}
	}
	on := parents
	if !strings.HasPrefix(c.Name, "create") {
		field := "id"
		if c.Name == "rankNeeds" || c.Move {
			field = "programmeId"
		}
		if key, ok := id(field, typ); ok {
			c.About, c.Thing = gid.New(typ, key), key
		}
		on = []parent{{field, typ}}
	}
	for _, p := range on {
		if key, ok := id(p.field, p.typ); ok && kinds[p.typ] != nil {
			c.Kind, c.On, c.In = kinds[p.typ](), gid.New(p.typ, key), key
			return
		}
	}
}

// named adds every id in a value of an input.
func named(ids []uuid.UUID, value any) []uuid.UUID {
	switch v := value.(type) {
	case string:
		if id, ok := gid.Any(v); ok {
			ids = append(ids, id)
		}
	case []any:
		for _, one := range v {
			ids = named(ids, one)
		}
	}
	return ids
}

// expect reads which version of the programme a command expects. A move must say it.
func expect(c *offline.Command, in *model.OfflineCommandInput) *domain.Error {
	version := in.ExpectedVersion.Value()
	if c.Move {
		inner := in.MoveProgramme.Value().ExpectedVersion.Value()
		switch {
		case version == nil:
			version = inner
		case inner != nil && *inner != *version:
			return entry.Wrong("expectedVersion", "the command and its input expect different versions", "perintah dan masukannya mengharapkan versi yang berbeda")
		}
		if version == nil {
			return offline.Demanded("expectedVersion")
		}
	}
	if version == nil {
		return nil
	}
	if c.Name == "createProgramme" || kinds[subjectOf(c.Name)] == nil {
		return entry.Wrong("expectedVersion", "this command is about no programme that is there, so it expects no version",
			"perintah ini bukan tentang program yang sudah ada, jadi tidak mengharapkan versi")
	}
	seen := int64(*version)
	c.ExpectedVersion = &seen
	return nil
}

// asSent takes over the input as it was sent, and refuses what the list itself says.
func asSent(c *offline.Command, fields map[string]any) *domain.Error {
	if fields["idempotencyKey"] != nil {
		return entry.Wrong("idempotencyKey", "the command's key is its idempotency key: leave this out", "kunci perintah sudah menjadi kunci idempotensi: hilangkan ini")
	}
	if fields["dryRun"] == true {
		return entry.Wrong("dryRun", "a list is a dry run as a whole: leave this out", "uji coba berlaku untuk seluruh daftar: hilangkan ini")
	}
	typ := subjectOf(c.Name)
	c.Personal = typ == "Participant"
	for _, field := range people[typ] {
		c.Personal = c.Personal || fields[field] != nil
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return entry.Wrong("commands", "this input is not JSON", "masukan ini bukan JSON")
	}
	c.Input = raw
	return nil
}

// gathered is what a mutation said, before it was put into the reader's language.
type gathered struct {
	problems domain.Problems
	blocks   []domain.Block
}

type gatherKey struct{}

// gather gives the place for what a mutation says; where nobody wants to know, it is nowhere.
func gather(ctx context.Context) *gathered {
	if g, wanted := ctx.Value(gatherKey{}).(*gathered); wanted {
		return g
	}
	return new(gathered)
}

// carry gives what carries out a mutation with an input, as though it had been sent alone.
func (m mutation) carry(o *offer, input reflect.Value) func(context.Context, offline.Way) (offline.Answer, error) {
	return func(ctx context.Context, way offline.Way) (offline.Answer, error) {
		in := reflect.New(o.input).Elem()
		in.Set(input)
		in.FieldByName("IdempotencyKey").Set(reflect.ValueOf(graphql.OmittableOf(way.Key)))
		if seen := in.FieldByName("ExpectedUpdatedAt"); seen.IsValid() {
			seen.Set(reflect.ValueOf(graphql.OmittableOf(way.Seen)))
		}
		if move, is := in.Addr().Interface().(*model.MoveProgrammeInput); is {
			move.DryRun = way.DryRun
			if way.Version != nil {
				version := int(*way.Version)
				move.ExpectedVersion = graphql.OmittableOf(&version)
			}
		}
		said := new(gathered)
		ctx = context.WithValue(ctx, gatherKey{}, said)
		out := reflect.ValueOf(m).Method(o.method).Call([]reflect.Value{reflect.ValueOf(ctx), in})
		if err, failed := out[1].Interface().(error); failed {
			return offline.Answer{}, err
		}
		answer := offline.Answer{Problems: said.problems, Blocks: said.blocks}
		if len(answer.Problems) == 0 {
			answer.ID = idIn(out[0].Elem())
		}
		return answer, nil
	}
}

// idIn gives the global id of what a payload is about: its first object.
func idIn(payload reflect.Value) string {
	for i := range payload.NumField() {
		if f := payload.Field(i); f.Kind() == reflect.Pointer && !f.IsNil() {
			if node, is := f.Interface().(model.Node); is {
				return node.GetID()
			}
		}
	}
	return ""
}
