package read

import (
	"strconv"
	"strings"
)

// param gives the value of a parameter, in binary, when a plan runs; nil is NULL.
type param func(*run) []byte

// statement is SQL with where its parameters come from.
type statement struct {
	sql    string
	params []param
}

// arg adds a parameter and gives its name in the text.
func (s *statement) arg(p param) string {
	s.params = append(s.params, p)
	return "$" + strconv.Itoa(len(s.params))
}

// condition writes a condition about a table; of gives the one with the values when the plan runs.
func (s *statement) condition(alias string, c condition, of func(*run) *condition) string {
	var b strings.Builder
	n := 0
	for _, char := range c.sql {
		switch char {
		case '@':
			b.WriteString(alias)
		case '?':
			i := n
			b.WriteString(s.arg(func(r *run) []byte { return of(r).values[i] }))
			n++
		default:
			b.WriteRune(char)
		}
	}
	return b.String()
}

// level is the rows of one statement: those of a table, with the rows that to-one relations lead to joined to them. The table
// is called t, a joined one by the path that leads to it.
type level struct {
	statement
	number  int
	entity  *entity
	grouped bool     // the first column is the number of the row's owner, from 1
	columns []string // of the answer, after that one
	places  map[string]int
	joins   []string
	aliases map[string]string
	list    *list   // the page of the rows; nil for a level that is found by key
	kids    []*list // lists that belong to rows of this level
	calls   []*call // batches about rows of this level
}

// column makes sure that an expression is among the columns and gives its place.
func (lv *level) column(expr string) int {
	if at, ok := lv.places[expr]; ok {
		return at
	}
	if lv.places == nil {
		lv.places = map[string]int{}
	}
	at := len(lv.columns)
	lv.places[expr] = at
	lv.columns = append(lv.columns, expr)
	return at
}

// join makes sure that a table is joined under a path and gives its alias. A row without one stays.
func (lv *level) join(path, table string, on func(alias string) string) string {
	if alias, ok := lv.aliases[path]; ok {
		return alias
	}
	if lv.aliases == nil {
		lv.aliases = map[string]string{}
	}
	alias := "j" + strconv.Itoa(len(lv.aliases)+1) // a path may be longer than PostgreSQL's names
	lv.aliases[path] = alias
	lv.joins = append(lv.joins, " left join "+table+" "+alias+" on "+on(alias))
	return alias
}

// byKey finishes a level whose rows are found by their keys.
func (lv *level) byKey(where []string) {
	lv.sql = "select " + lv.columnList(false) + " from " + lv.entity.table + " t" + strings.Join(lv.joins, "") + " where " + strings.Join(where, " and ")
}

func (lv *level) columnList(named bool) string {
	if len(lv.columns) == 0 {
		lv.column("1")
	}
	if !named {
		return strings.Join(lv.columns, ", ")
	}
	out := make([]string, len(lv.columns))
	for i, c := range lv.columns {
		out[i] = c + " as c" + strconv.Itoa(i)
	}
	return strings.Join(out, ", ")
}

// direction says how an order runs, forwards or against itself.
type direction struct {
	*order
	backward bool
}

func (d direction) by() string {
	down := ""
	if d.desc != d.backward {
		down = " desc"
	}
	terms := make([]string, len(d.keys))
	for i, k := range d.keys {
		terms[i] = "t." + k + down
	}
	return strings.Join(terms, ", ")
}

// row is the order's keys as a row: the same comparison written with OR cannot use an index as a whole.
func (d direction) row() string {
	keys := make([]string, len(d.keys))
	for i, k := range d.keys {
		keys[i] = "t." + k
	}
	if len(keys) == 1 {
		return keys[0]
	}
	return "(" + strings.Join(keys, ", ") + ")"
}

// beyond is the condition that a row lies after a cursor in the order (or before it), or with orAt at it.
func (o *order) beyond(s *statement, after, orAt bool, cursor func(r *run) [][]byte) string {
	args := make([]string, len(o.keys))
	for i := range o.keys {
		args[i] = s.arg(func(r *run) []byte { return cursor(r)[i] })
	}
	sign := "<"
	if after != o.desc {
		sign = ">"
	}
	if orAt {
		sign += "="
	}
	row := direction{order: o}.row()
	if len(args) == 1 {
		return row + " " + sign + " " + args[0]
	}
	return row + " " + sign + " (" + strings.Join(args, ", ") + ")"
}

// page finishes a level that is a page of a list.
func (lv *level) page(where []string) {
	l := lv.list
	d := direction{order: l.order, backward: l.backward}
	limit := l.size
	if l.probe {
		limit++
	}
	core := " from " + lv.entity.table + " t" + whereClause(where) + " order by " + d.by() + " limit " + strconv.Itoa(limit)
	var body string
	if len(lv.joins) == 0 {
		body = "select " + lv.columnList(lv.grouped) + core
	} else {
		// The page is cut before anything is joined to it.
		body = "select " + lv.columnList(lv.grouped) + " from (select t.*" + core + ") t" + strings.Join(lv.joins, "") + " order by " + d.by()
	}
	lv.sql = body
	if lv.grouped {
		// A subquery with a limit runs once for each owner, so the rows of each come in their order without a sort of all.
		lv.sql = "select u.o, x.* from " + l.owners(&lv.statement) + " cross join lateral (" + body + ") x"
	}
}

// owners is the list of the keys of rows that own lists.
func (l *list) owners(s *statement) string {
	number := l.level.number
	return "unnest(" + s.arg(func(r *run) []byte { return r.results[number].keys }) + "::" + l.relation.ours.array() + ") with ordinality u(k, o)"
}

func whereClause(where []string) string {
	if len(where) == 0 {
		return ""
	}
	return " where " + strings.Join(where, " and ")
}
