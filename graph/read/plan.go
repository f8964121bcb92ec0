package read

import (
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// plan is a selection compiled: statements by level, and programs that write objects from their rows. It is never changed once
// made, and any number of runs may use it at once.
type plan struct {
	levels []*level
	first  []*level // those that need no rows of others
	calls  int
	roots  []root // by type, for a request by key; one for a list or a board
}

type root struct {
	level  *level
	object *object
	list   *list
	key    int // the column of the row's key
}

// object is the program that writes one object from a row.
type object struct {
	guard  int // the column that is NULL where there is no object; -1 for none
	fields []field
}

type fieldKind uint8

const (
	fieldConstant fieldKind = iota // the literal says all
	fieldValue                     // a column
	fieldID                        // a column that is the key of a type
	fieldLabel                     // the label of a column's code
	fieldOne                       // an object in the same row
	fieldList                      // a connection
	fieldDocument                  // what Go makes of a column
	fieldCall                      // what a batch gave
)

// field writes one field of an object.
type field struct {
	literal string // what comes before the value: a comma or brace, and the key
	alias   string
	kind    fieldKind
	form    form
	nonNull bool
	tag     byte
	column  int
	labels  map[string]string
	object  *object
	list    *list
	call    *call
	goValue *goType
	special *attribute
}

// call is a batch about the rows of a level.
type call struct {
	number int
	column int
	batch  *Batch
}

// planner compiles one selection.
type planner struct {
	reader  *Reader
	oc      *graphql.OperationContext
	request *request
	sight   *sight
	plan    *plan
}

func (p *planner) newLevel(e *entity) *level {
	lv := &level{number: len(p.plan.levels), entity: e}
	p.plan.levels = append(p.plan.levels, lv)
	return lv
}

// place is where an object's columns are found: a table of a level.
type place struct {
	level  *level
	entity *entity
	alias  string
	whole  bool // the row is known to lie in the reader's scope
}

// object compiles a selection on a type.
func (p *planner) object(at place, selection ast.SelectionSet) (*object, error) {
	o := &object{guard: -1}
	for _, f := range graphql.CollectFields(p.oc, selection, []string{at.entity.name, "Node"}) {
		compiled, err := p.field(at, f)
		if err != nil {
			return nil, err
		}
		o.add(compiled, f)
	}
	return o, nil
}

func (o *object) add(compiled field, f graphql.CollectedField) {
	compiled.alias = f.Alias
	separator := ","
	if len(o.fields) == 0 {
		separator = "{"
	}
	compiled.literal = separator + `"` + f.Alias + `":` + compiled.literal
	compiled.nonNull = f.Definition != nil && f.Definition.Type.NonNull
	o.fields = append(o.fields, compiled)
}

func (p *planner) field(at place, f graphql.CollectedField) (field, error) {
	if f.Name == "__typename" {
		return field{literal: `"` + at.entity.name + `"`}, nil
	}
	a := at.entity.fields[f.Name]
	limited := func() string {
		if at.whole || always[f.Name] {
			return ""
		}
		return p.limitedTo(&at.level.statement, at.entity, at.alias)
	}
	switch {
	case a.batch != nil:
		return p.call(at, a.batch, f), nil
	case a.document != nil:
		expr := at.alias + "." + a.column.name
		if a.column.personal {
			if mask := p.personalTo(at.level, at.entity, at.alias); mask != "" {
				expr = "case when " + mask + " then " + expr + " end"
			}
		}
		return field{kind: fieldDocument, column: at.level.column(expr), special: a, goValue: p.goType(f)}, nil
	case a.relation != nil && a.relation.many:
		l, err := p.relatedList(at, a.relation, f, limited)
		return field{kind: fieldList, list: l}, err
	case a.relation != nil:
		one, err := p.one(at, a.relation, f, limited)
		return field{kind: fieldOne, object: one}, err
	case a.text != nil:
		return field{kind: fieldValue, form: formText, column: at.level.column(statementText(a.text[p.sight.locale], at.alias))}, nil
	}
	expr := at.alias + "." + a.column.name
	if a.column.personal {
		switch mask := p.personalTo(at.level, at.entity, at.alias); mask {
		case "":
		case never:
			return field{literal: "null"}, nil
		default:
			expr = "case when " + mask + " then " + expr + " end"
		}
	}
	if limit := limited(); limit != "" {
		expr = "case when " + limit + " then " + expr + " end"
	}
	compiled := field{kind: fieldValue, form: a.column.form, column: at.level.column(expr)}
	switch {
	case a.labels != nil:
		compiled.kind, compiled.labels = fieldLabel, a.labels[p.sight.locale]
	case a.column == at.entity.key && f.Name == "id":
		compiled.kind, compiled.tag = fieldID, at.entity.tag
	}
	return compiled, nil
}

func statementText(text, alias string) string {
	var s statement
	return s.condition(alias, condition{sql: text}, nil)
}

// one compiles a to-one relation: its row is joined to the level. A community elsewhere is not there at all, nor is what a bulk
// move leads to, or the programme of a draft whose author has lost sight of it; a stakeholder is there in part.
func (p *planner) one(at place, rel *relation, f graphql.CollectedField, limited func() string) (*object, error) {
	lv, target := at.level, rel.target
	alias := lv.join(at.alias+"."+rel.ours.name+">"+target.name, target.table, func(alias string) string {
		on := alias + "." + rel.theirs.name + " = " + at.alias + "." + rel.ours.name
		if limit := limited(); limit != "" {
			on += " and " + limit
		}
		if at.entity.crosses(target) {
			if visible := p.readsRow(&lv.statement, target, alias); visible != "" {
				on += " and " + visible
			}
		}
		return on
	})
	o, err := p.object(place{level: lv, entity: target, alias: alias}, f.Selections)
	if err != nil {
		return nil, err
	}
	o.guard = lv.column(alias + "." + target.key.name)
	return o, nil
}

// call compiles a field that Go answers. Selected twice on the same rows, it is still asked once.
func (p *planner) call(at place, b *Batch, f graphql.CollectedField) field {
	column := at.level.column(at.alias + "." + at.entity.key.name)
	compiled := field{kind: fieldCall, column: column, goValue: p.goType(f)}
	for _, c := range at.level.calls {
		if c.column == column && c.batch == b {
			compiled.call = c
			return compiled
		}
	}
	compiled.call = &call{number: p.plan.calls, column: column, batch: b}
	p.plan.calls++
	at.level.calls = append(at.level.calls, compiled.call)
	return compiled
}

// compile makes the plan of a request.
func (p *planner) compile(selection ast.SelectionSet) (*plan, error) {
	p.plan = &plan{}
	var err error
	switch p.request.kind {
	case askKeys:
		for i, e := range p.request.entities {
			if err = p.byKey(i, e, selection); err != nil {
				return nil, err
			}
		}
	case askList:
		err = p.rootList(selection)
	case askBoard:
		p.board(selection)
	case askStuck:
		p.stuck(selection)
	default:
		err = fmt.Errorf("no plan for a request of kind %d", p.request.kind)
	}
	return p.plan, err
}

// byKey compiles a request for objects by their keys. Where there is one, the lists that belong to it are asked for in the
// same round trip, since their owner's key is known.
func (p *planner) byKey(number int, e *entity, selection ast.SelectionSet) error {
	lv := p.newLevel(e)
	p.plan.first = append(p.plan.first, lv)
	at := place{level: lv, entity: e, alias: "t", whole: p.sight.reads.sql == ""}
	o, err := p.object(at, selection)
	if err != nil {
		return err
	}
	r := root{level: lv, object: o, key: lv.column("t." + e.key.name)}
	where := []string{"t." + e.key.name + " = "}
	if p.request.name != nil {
		where = []string{"t.name = " + lv.arg(func(r *run) []byte { return r.request.name })}
	} else if p.request.single {
		where[0] += lv.arg(func(r *run) []byte { return r.request.keys[0].key })
	} else {
		where[0] += "any(" + lv.arg(func(r *run) []byte { return r.request.keyArray(number) }) + "::" + e.key.array() + ")"
	}
	if visible := p.readsRow(&lv.statement, e, "t"); visible != "" {
		where = append(where, visible)
	}
	lv.byKey(where)
	p.plan.roots = append(p.plan.roots, r)
	return nil
}
