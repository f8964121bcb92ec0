package read

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	_ "github.com/berdaya/berdaya/internal/seeded"
)

// binaryOf writes a value as PostgreSQL does, by pgx's own code.
func binaryOf(t *rapid.T, oid uint32, v any) []byte {
	b, err := pgtype.NewMap().Encode(oid, pgtype.BinaryFormatCode, v, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestValuesBecomeTheJSONThatMeansTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "integer")
		if got := string(appendValue(nil, formInteger, binaryOf(t, pgtype.Int8OID, n))); got != jsonText(t, n) {
			t.Errorf("integer %d: %s", n, got)
		}
		small := rapid.Int32().Draw(t, "small")
		if got := string(appendValue(nil, formInteger, binaryOf(t, pgtype.Int4OID, small))); got != jsonText(t, small) {
			t.Errorf("integer %d: %s", small, got)
		}
		f := rapid.Float64().Draw(t, "float")
		var back float64
		if err := json.Unmarshal(appendValue(nil, formFloat, binaryOf(t, pgtype.Float8OID, f)), &back); err != nil || back != f && !math.IsNaN(f) {
			t.Errorf("float %v: %v %v", f, back, err)
		}
		s := rapid.String().Draw(t, "text")
		var text string
		if err := json.Unmarshal(appendValue(nil, formText, []byte(s)), &text); err != nil || text != s {
			t.Errorf("text %q: %q %v", s, text, err)
		}
		at := time.UnixMicro(rapid.Int64Range(-2208988800e6, 7258118400e6).Draw(t, "instant")).UTC() // 1900 to 2200
		if got := string(appendValue(nil, formInstant, binaryOf(t, pgtype.TimestamptzOID, at))); got != at.Format(`"2006-01-02T15:04:05.000000Z"`) {
			t.Errorf("instant %v: %s", at, got)
		}
		if got := string(appendValue(nil, formDate, binaryOf(t, pgtype.DateOID, at))); got != at.Format(`"2006-01-02"`) {
			t.Errorf("date %v: %s", at, got)
		}
		d := decimal.New(rapid.Int64().Draw(t, "digits"), -int32(rapid.IntRange(0, 12).Draw(t, "scale"))).Mul(decimal.New(1, int32(rapid.IntRange(0, 8).Draw(t, "zeros"))))
		var written pgtype.Numeric
		if err := written.Scan(d.String()); err != nil {
			t.Fatal(err)
		}
		var number string
		if err := json.Unmarshal(appendValue(nil, formNumeric, binaryOf(t, pgtype.NumericOID, written)), &number); err != nil {
			t.Fatal(err)
		}
		if got, err := decimal.NewFromString(number); err != nil || !got.Equal(d) {
			t.Errorf("decimal %s: %s %v", d, number, err)
		}
	})
}

func jsonText(t *rapid.T, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestACacheKeepsWhatWasUsedLast(t *testing.T) {
	t.Parallel()
	c := newCache[int](2)
	c.put([]byte("a"), 1)
	c.put([]byte("b"), 2)
	c.get([]byte("a"))
	c.put([]byte("c"), 3)
	if _, ok := c.get([]byte("b")); ok {
		t.Error("the longest unused is still there")
	}
	if v, ok := c.get([]byte("a")); !ok || v != 1 {
		t.Error("what was used is gone")
	}
}

func TestThePrefixEndsBeforeTheNextText(t *testing.T) {
	t.Parallel()
	for prefix, next := range map[string]string{"si": "sj", "a\U0010FFFF": "b", "x\uD7FF": "x\uE000"} {
		if got := afterPrefix(prefix); got != next {
			t.Errorf("%q: %q, want %q", prefix, got, next)
		}
	}
}
