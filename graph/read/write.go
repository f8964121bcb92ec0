package read

import (
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// writer writes the answer of a run as JSON. Where a field that the schema says is never null has no value, the object that
// it is of becomes null, and so on outwards to the first place that may be null; every write method says by false that what it
// writes is null where it may not be.
type writer struct {
	r    *run
	b    []byte
	path []step // from the field at which stored data begins
}

// step is one part of a path: a key, or a number where the key is "".
type step struct {
	key    string
	number int
}

func (w *writer) push(key string) { w.path = append(w.path, step{key: key}) }
func (w *writer) pop()            { w.path = w.path[:len(w.path)-1] }

// answer writes all; false where the whole is null.
func (w *writer) answer() bool {
	p, q := w.r.plan, w.r.request
	switch {
	case q.kind == askList:
		return w.connection(p.roots[0].list, 0)
	case q.kind == askBoard || q.kind == askStuck:
		return w.cells(&p.roots[0])
	case q.single:
		if len(p.roots) == 0 {
			return false
		}
		page := w.r.results[p.roots[0].level.number].page(0)
		return len(page) == 1 && w.object(p.roots[0].object, p.roots[0].level, page[0])
	}
	return w.nodes()
}

func (w *writer) cells(root *root) bool {
	w.b = append(w.b, '[')
	for i, row := range w.r.results[root.level.number].page(0) {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.path = append(w.path, step{number: i})
		if !w.object(root.object, root.level, row) {
			return false
		}
		w.pop()
	}
	w.b = append(w.b, ']')
	return true
}

// nodes writes objects in the order of the ids asked for, null for those that are not there.
func (w *writer) nodes() bool {
	found := map[string]int32{}
	for i := range w.r.plan.roots {
		root := &w.r.plan.roots[i]
		s := &w.r.results[root.level.number]
		for _, row := range s.page(0) {
			found[strconv.Itoa(i)+string(s.rows.cell(row, root.key))] = row
		}
	}
	w.b = append(w.b, '[')
	for i, k := range w.r.request.keys {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		mark := len(w.b)
		w.path = append(w.path, step{number: i})
		row, ok := found[strconv.Itoa(k.entity)+string(k.key)]
		if !ok || !w.object(w.r.plan.roots[k.entity].object, w.r.plan.roots[k.entity].level, row) {
			w.b = append(w.b[:mark], "null"...)
			w.path = w.path[:0]
			continue
		}
		w.pop()
	}
	w.b = append(w.b, ']')
	return true
}

// object writes one object.
func (w *writer) object(o *object, lv *level, row int32) bool {
	if len(o.fields) == 0 {
		w.b = append(w.b, '{', '}')
		return true
	}
	s := &w.r.results[lv.number].rows
	depth := len(w.path)
	for i := range o.fields {
		f := &o.fields[i]
		w.b = append(w.b, f.literal...)
		if f.kind == fieldConstant {
			continue
		}
		mark, ok := len(w.b), false
		switch f.kind {
		case fieldValue, fieldID, fieldLabel:
			if v := s.cell(row, f.column); v != nil {
				w.value(f, v)
				ok = true
			} else if f.nonNull {
				w.missing(f.alias)
			}
		case fieldOne:
			if s.cell(row, f.object.guard) != nil {
				w.push(f.alias)
				ok = w.object(f.object, lv, row)
			} else if f.nonNull {
				w.missing(f.alias)
			}
		case fieldList:
			w.push(f.alias)
			ok = w.connection(f.list, w.r.results[f.list.level.number].owner[row])
		case fieldDocument:
			w.push(f.alias)
			ok = w.document(f, s.cell(row, f.column))
		case fieldCall:
			w.push(f.alias)
			ok = w.called(f, row)
		}
		w.path = w.path[:depth]
		if !ok {
			if f.nonNull {
				return false
			}
			w.b = append(w.b[:mark], "null"...)
		}
	}
	w.b = append(w.b, '}')
	return true
}

func (w *writer) value(f *field, v []byte) {
	switch f.kind {
	case fieldID:
		w.b = appendID(w.b, f.tag, v)
	case fieldLabel:
		if label, ok := f.labels[string(v)]; ok {
			w.b = append(w.b, label...)
		} else {
			w.b = appendText(w.b, v)
		}
	default:
		w.b = appendValue(w.b, f.form, v)
	}
}

// connection writes the page of an owner; -1 is an owner without rows.
func (w *writer) connection(l *list, owner int32) bool {
	for i := range l.fields {
		f := &l.fields[i]
		w.b = append(w.b, f.literal...)
		switch f.kind {
		case pageNodes, pageEdges:
			if !w.entries(l, f, owner) {
				return false
			}
		case pageInfo:
			w.info(l, f.fields, owner)
		case pageTotal:
			var total int64
			if owner >= 0 {
				total = w.r.results[l.level.number].total[owner]
			}
			w.b = strconv.AppendInt(w.b, total, 10)
		}
	}
	w.close(len(l.fields))
	return true
}

func (w *writer) close(fields int) {
	if fields == 0 {
		w.b = append(w.b, '{')
	}
	w.b = append(w.b, '}')
}

func (w *writer) entries(l *list, f *pageField, owner int32) bool {
	w.b = append(w.b, '[')
	if owner >= 0 {
		w.push(f.alias)
		for i, row := range w.r.results[l.level.number].page(owner) {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			w.path = append(w.path, step{number: i})
			if f.kind == pageNodes && !w.object(f.object, l.level, row) || f.kind == pageEdges && !w.edge(l, f.fields, row) {
				return false
			}
			w.pop()
		}
		w.pop()
	}
	w.b = append(w.b, ']')
	return true
}

func (w *writer) edge(l *list, fields []pageField, row int32) bool {
	for i := range fields {
		f := &fields[i]
		w.b = append(w.b, f.literal...)
		switch f.kind {
		case pageCursor:
			w.cursor(l, row)
		case pageNode:
			w.push(f.alias)
			if !w.object(f.object, l.level, row) {
				return false
			}
			w.pop()
		}
	}
	w.close(len(fields))
	return true
}

func (w *writer) cursor(l *list, row int32) {
	rows := &w.r.results[l.level.number].rows
	w.b = append(w.b, '"')
	w.b = w.r.reader.sealer.append(w.b, l.order, func(i int) []byte { return rows.cell(row, l.keys[i]) })
	w.b = append(w.b, '"')
}

// info writes where a page lies. Going forwards a row too many shows that there are more after it, and a cursor that there was
// something before it: whether there still is, is a fact of its own.
func (w *writer) info(l *list, fields []pageField, owner int32) {
	var page []int32
	var next, previous bool
	if owner >= 0 {
		s := &w.r.results[l.level.number]
		page = s.page(owner)
		next = !l.backward && s.more[owner] || s.later[owner]
		previous = l.backward && s.more[owner] || s.earlier[owner]
	}
	for i := range fields {
		f := &fields[i]
		w.b = append(w.b, f.literal...)
		switch {
		case f.kind == pageNext:
			w.b = strconv.AppendBool(w.b, next)
		case f.kind == pagePrevious:
			w.b = strconv.AppendBool(w.b, previous)
		case f.kind == pageConstant:
		case len(page) == 0:
			w.b = append(w.b, "null"...)
		case f.kind == pageStart:
			w.cursor(l, page[0])
		case f.kind == pageEnd:
			w.cursor(l, page[len(page)-1])
		}
	}
	w.close(len(fields))
}

func (w *writer) document(f *field, raw []byte) bool {
	if raw != nil {
		raw = raw[1:] // after jsonb's version
	}
	v, err := f.special.document(raw, w.r.sight.locale)
	if err != nil {
		w.fail(err)
		return false
	}
	return w.goAny(f.goValue, v)
}

func (w *writer) called(f *field, row int32) bool {
	a := &w.r.calls[f.call.number]
	if a.err != nil {
		if !a.told {
			a.told = true
			w.fail(a.err)
		}
		return false
	}
	if n := a.rows[row]; n >= 0 {
		return w.goAny(f.goValue, a.values[n])
	}
	return w.goAny(f.goValue, nil)
}

// missing reports that a field has no value though the schema says it always has.
func (w *writer) missing(key string) {
	w.push(key)
	w.fail(gqlerror.Errorf("the requested element is null which the schema does not allow"))
	w.pop()
}

// fail reports an error at the present path.
func (w *writer) fail(err error) {
	path := graphql.GetPath(w.r.ctx)
	for _, s := range w.path {
		if s.key != "" {
			path = append(path, ast.PathName(s.key))
		} else {
			path = append(path, ast.PathIndex(s.number))
		}
	}
	graphql.AddError(w.r.ctx, gqlerror.WrapPath(path, err))
}
