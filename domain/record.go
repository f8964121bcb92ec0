package domain

import (
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Record is what every stored thing has.
type Record struct {
	ID        uuid.UUID `bun:"id,pk,type:uuid"`
	CreatedAt time.Time `bun:"created_at"`
	UpdatedAt time.Time `bun:"updated_at"`
}

// Date is a calendar day without a time zone, written YYYY-MM-DD. Dates compare as strings do.
type Date string

// LastDate is the last day that there is.
const LastDate Date = "2200-12-31"

// ParseDate reads a date between the years 1900 and 2200.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1900 || t.Year() > 2200 {
		return "", Errorf(CodeBadUserInput, "%q is not a date between 1900-01-01 and 2200-12-31; write YYYY-MM-DD", s).
			In(fmt.Sprintf("%q bukan tanggal antara 1900-01-01 dan 2200-12-31; tulis YYYY-MM-DD", s))
	}
	return Date(s), nil
}

// DateOf gives the day of an instant in UTC.
func DateOf(t time.Time) Date { return Date(t.UTC().Format(time.DateOnly)) }

// earliestZone is how far the clock is ahead of UTC where in Indonesia each day begins first (WIT).
const earliestZone = 9 * time.Hour

// Today gives the day that has begun somewhere in Indonesia: what happens "today" is never still ahead there.
func Today(now time.Time) Date { return DateOf(now.Add(earliestZone)) }

// Begins gives the instant from which Today gives the date.
func (d Date) Begins() time.Time { return d.Time().Add(-earliestZone) }

// AddDays gives the date n days later.
func (d Date) AddDays(n int) Date { return DateOf(d.Time().AddDate(0, 0, n)) }

// Time gives the date's first instant in UTC; the zero time for a date that ParseDate would refuse.
func (d Date) Time() time.Time {
	t, _ := time.Parse(time.DateOnly, string(d))
	return t
}

// Scan reads a date from a database driver.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = ""
	case time.Time:
		*d = Date(v.Format(time.DateOnly))
	case string:
		*d = Date(v)
	case []byte:
		*d = Date(v)
	default:
		return fmt.Errorf("cannot read a date from %T", src)
	}
	return nil
}

// Value gives the date to a database driver; the empty date is NULL.
func (d Date) Value() (driver.Value, error) {
	if d == "" {
		return nil, nil
	}
	return string(d), nil
}
