package read

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/domain"
)

// Of pages.
const (
	defaultPage = 20
	largestPage = 100
)

// list is a connection: for each owner, one page of rows.
type list struct {
	level    *level
	order    *order
	relation *relation // nil for a list that a query begins with
	key      int       // the owner's column with the key
	unique   bool      // no two rows of the owner's level have the same key
	known    bool      // the only owner is the object that was asked for by its key

	size     int
	backward bool
	probe    bool // one row more than the page is read, to know whether there are more
	cursors  func(r *run) (after, before any)
	after    bool
	before   bool

	rows   bool // whether any row is asked for, and not only how many there are
	keys   []int
	facts  *facts
	fields []pageField
}

// facts are what is asked of a list beside its page, by owner.
type facts struct {
	statement
	total, earlier, later bool
}

type pageKind uint8

const (
	pageConstant pageKind = iota
	pageNodes
	pageEdges
	pageInfo
	pageTotal
	pageCursor // of an edge: the row's own
	pageNode   // of an edge
	pageNext
	pagePrevious
	pageStart
	pageEnd
)

// pageField writes one field of a connection, of an edge or of a PageInfo.
type pageField struct {
	literal string
	alias   string
	kind    pageKind
	object  *object
	fields  []pageField
}

// paging are the arguments of a connection.
type paging struct {
	first, last   *int
	after, before bool
}

// apply checks the arguments and sets the list's page.
func (l *list) apply(a paging) error {
	l.size, l.after, l.before = defaultPage, a.after, a.before
	refuse := func(arg, en, id string) error {
		return domain.Errorf(domain.CodeBadUserInput, "%s", en).In(id).At(arg)
	}
	if a.first != nil && a.last != nil {
		return refuse("last", "give first or last, not both", "berikan first atau last, jangan keduanya")
	}
	for arg, n := range map[string]*int{"first": a.first, "last": a.last} {
		if n == nil {
			continue
		}
		if *n < 1 || *n > largestPage {
			return refuse(arg, "a page has 1 to 100 entries", "satu halaman berisi 1 sampai 100 entri")
		}
		l.size, l.backward = *n, arg == "last"
	}
	return nil
}

// rootList compiles a list that a query begins with. All its rows lie in the reader's scope.
func (p *planner) rootList(selection ast.SelectionSet) error {
	e := p.request.entities[0]
	lv := p.newLevel(e)
	l := &list{level: lv, order: p.request.order}
	lv.list = l
	if err := l.apply(p.request.paging); err != nil {
		return err
	}
	l.cursors = func(r *run) (any, any) { return r.request.after, r.request.before }
	at := place{level: lv, entity: e, alias: "t", whole: true}
	if err := p.connection(l, at, selection); err != nil {
		return err
	}
	p.finish(l, func(s *statement) []string { return p.requested(s, "t") })
	p.plan.first = append(p.plan.first, lv)
	p.plan.roots = append(p.plan.roots, root{level: lv, list: l})
	return nil
}

// relatedList compiles the connection of a to-many relation. What a visible programme or bulk move holds is visible; other owners
// may have rows elsewhere, which are left out.
func (p *planner) relatedList(at place, rel *relation, f graphql.CollectedField, limited func() string) (*list, error) {
	lv := p.newLevel(rel.target)
	key := at.alias + "." + rel.ours.name
	limit := limited()
	if limit != "" {
		key = "case when " + limit + " then " + key + " end"
	}
	l := &list{level: lv, order: rel.order, relation: rel, key: at.level.column(key), unique: at.alias == "t"}
	lv.list = l
	l.known = p.request.single && p.request.name == nil && at.level.number == 0 && at.alias == "t" && limit == ""
	lv.grouped = !l.known
	if err := p.arguments(l, f); err != nil {
		return nil, err
	}
	inside := place{level: lv, entity: rel.target, alias: "t", whole: rel.target.placed}
	if err := p.connection(l, inside, f.Selections); err != nil {
		return nil, err
	}
	p.finish(l, func(s *statement) []string {
		owner := "u.k"
		if l.known {
			owner = s.arg(func(r *run) []byte { return r.request.keys[0].key })
		}
		where := []string{"t." + rel.theirs.name + " = " + owner}
		for _, name := range rel.filters {
			if f.ArgumentMap(p.oc.Variables)[name] != nil {
				value := argument(f, name)
				where = append(where, "t."+name+" = "+s.arg(func(r *run) []byte { return []byte(value(r).(string)) }))
			}
		}
		if at.entity.programme == "" && at.entity.bulk == "" || rel.target.name == "Draft" {
			if visible := p.readsRow(s, rel.target, "t"); visible != "" {
				where = append(where, visible)
			}
		}
		if l.known {
			// What may not be seen takes as long as what is not there.
			if visible := p.readsRow(s, at.entity, "g"); visible != "" {
				where = append(where, "exists (select from "+at.entity.table+" g where g."+at.entity.key.name+" = "+owner+" and "+visible+")")
			}
		}
		return where
	})
	if l.known {
		p.plan.first = append(p.plan.first, lv)
	}
	at.level.kids = append(at.level.kids, l)
	return l, nil
}

