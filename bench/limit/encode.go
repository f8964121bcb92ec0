package main

import (
	"encoding/base64"
	"strconv"
	"time"

	"github.com/berdaya/berdaya/bench/shapes"
)

// answer is JSON under construction. Each method writes what stands before a value, given by the caller, and the value, given
// as PostgreSQL sends it in binary.
type answer struct{ b []byte }

func (a *answer) lit(s string) { a.b = append(a.b, s...) }

func (a *answer) text(before string, v []byte) {
	const hex = "0123456789abcdef"
	a.b = append(a.b, before...)
	if v == nil {
		a.lit("null")
		return
	}
	a.b = append(a.b, '"')
	from := 0
	for i, c := range v {
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		a.b = append(a.b, v[from:i]...)
		switch c {
		case '"', '\\':
			a.b = append(a.b, '\\', c)
		case '\n':
			a.b = append(a.b, '\\', 'n')
		default:
			a.b = append(a.b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		from = i + 1
	}
	a.b = append(append(a.b, v[from:]...), '"')
}

func whole(v []byte) int64 {
	var n int64
	for _, c := range v {
		n = n<<8 | int64(c)
	}
	return n
}

func (a *answer) number(before string, v []byte) {
	a.b = strconv.AppendInt(append(a.b, before...), whole(v), 10)
}

// quoted writes a whole number as a string.
func (a *answer) quoted(before string, v []byte) {
	a.b = append(append(a.b, before...), '"')
	a.b = append(strconv.AppendInt(a.b, whole(v), 10), '"')
}

// id writes a global id: the type's tag and the key.
func (a *answer) id(before string, tag byte, key []byte) {
	var plain [17]byte
	plain[0] = tag
	n := 1 + copy(plain[1:], key)
	a.b = append(append(a.b, before...), '"')
	a.b = append(base64.RawURLEncoding.AppendEncode(a.b, plain[:n]), '"')
}

// since is when PostgreSQL's binary instants (microseconds) and dates (days) begin.
var since = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func instant(v []byte) time.Time { return time.UnixMicro(since.UnixMicro() + whole(v)).UTC() }

func (a *answer) date(before string, v []byte) {
	a.b = append(append(a.b, before...), '"')
	a.b = append(since.AddDate(0, 0, int(int32(whole(v)))).AppendFormat(a.b, time.DateOnly), '"')
}

func (a *answer) instant(before string, v []byte) {
	a.b = append(append(a.b, before...), '"')
	t := instant(v)
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	a.digits(year, 4)
	for _, part := range [...]struct {
		mark byte
		n    int
	}{{'-', int(month)}, {'-', day}, {'T', hour}, {':', minute}, {':', second}} {
		a.b = append(a.b, part.mark)
		a.digits(part.n, 2)
	}
	a.b = append(a.b, '.')
	a.digits(t.Nanosecond()/1000, 6)
	a.b = append(a.b, 'Z', '"')
}

func (a *answer) digits(n, width int) {
	var d [6]byte
	for i := width - 1; i >= 0; i-- {
		d[i] = byte('0' + n%10)
		n /= 10
	}
	a.b = append(a.b, d[:width]...)
}

// pageInfo ends a page; at and id are the last row's, nil where there is none.
func (a *answer) pageInfo(more bool, cursor func([]byte) []byte) {
	a.lit(`],"pageInfo":{"hasNextPage":`)
	a.b = strconv.AppendBool(a.b, more)
	a.lit(`,"endCursor":`)
	if cursor == nil {
		a.lit(`null}}}`)
		return
	}
	a.lit(`"`)
	a.b = cursor(a.b)
	a.lit(`"}}}`)
}

// openCursor writes a cursor that is not sealed.
func openCursor(b, at, id []byte) []byte {
	return append(b, shapes.OpenCursor(shapes.Place{ID: [16]byte(id), UpdatedAt: instant(at)})...)
}
