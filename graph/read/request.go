package read

import (
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
)

type ask uint8

const (
	askKeys ask = iota
	askList
	askBoard
	askStuck
)

// request is what the field at which stored data begins asks for.
type request struct {
	kind     ask
	entities []*entity

	single bool // one object, not a list of them
	keys   []keyOf
	name   []byte // of the one object, in the place of its key; nil where it has one

	conditions []condition
	order      *order
	paging     paging
	after      any
	before     any

	today []byte // of a board: the day, as PostgreSQL takes it
}

// keyOf is the key of an object and the number of its type; -1 for an id of nothing.
type keyOf struct {
	entity int
	key    []byte
}

// appendShape writes what of a request makes a difference to its plan.
func (q *request) appendShape(b []byte) []byte {
	b = append(b, byte(q.kind))
	for _, e := range q.entities {
		b = append(append(b, e.name...), ',')
	}
	if q.single {
		b = append(b, '1')
	}
	if q.name != nil {
		b = append(b, 'n')
	}
	for _, c := range q.conditions {
		b = append(append(b, c.sql...), '&')
	}
	if q.order != nil {
		b = append(append(append(b, q.order.list...), ' '), q.order.name...)
	}
	p := q.paging
	for _, n := range []*int{p.first, p.last} {
		if b = append(b, ';'); n != nil {
			b = appendDigits(b, min(max(*n, 0), 999), 3)
		}
	}
	for _, there := range []bool{p.after, p.before} {
		if there {
			b = append(b, '+')
		} else {
			b = append(b, '-')
		}
	}
	return b
}

// keyArray gives the keys of one type as an array.
func (q *request) keyArray(entity int) []byte {
	var keys [][]byte
	for _, k := range q.keys {
		if k.entity == entity {
			keys = append(keys, k.key)
		}
	}
	return appendArray(nil, q.entities[entity].key.element(), keys)
}

// requested writes the conditions of a request.
func (p *planner) requested(s *statement, alias string) []string {
	var where []string
	for i, c := range p.request.conditions {
		if c.sql != "" {
			where = append(where, s.condition(alias, c, func(r *run) *condition { return &r.request.conditions[i] }))
		}
	}
	return where
}

// maxNodes is how many objects nodes gives at most.
const maxNodes = 100

// rootRequest reads the arguments of a field of Query.
func (rd *Reader) rootRequest(fc *graphql.FieldContext, a access.Actor) (*request, error) {
	switch name := fc.Field.Name; name {
	case "node":
		q := &request{kind: askKeys, single: true}
		q.add(rd, fc.Args["id"].(string))
		return q, nil
	case "nodes":
		ids := fc.Args["ids"].([]string)
		if len(ids) > maxNodes {
			return nil, domain.Errorf(domain.CodeBadUserInput, "at most 100 ids at a time").In("paling banyak 100 id sekaligus").At("ids")
		}
		q := &request{kind: askKeys}
		for _, id := range ids {
			q.add(rd, id)
		}
		return q, nil
	case "region":
		code := fc.Args["code"].(string)
		if err := checkCode(code, "code"); err != nil {
			return nil, err
		}
		return rd.single("Region", []byte(code)), nil
	case "ruleSet":
		return &request{kind: askKeys, single: true, entities: []*entity{rd.catalogue["RuleSet"]}, name: []byte(fc.Args["name"].(string))}, nil
	case "programme", "community", "stakeholder":
		e := rd.catalogue[strings.ToUpper(name[:1])+name[1:]]
		id, err := gid.UUID(e.name, fc.Args["id"].(string))
		if err != nil {
			return nil, domain.Errorf(domain.CodeBadUserInput, "this is not the id of a %s", e.name).In("ini bukan id dari " + e.name).At("id")
		}
		return rd.single(e.name, id[:]), nil
	case "board", "stuck":
		q := &request{kind: askBoard, today: rd.today()}
		if name == "stuck" {
			q.kind = askStuck
		}
		region, _ := fc.Args["region"].(*model.RegionFilter)
		return q, q.place(region, a.Reads(), "region")
	default:
		return rd.listRequest(fc, a)
	}
}

func (rd *Reader) single(typeName string, key []byte) *request {
	return &request{kind: askKeys, single: true, entities: []*entity{rd.catalogue[typeName]}, keys: []keyOf{{0, key}}}
}

// add adds an object by its global id. What is no id is the id of nothing.
func (q *request) add(rd *Reader, id string) {
	e := rd.catalogue[gid.Type(id)]
	if e == nil {
		q.keys = append(q.keys, keyOf{entity: -1})
		return
	}
	var key []byte
	if e.key.form == formText {
		code, err := gid.RegionCode(id)
		if err != nil {
			q.keys = append(q.keys, keyOf{entity: -1})
			return
		}
		key = []byte(code)
	} else {
		u, err := gid.UUID(e.name, id)
		if err != nil {
			q.keys = append(q.keys, keyOf{entity: -1})
			return
		}
		key = u[:]
	}
	for i, known := range q.entities {
		if known == e {
			q.keys = append(q.keys, keyOf{i, key})
			return
		}
	}
	q.entities = append(q.entities, e)
	q.keys = append(q.keys, keyOf{len(q.entities) - 1, key})
}

