package read

import (
	"context"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// run is one execution of a plan.
type run struct {
	reader    *Reader
	ctx       context.Context
	plan      *plan
	request   *request
	sight     *sight
	variables map[string]any
	results   []result // by the number of the level
	calls     []answer // by the number of the call

	taken   int // rows
	sql     []string
	params  [][][]byte
	targets []target
	numbers map[string]int32
}

// target says what a statement of a round trip is.
type target struct {
	level *level
	facts bool
}

// answer is what a batch gave, by row of its level.
type answer struct {
	values []any
	rows   []int32 // of each row the number of its value; -1 for none
	err    error
	told   bool
}

func (r *run) begin() error {
	n := len(r.plan.levels)
	r.taken = 0
	if cap(r.results) < n {
		r.results = append(r.results[:cap(r.results)], make([]result, n-cap(r.results))...)
	}
	r.results = r.results[:n]
	r.calls = resize(r.calls, r.plan.calls)
	for i := range r.results {
		r.results[i].reset()
		l := r.plan.levels[i].list
		if l == nil || !l.after && !l.before {
			continue
		}
		after, before := l.cursors(r)
		var err error
		if l.after {
			if r.results[i].after, err = r.open(l, after, "after"); err != nil {
				return err
			}
		}
		if l.before {
			if r.results[i].before, err = r.open(l, before, "before"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) open(l *list, cursor any, path string) ([][]byte, error) {
	text, _ := cursor.(string)
	keys, err := r.reader.sealer.open(text, l.order)
	if err != nil {
		return nil, err.(*domain.Error).At(path)
	}
	return keys, nil
}

// execute runs the plan, one round trip for each depth of lists within lists.
func (r *run) execute() error {
	if err := r.begin(); err != nil {
		return err
	}
	for _, lv := range r.plan.first {
		r.results[lv.number].begin(1)
		if lv.list != nil && lv.list.known {
			r.results[lv.number].owner = append(r.results[lv.number].owner, 0)
		}
	}
	for next := r.plan.first; len(next) > 0; {
		if err := r.roundTrip(next); err != nil {
			return err
		}
		var deeper []*level
		for _, lv := range next {
			if err := r.call(lv); err != nil {
				return err
			}
			for _, kid := range lv.kids {
				if !kid.known && r.gather(lv, kid) {
					deeper = append(deeper, kid.level)
				}
			}
		}
		next = deeper
	}
	return nil
}

// roundTrip asks for the rows of levels, and the facts about their lists, all at once.
func (r *run) roundTrip(levels []*level) error {
	r.sql, r.params, r.targets = r.sql[:0], r.params[:0], r.targets[:0]
	for _, lv := range levels {
		if lv.sql != "" {
			r.add(&lv.statement, target{level: lv})
		}
		if lv.list != nil && lv.list.facts != nil {
			r.add(&lv.list.facts.statement, target{level: lv, facts: true})
		}
	}
	if len(r.sql) > 0 {
		if err := r.reader.port.Rows(r.ctx, r.sql, r.params, r.row); err != nil {
			return err
		}
	}
	if r.taken > maxRows {
		return domain.Errorf(domain.CodeTooLarge, "the answer has more than %d rows: ask for smaller pages", maxRows).
			In("jawaban berisi terlalu banyak baris: minta halaman yang lebih kecil")
	}
	for _, lv := range levels {
		r.results[lv.number].arrange(lv.list)
	}
	return nil
}

func (r *run) add(s *statement, t target) {
	values := make([][]byte, len(s.params))
	for i, p := range s.params {
		values[i] = p(r)
	}
	r.sql, r.params, r.targets = append(r.sql, s.sql), append(r.params, values), append(r.targets, t)
}

// maxRows is how many rows one field of a query may bring together, whatever its pages multiply to.
const maxRows = 100_000

// row takes a row of the round trip under way.
func (r *run) row(statement int, values [][]byte) {
	if r.taken++; r.taken > maxRows {
		return
	}
	t := &r.targets[statement]
	s := &r.results[t.level.number]
	if !t.facts {
		if t.level.grouped {
			s.owners = append(s.owners, int32(integer(values[0])-1))
			values = values[1:]
		}
		s.rows.add(values)
		return
	}
	owner, f := integer(values[0])-1, t.level.list.facts
	values = values[1:]
	if f.total {
		s.total[owner], values = integer(values[0]), values[1:]
	}
	if f.earlier {
		s.earlier[owner], values = values[0][0] != 0, values[1:]
	}
	if f.later {
		s.later[owner] = values[0][0] != 0
	}
}

// gather collects the keys of the rows that own lists, each once; false where there are none.
func (r *run) gather(lv *level, kid *list) bool {
	from, to := &r.results[lv.number], &r.results[kid.level.number]
	to.owner = resize(to.owner, from.rows.count)
	for i := range to.owner {
		to.owner[i] = -1
	}
	clear(r.numbers)
	var keys [][]byte
	for p := range from.parents {
		for _, row := range from.page(int32(p)) {
			key := from.rows.cell(row, kid.key)
			if key == nil {
				continue
			}
			number := int32(len(keys))
			if !kid.unique {
				if known, ok := r.numbers[string(key)]; ok {
					to.owner[row] = known
					continue
				}
				r.numbers[string(key)] = number
			}
			to.owner[row] = number
			keys = append(keys, key)
		}
	}
	to.keys = appendArray(to.keys[:0], kid.relation.ours.element(), keys)
	to.begin(len(keys))
	return len(keys) > 0
}

// call asks the batches about the rows of a level.
func (r *run) call(lv *level) error {
	s := &r.results[lv.number]
	for _, c := range lv.calls {
		a := &r.calls[c.number]
		a.rows = resize(a.rows, s.rows.count)
		clear(r.numbers)
		var ids []uuid.UUID
		for row := range int32(s.rows.count) {
			a.rows[row] = -1
		}
		for p := range s.parents {
			for _, row := range s.page(int32(p)) {
				key := s.rows.cell(row, c.column)
				if key == nil {
					continue
				}
				number, known := r.numbers[string(key)]
				if !known {
					number = int32(len(ids))
					r.numbers[string(key)] = number
					ids = append(ids, uuid.UUID(key))
				}
				a.rows[row] = number
			}
		}
		if len(ids) == 0 {
			continue
		}
		if a.values, a.err = c.batch.Func(r.ctx, ids); a.err == nil && len(a.values) != len(ids) {
			a.err = domain.Errorf(domain.CodeInternal, "%s.%s gave %d results for %d rows", c.batch.Type, c.batch.Field, len(a.values), len(ids))
		}
	}
	return nil
}
