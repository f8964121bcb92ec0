package domain

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// Lengths of texts, in characters, and bounds of numbers. The schema's CHECKs hold the same ones.
const (
	MaxName      = 200
	MaxStatement = 1_000
	MaxContact   = 1_000
	MaxText      = 10_000
	MaxNarrative = 100_000
	MaxPeople    = 100_000_000 // people, households, votes
	MaxGathered  = 1_000_000   // people at one meeting
	MaxPlaces    = 100_000     // in a training
)

// Registered is what exists beside programmes and takes part in them: a *Community or *Stakeholder.
type Registered interface {
	Stored() *Record
	// GovernedBy gives the code of its region.
	GovernedBy() string
	Validate(today Date) Problems
}

// Content is what belongs to a programme and comes in from outside: every type with a programme's id that people enter.
type Content interface {
	// Stored gives the part that every stored thing has.
	Stored() *Record
	// BelongsTo gives the place of the programme's id.
	BelongsTo() *uuid.UUID
	// Validate gives everything that is wrong with the thing by itself, each with the path of the field: its name in the
	// API. What depends on other things, such as whether an objective is of the same programme, is for the use case.
	Validate(today Date) Problems
}

// Stored gives the part that every stored thing has.
func (r *Record) Stored() *Record { return r }

// checks collects what is wrong with one thing.
type checks struct{ problems Problems }

func (c *checks) wrong(path, en, id string) {
	c.problems = append(c.problems, Errorf(CodeBadUserInput, "%s", en).In(id).At(path))
}

// words checks a text of one line that must not be blank.
func (c *checks) words(path, s string, most int) {
	switch {
	case !c.text(path, s, most):
	case Blank(s):
		c.wrong(path, "it must not be empty", "tidak boleh kosong")
	case strings.ContainsFunc(s, unshown):
		c.wrong(path, "it must be one line without control characters", "harus satu baris tanpa karakter kendali")
	}
}

// optional checks a text that may be missing.
func (c *checks) optional(path string, s *string, most int) {
	if s != nil {
		c.text(path, *s, most)
	}
}

// text checks a text that may be empty, and tells whether it is right.
func (c *checks) text(path, s string, most int) bool {
	n := utf8.RuneCountInString(s)
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		c.wrong(path, "it is not valid text: it must be UTF-8 without NUL characters", "bukan teks yang sah: harus UTF-8 tanpa karakter NUL")
	case n > most:
		c.wrong(path, fmt.Sprintf("it has %d characters, but at most %d are allowed", n, most),
			fmt.Sprintf("panjangnya %d karakter, paling banyak %d", n, most))
	default:
		return true
	}
	return false
}

// Blank tells whether a text shows nothing.
func Blank(s string) bool { return strings.TrimFunc(s, blank) == "" }

// unshown tells whether a character moves the text around instead of showing something: a control character, or one of those
// that turn the direction of writing, by which a name could pose as another.
func unshown(r rune) bool {
	return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// blank tells whether a character shows nothing.
func blank(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }

// whole checks a whole number.
func (c *checks) whole(path string, n, least, most int) {
	if n < least || n > most {
		c.wrong(path, fmt.Sprintf("%d is not between %d and %d", n, least, most), fmt.Sprintf("%d tidak berada antara %d dan %d", n, least, most))
	}
}

// number checks a number that may be missing.
func (c *checks) number(path string, f *float64, least, most float64) {
	if f != nil && (math.IsNaN(*f) || *f < least || *f > most) {
		c.wrong(path, fmt.Sprintf("%g is not between %g and %g", *f, least, most), fmt.Sprintf("%g tidak berada antara %g dan %g", *f, least, most))
	}
}

// one checks a value of an enum.
func (c *checks) one(path, code string, e Enum) {
	if !e.Has(code) {
		all := strings.Join(e.Codes(), ", ")
		c.wrong(path, fmt.Sprintf("%q is none of %s", code, all), fmt.Sprintf("%q bukan salah satu dari %s", code, all))
	}
}

// day checks a date and tells whether it is one.
func (c *checks) day(path string, d Date) bool {
	if _, err := ParseDate(string(d)); err != nil {
		c.wrong(path, fmt.Sprintf("%q is not a date between 1900-01-01 and 2200-12-31; write YYYY-MM-DD", string(d)),
			fmt.Sprintf("%q bukan tanggal antara 1900-01-01 dan 2200-12-31; tulis YYYY-MM-DD", string(d)))
		return false
	}
	return true
}

// past checks that the day of what has happened is not still ahead; it may be missing. Whether it is a day at all is for others
// to say.
func (c *checks) past(path string, d *Date, today Date) {
	if d == nil {
		return
	}
	if _, err := ParseDate(string(*d)); err == nil && *d > today {
		c.wrong(path, fmt.Sprintf("%s is still ahead: enter what has happened once it has", *d),
			fmt.Sprintf("%s belum tiba: catat apa yang terjadi setelah terjadi", *d))
	}
}

// maybeDay checks a date that may be missing.
func (c *checks) maybeDay(path string, d *Date) bool { return d != nil && c.day(path, *d) }

// period checks that an end does not come before its beginning; either may be missing.
func (c *checks) period(fromPath string, from *Date, toPath string, to *Date) {
	okFrom, okTo := c.maybeDay(fromPath, from), c.maybeDay(toPath, to)
	if okFrom && okTo && *to < *from {
		c.wrong(toPath, fmt.Sprintf("%s is before %s", *to, *from), fmt.Sprintf("%s lebih awal daripada %s", *to, *from))
	}
}

// moment checks an instant.
func (c *checks) moment(path string, t time.Time) {
	if y := t.UTC().Year(); y < 1900 || y > 2200 {
		c.wrong(path, "it is not between the years 1900 and 2200", "tidak berada antara tahun 1900 dan 2200")
	}
}

// fifteen is 10^15, beyond which no amount and no indicator's value goes.
var fifteen = decimal.New(1, 15)

// exact checks a decimal number: so many digits after the point, at most, and less than 10^15 in size.
func (c *checks) exact(path string, d decimal.Decimal, digits int32, negative bool) {
	// An exponent could name a number that fills the memory when written out, so it is looked at first.
	huge := d.Exponent() > 20 || d.Exponent() < -40
	switch {
	case huge || d.Abs().GreaterThanOrEqual(fifteen):
		c.wrong(path, "it must be smaller than 10^15", "harus lebih kecil daripada 10^15")
	case !d.Equal(d.Truncate(digits)):
		c.wrong(path, fmt.Sprintf("it has more than %d digits after the point", digits), fmt.Sprintf("lebih dari %d angka di belakang koma", digits))
	case d.IsNegative() && !negative:
		c.wrong(path, "it must not be negative", "tidak boleh negatif")
	}
}

// part checks that a part is not larger than the whole.
func (c *checks) part(path string, part, whole int, en, id string) {
	if part > whole {
		c.wrong(path, fmt.Sprintf("%d is more than %s (%d)", part, en, whole), fmt.Sprintf("%d lebih banyak daripada %s (%d)", part, id, whole))
	}
}