// listRequest reads the arguments of a list.
func (rd *Reader) listRequest(fc *graphql.FieldContext, a access.Actor) (*request, error) {
	q := &request{kind: askList}
	q.paging.first, _ = fc.Args["first"].(*int)
	q.paging.last, _ = fc.Args["last"].(*int)
	if c, _ := fc.Args["after"].(*string); c != nil {
		q.paging.after, q.after = true, *c
	}
	if c, _ := fc.Args["before"].(*string); c != nil {
		q.paging.before, q.before = true, *c
	}
	orderBy := ""
	switch o := fc.Args["orderBy"].(type) {
	case model.ProgrammesOrder:
		orderBy = string(o)
	case model.CommunitiesOrder:
		orderBy = string(o)
	case model.StakeholdersOrder:
		orderBy = string(o)
	}
	name := fc.Field.Name
	if fc.Object == "Viewer" {
		name = "viewer." + name
	}
	q.order = rootOrders[name][orderBy]
	var err error
	switch name {
	case "viewer.drafts":
		q.entities = []*entity{rd.catalogue["Draft"]}
		q.where("@.author = ?", []byte(a.Subject))
	case "viewer.notifications":
		q.entities = []*entity{rd.catalogue["Notification"]}
		q.where("@.recipient = ?", []byte(a.Subject))
		if unread, _ := fc.Args["unread"].(bool); unread {
			q.where("@.read_at is null")
		}
	case "webhooks":
		q.entities = []*entity{rd.catalogue["Webhook"]}
		f, _ := fc.Args["region"].(*model.RegionFilter)
		err = q.place(f, a.Tells(), "region")
	case "deliveries":
		q.entities = []*entity{rd.catalogue["Delivery"]}
		state, _ := fc.Args["state"].(*domain.DeliveryState)
		oneOf(q, "@.state", state, false, nil)
		channel, _ := fc.Args["channel"].(*domain.Channel)
		oneOf(q, "@.channel", channel, false, nil)
		f, _ := fc.Args["region"].(*model.RegionFilter)
		err = q.place(f, a.Tells(), "region")
	case "ruleSets":
		q.entities = []*entity{rd.catalogue["RuleSet"]}
		f, _ := fc.Args["region"].(*model.RegionFilter)
		err = q.place(f, access.NewScope(domain.NationCode), "region")
	case "rulesInForce":
		q.entities = []*entity{rd.catalogue["RuleActivation"]}
		err = q.inForce(fc.Args["region"].(string))
	case "decisions":
		q.entities = []*entity{rd.catalogue["Decision"]}
		err = q.decisions(fc, a)
	case "ruleTrials":
		q.entities = []*entity{rd.catalogue["RuleTrial"]}
		kind, _ := fc.Args["kind"].(*domain.TrialKind)
		oneOf(q, "@.kind", kind, false, nil)
		state, _ := fc.Args["state"].(*domain.TrialState)
		oneOf(q, "@.state", state, false, nil)
		f, _ := fc.Args["region"].(*model.RegionFilter)
		err = q.place(f, a.Trails(), "region")
	case "programmes":
		q.entities = []*entity{rd.catalogue["Programme"]}
		f, _ := fc.Args["filter"].(*model.ProgrammesFilter)
		if f == nil {
			f = &model.ProgrammesFilter{}
		}
		if err = q.place(f.Region.Value(), a.Reads(), "filter", "region"); err == nil {
			q.programmes(f)
		}
	case "communities":
		q.entities = []*entity{rd.catalogue["Community"]}
		f, _ := fc.Args["filter"].(*model.CommunitiesFilter)
		if f == nil {
			f = &model.CommunitiesFilter{}
		}
		err = q.place(f.Region.Value(), a.Reads(), "filter", "region")
	case "stakeholders":
		q.entities = []*entity{rd.catalogue["Stakeholder"]}
		f, _ := fc.Args["filter"].(*model.StakeholdersFilter)
		if f == nil {
			f = &model.StakeholdersFilter{}
		}
		err = q.place(f.Region.Value(), a.Reads(), "filter", "region")
	case "bulkMoves":
		q.entities = []*entity{rd.catalogue["BulkMove"]}
		if mine, _ := fc.Args["mine"].(bool); mine {
			q.where("@.actor = ?", []byte(a.Subject))
		} else {
			q.conditions = append(q.conditions, within(a.PersonalData().In))
		}
	case "blockedProgrammes":
		q.entities = []*entity{rd.catalogue["ProgrammeBlock"]}
		f := fc.Args["filter"].(model.BlockedProgrammesFilter)
		q.where("@.stage = ? and @.rule_set = ? and @.rule = ?", []byte(f.Stage), []byte(f.RuleSet), []byte(f.Rule))
		err = q.place(f.Region.Value(), a.Reads(), "filter", "region")
	case "regions":
		q.entities = []*entity{rd.catalogue["Region"]}
		if f, _ := fc.Args["filter"].(*model.RegionsFilter); f != nil {
			err = q.regions(f)
		}
	}
	return q, err
}

// inForce adds the conditions of what is at work for a region: the newest of each rule set there and in each region above.
func (q *request) inForce(region string) error {
	if err := checkCode(region, "region"); err != nil {
		return err
	}
	var above [][]byte
	for _, code := range domain.Lineage(region) {
		above = append(above, []byte(code))
	}
	q.where("@.region_code = any(?::text[]) and @.ended_at is null and @.rule_set_version_id is not null", appendArray(nil, oidText, above))
	q.where("not exists (select from rule_activations n where n.region_code = @.region_code and n.rule_set_id = @.rule_set_id and n.revision > @.revision)")
	return nil
}
