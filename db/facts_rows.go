package db

import (
	"reflect"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// shape is how a domain struct is read from its table by pgx: which columns, and into which fields. It comes from bun's tags,
// which are the one place that says what a field is called in PostgreSQL.
type shape struct {
	columns []string
	fields  [][]int
}

var shapes sync.Map // reflect.Type → shape

// shapeOf gives a struct's shape without the fields that identify a person: what is not asked for cannot leak.
func shapeOf(t reflect.Type) shape {
	if known, ok := shapes.Load(t); ok {
		return known.(shape)
	}
	var s shape
	for _, f := range reflect.VisibleFields(t) {
		column, _, _ := strings.Cut(f.Tag.Get("bun"), ",")
		if column != "" && !strings.Contains(column, ":") && f.Tag.Get("pii") != "true" {
			s.columns = append(s.columns, column)
			s.fields = append(s.fields, f.Index)
		}
	}
	shapes.Store(t, s)
	return s
}

// columnsOf lists the columns of a struct for a select, each led by the table's alias.
func columnsOf[T any](alias string) string {
	s := shapeOf(reflect.TypeFor[T]())
	return alias + "." + strings.Join(s.columns, ", "+alias+".")
}

// into gives pointers to a struct's fields in the order of columnsOf.
func into[T any](v *T) []any {
	s := shapeOf(reflect.TypeFor[T]())
	pointers := make([]any, len(s.fields))
	for i, index := range s.fields {
		pointers[i] = reflect.ValueOf(v).Elem().FieldByIndex(index).Addr().Interface()
	}
	return pointers
}

// rowsOf reads every row of a select whose columns are columnsOf.
func rowsOf[T any](rows pgx.Rows) ([]*T, error) {
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*T, error) {
		v := new(T)
		return v, row.Scan(into(v)...)
	})
}

// grouped gives each row to its owner, keeping the order. Rows without an owner are dropped: theirs is superseded.
func grouped[T any](rows []*T, owner func(*T) uuid.UUID) map[uuid.UUID][]*T {
	groups := make(map[uuid.UUID][]*T)
	for _, r := range rows {
		groups[owner(r)] = append(groups[owner(r)], r)
	}
	return groups
}
