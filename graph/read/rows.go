package read

import "slices"

// rows keeps the binary values of a statement's rows, one after the other.
type rows struct {
	width int
	count int
	ends  []int32 // where each value ends in data; the complement for NULL
	data  []byte
}

func (r *rows) reset() {
	r.width, r.count, r.ends, r.data = 0, 0, r.ends[:0], r.data[:0]
}

func (r *rows) add(values [][]byte) {
	r.width = len(values)
	r.count++
	for _, v := range values {
		r.data = append(r.data, v...)
		end := int32(len(r.data))
		if v == nil {
			end = ^end
		}
		r.ends = append(r.ends, end)
	}
}

// cell gives a value; nil for NULL.
func (r *rows) cell(row int32, column int) []byte {
	at := int(row)*r.width + column
	end := r.ends[at]
	if end < 0 {
		return nil
	}
	var start int32
	if at > 0 {
		if start = r.ends[at-1]; start < 0 {
			start = ^start
		}
	}
	if start == end {
		return noBytes // a slice of data that never grew would be nil, which means NULL
	}
	return r.data[start:end:end]
}

// noBytes is an empty value that is not NULL.
var noBytes = []byte{}

// result is what a run knows of a level.
type result struct {
	rows    rows
	owners  []int32 // of each row, the number of its owner from 0
	parents int     // how many owners there are
	index   []int32 // the rows by owner, in the order of the answer
	starts  []int32 // the rows of owner n are index[starts[n]:ends[n]]
	ends    []int32
	more    []bool  // whether an owner has more rows than its page shows
	total   []int64 // of each owner
	earlier []bool
	later   []bool

	owner         []int32 // of each row of the owners' level, its number among the owners; -1 for none
	keys          []byte  // the owners' keys as an array
	after, before [][]byte
}

func (s *result) reset() {
	s.rows.reset()
	s.owners, s.index, s.starts, s.ends, s.more = s.owners[:0], s.index[:0], s.starts[:0], s.ends[:0], s.more[:0]
	s.total, s.earlier, s.later, s.owner, s.keys = s.total[:0], s.earlier[:0], s.later[:0], s.owner[:0], s.keys[:0]
	s.parents, s.after, s.before = 0, nil, nil
}

// begin makes room for the lists of so many owners.
func (s *result) begin(parents int) {
	s.parents = parents
	s.starts, s.ends = resize(s.starts, parents), resize(s.ends, parents)
	s.more, s.total, s.earlier, s.later = resize(s.more, parents), resize(s.total, parents), resize(s.earlier, parents), resize(s.later, parents)
}

func resize[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// arrange sorts the rows by owner, keeping their order, and cuts them to pages.
func (s *result) arrange(l *list) {
	n := s.rows.count
	s.index = resize(s.index, n)
	for row := range n {
		s.ends[s.ownerOf(row)]++
	}
	var at int32
	for p := range s.ends {
		s.starts[p], at = at, at+s.ends[p]
		s.ends[p] = s.starts[p]
	}
	for row := range n {
		p := s.ownerOf(row)
		s.index[s.ends[p]] = int32(row)
		s.ends[p]++
	}
	if l == nil {
		return
	}
	for p := range s.ends {
		if int(s.ends[p]-s.starts[p]) > l.size {
			s.more[p] = true
			s.ends[p] = s.starts[p] + int32(l.size)
		}
		if l.backward {
			slices.Reverse(s.index[s.starts[p]:s.ends[p]])
		}
	}
}

func (s *result) ownerOf(row int) int32 {
	if len(s.owners) == 0 {
		return 0
	}
	return s.owners[row]
}

// page gives the rows of an owner.
func (s *result) page(owner int32) []int32 { return s.index[s.starts[owner]:s.ends[owner]] }