// arguments reads the arguments of a connection below the field that a request begins with. How many and from which end is
// part of the plan; the cursors themselves are not.
func (p *planner) arguments(l *list, f graphql.CollectedField) error {
	values := f.ArgumentMap(p.oc.Variables)
	count := func(name string) (*int, error) {
		v := values[name]
		if v == nil {
			return nil, nil
		}
		n, err := graphql.UnmarshalInt(v)
		return &n, err
	}
	var a paging
	var err error
	if a.first, err = count("first"); err != nil {
		return err
	}
	if a.last, err = count("last"); err != nil {
		return err
	}
	a.after, a.before = values["after"] != nil, values["before"] != nil
	after, before := argument(f, "after"), argument(f, "before")
	l.cursors = func(r *run) (any, any) { return after(r), before(r) }
	if err := l.apply(a); err != nil {
		if coded, ok := err.(*domain.Error); ok {
			return coded.At(f.Alias)
		}
		return err
	}
	return nil
}

// argument gives the value of an argument of a field when a plan runs.
func argument(f graphql.CollectedField, name string) func(r *run) any {
	arg := f.Arguments.ForName(name)
	if arg == nil {
		return func(*run) any { return nil }
	}
	return func(r *run) any {
		v, err := arg.Value.Value(r.variables)
		if err != nil {
			return nil
		}
		return v
	}
}

// connection compiles the selection on a connection.
func (p *planner) connection(l *list, at place, selection ast.SelectionSet) error {
	for _, f := range graphql.CollectFields(p.oc, selection, []string{at.entity.name + "Connection"}) {
		compiled := pageField{alias: f.Alias}
		var err error
		switch f.Name {
		case "__typename":
			compiled.literal = `"` + at.entity.name + `Connection"`
		case "nodes":
			compiled.kind, l.rows = pageNodes, true
			compiled.object, err = p.object(at, f.Selections)
		case "edges":
			compiled.kind, l.rows = pageEdges, true
			compiled.fields, err = p.edge(l, at, f.Selections)
		case "pageInfo":
			compiled.kind = pageInfo
			compiled.fields = p.pageInfo(l, f.Selections)
		case "totalCount":
			compiled.kind = pageTotal
			l.ask().total = true
		}
		if err != nil {
			return err
		}
		l.fields = addPage(l.fields, compiled)
	}
	return nil
}

func addPage(fields []pageField, f pageField) []pageField {
	separator := ","
	if len(fields) == 0 {
		separator = "{"
	}
	f.literal = separator + `"` + f.alias + `":` + f.literal
	return append(fields, f)
}

func (l *list) ask() *facts {
	if l.facts == nil {
		l.facts = &facts{}
	}
	return l.facts
}

func (p *planner) edge(l *list, at place, selection ast.SelectionSet) ([]pageField, error) {
	var fields []pageField
	for _, f := range graphql.CollectFields(p.oc, selection, []string{at.entity.name + "Edge"}) {
		compiled := pageField{alias: f.Alias}
		var err error
		switch f.Name {
		case "__typename":
			compiled.literal = `"` + at.entity.name + `Edge"`
		case "cursor":
			compiled.kind = pageCursor
			l.withKeys()
		case "node":
			compiled.kind = pageNode
			compiled.object, err = p.object(at, f.Selections)
		}
		if err != nil {
			return nil, err
		}
		fields = addPage(fields, compiled)
	}
	return fields, nil
}

func (p *planner) pageInfo(l *list, selection ast.SelectionSet) []pageField {
	var fields []pageField
	for _, f := range graphql.CollectFields(p.oc, selection, []string{"PageInfo"}) {
		compiled := pageField{alias: f.Alias}
		switch f.Name {
		case "__typename":
			compiled.literal = `"PageInfo"`
		case "hasNextPage":
			compiled.kind = pageNext
			l.rows, l.probe = l.rows || !l.backward, l.probe || !l.backward
			if l.before {
				l.ask().later = true
			}
		case "hasPreviousPage":
			compiled.kind = pagePrevious
			l.rows, l.probe = l.rows || l.backward, l.probe || l.backward
			if l.after {
				l.ask().earlier = true
			}
		case "startCursor":
			compiled.kind, l.rows = pageStart, true
			l.withKeys()
		case "endCursor":
			compiled.kind, l.rows = pageEnd, true
			l.withKeys()
		}
		fields = addPage(fields, compiled)
	}
	return fields
}

// withKeys adds the columns that cursors are made of.
func (l *list) withKeys() {
	if l.keys != nil {
		return
	}
	for _, k := range l.order.keys {
		l.keys = append(l.keys, l.level.column("t."+k))
	}
}

// finish writes the statements of a list, whose rows are those for which all conditions hold.
func (p *planner) finish(l *list, where func(s *statement) []string) {
	lv := l.level
	number := lv.number
	after := func(r *run) [][]byte { return r.results[number].after }
	before := func(r *run) [][]byte { return r.results[number].before }
	if l.rows {
		all := where(&lv.statement)
		if l.after {
			all = append(all, l.order.beyond(&lv.statement, true, false, after))
		}
		if l.before {
			all = append(all, l.order.beyond(&lv.statement, false, false, before))
		}
		lv.page(all)
	}
	if l.facts == nil {
		return
	}
	s := &l.facts.statement
	from := func() string { return " from " + lv.entity.table + " t" + whereClause(where(s)) }
	if lv.grouped {
		s.sql = "select u.o"
	} else {
		s.sql = "select 1::int8"
	}
	if l.facts.total {
		s.sql += ", (select count(*)" + from() + ")"
	}
	and := func(edge string, all []string) string {
		return ", exists (select from " + lv.entity.table + " t" + whereClause(append(all, edge)) + ")"
	}
	if l.facts.earlier {
		s.sql += and(l.order.beyond(s, false, true, after), where(s))
	}
	if l.facts.later {
		s.sql += and(l.order.beyond(s, true, true, before), where(s))
	}
	if lv.grouped {
		s.sql += " from " + l.owners(s)
	}
}
