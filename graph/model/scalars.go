// Package model holds the Go side of the GraphQL schema: the scalars below, and the generated models. Models of stored
// objects are witnesses: they tell gqlgen that a type's fields need no resolver, and carry at most an id to the read path.
package model

import (
	"encoding/json"
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/shopspring/decimal"

	"github.com/berdaya/berdaya/domain"
)

// MarshalDate writes a date.
func MarshalDate(d domain.Date) graphql.Marshaler { return graphql.MarshalString(string(d)) }

// UnmarshalDate reads a date, YYYY-MM-DD.
func UnmarshalDate(v any) (domain.Date, error) {
	s, ok := v.(string)
	if !ok {
		return "", domain.Errorf(domain.CodeBadUserInput, "a Date is a string such as \"2026-01-31\"").In("Date ditulis sebagai teks seperti \"2026-01-31\"")
	}
	return domain.ParseDate(s)
}

// MarshalDateTime writes an instant in UTC with six decimals.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = w.Write(t.UTC().AppendFormat(nil, `"2006-01-02T15:04:05.000000Z"`))
	})
}

// UnmarshalDateTime reads an instant as in RFC 3339; what is finer than a microsecond is cut off.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, ok := v.(string)
	t, err := time.Parse(time.RFC3339Nano, s)
	if !ok || err != nil || t.Year() < 1900 || t.Year() > 2200 {
		return t, domain.Errorf(domain.CodeBadUserInput, "a DateTime is a string such as \"2026-01-31T09:00:00Z\", from 1900 to 2200").
			In("DateTime ditulis sebagai teks seperti \"2026-01-31T09:00:00Z\", dari tahun 1900 sampai 2200")
	}
	return t.UTC().Truncate(time.Microsecond), nil
}

// MarshalDecimal writes an exact number.
func MarshalDecimal(d decimal.Decimal) graphql.Marshaler { return graphql.MarshalString(d.String()) }

// UnmarshalDecimal reads an exact number: a string of at most 40 characters, or a JSON integer.
func UnmarshalDecimal(v any) (decimal.Decimal, error) {
	var s string
	switch x := v.(type) {
	case string:
		s = x
	case json.Number:
		s = x.String()
	case int64:
		return decimal.NewFromInt(x), nil
	}
	d, err := decimal.NewFromString(s)
	// An exponent could name a number that fills the memory when written out.
	if err != nil || len(s) > 40 || d.Exponent() < -20 || d.Exponent() > 20 {
		return d, domain.Errorf(domain.CodeBadUserInput, "a Decimal is a string such as \"1250000.50\"").In("Decimal ditulis sebagai teks seperti \"1250000.50\"")
	}
	return d, nil
}

// MarshalJSON writes any JSON value.
func MarshalJSON(v json.RawMessage) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(v) })
}

// UnmarshalJSON reads any JSON value.
func UnmarshalJSON(v any) (json.RawMessage, error) { return json.Marshal(v) }
