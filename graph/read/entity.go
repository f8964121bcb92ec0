package read

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/schema"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
)

// form is how PostgreSQL writes a value in binary, and so how it becomes JSON.
type form uint8

const (
	formText form = iota
	formInteger
	formFloat
	formBoolean
	formDate
	formInstant
	formNumeric
	formDocument // jsonb
	formUUID
)

// scalars says which forms answer a scalar of the schema; enums and all others are text.
var scalars = map[string]form{
	"Int": formInteger, "Float": formFloat, "Boolean": formBoolean, "Date": formDate, "DateTime": formInstant,
	"Decimal": formNumeric, "JSON": formDocument,
}

// column is a column of a table.
type column struct {
	name     string // in SQL
	form     form
	nullable bool
	personal bool // identifies a person: masked for whoever may not see it
}

// array is the type of an array of keys.
func (c *column) array() string {
	if c.form == formText {
		return "text[]"
	}
	return "uuid[]"
}

// element is the type of a key.
func (c *column) element() uint32 {
	if c.form == formText {
		return oidText
	}
	return oidUUID
}

// entity is a type of stored objects: a table, and what answers the fields of its GraphQL type.
type entity struct {
	name   string
	table  string
	tag    byte    // of its global ids
	key    *column // the primary key
	fields map[string]*attribute
	// programme is the column that names the programme of a row: id for programmes themselves, "" for what belongs to none.
	programme string
	// placed tells whether a row carries a region and its ancestors.
	placed bool
	// bulk is the column that names the bulk move of a row: id for bulk moves themselves, "" for what belongs to none. Who sees
	// these rows is a matter of the bulk move, and not of the programmes that they lead to.
	bulk string
}

// attribute is what answers a field: exactly one of the following.
type attribute struct {
	column   *column                             // the column's value
	labels   map[domain.Locale]map[string]string // the name of the column's value in a language, as JSON
	text     map[domain.Locale]string            // an SQL expression that depends on the language; @ is the table
	relation *relation                           // rows of other tables
	document func(raw []byte, l domain.Locale) (any, error)
	batch    *Batch // Go code, once for all rows
}

// relation leads to the rows of target whose column theirs equals the column ours: at most one, or many.
type relation struct {
	target       *entity
	many         bool
	ours, theirs *column
	order        *order   // of many
	filters      []string // of many: arguments that are compared with the column of the same name
}

// catalogue is all there is to know of stored data, derived from bun's metadata of the domain's types.
type catalogue map[string]*entity

// roots are the types from which relations lead to all.
var roots = []reflect.Type{reflect.TypeFor[domain.Programme](), reflect.TypeFor[domain.BulkMove](), reflect.TypeFor[domain.Notification](), reflect.TypeFor[domain.Delivery](), reflect.TypeFor[domain.RuleSet](), reflect.TypeFor[domain.Decision](), reflect.TypeFor[domain.RuleTrial]()}

// newCatalogue reads the metadata of all types that relations lead to from the roots.
func newCatalogue() (catalogue, error) {
	c := catalogue{}
	tables := pgdialect.New().Tables()
	for _, of := range roots {
		if _, err := c.add(tables, of); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c catalogue) add(tables *schema.Tables, of reflect.Type) (*entity, error) {
	t := tables.Get(reflect.PointerTo(of))
	name := t.Type.Name()
	if e, ok := c[name]; ok {
		return e, nil
	}
	if len(t.PKs) != 1 || gid.Tag(name) == 0 {
		return nil, fmt.Errorf("%s has no single key or no tag for its ids", name)
	}
	e := &entity{name: name, table: t.Name, tag: gid.Tag(name), fields: map[string]*attribute{}}
	c[name] = e
	columns := map[string]*column{}
	for _, f := range t.Fields {
		col, err := newColumn(f)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", name, f.GoName, err)
		}
		columns[f.Name] = col
		e.fields[fieldName(f.GoName)] = &attribute{column: col}
	}
	e.key = columns[t.PKs[0].Name]
	e.fields["id"] = &attribute{column: e.key}
	switch {
	case name == "Notification": // it has a programme, but belongs to its recipient
	case name == "Decision" || name == "RuleTrialDifference": // they have one too, but are seen by whoever answers for the rules
	case name == "BulkMove":
		e.bulk = e.key.name
	case columns["bulk_move_id"] != nil:
		e.bulk = "bulk_move_id"
	case name == "Programme":
		e.programme = e.key.name
	case columns["programme_id"] != nil:
		e.programme = "programme_id"
	}
	e.placed = columns["region_code"] != nil && e.bulk == ""
	for goName, r := range t.Relations {
		if len(r.BasePKs) != 1 || len(r.JoinPKs) != 1 || r.Type != schema.BelongsToRelation && r.Type != schema.HasManyRelation {
			return nil, fmt.Errorf("%s.%s: only belongs-to and has-many over one column are known", name, goName)
		}
		target, err := c.add(tables, r.JoinTable.Type)
		if err != nil {
			return nil, err
		}
		theirs, err := newColumn(r.JoinPKs[0])
		if err != nil {
			return nil, err
		}
		rel := &relation{target: target, many: r.Type == schema.HasManyRelation, ours: columns[r.BasePKs[0].Name], theirs: theirs}
		if rel.many {
			rel.order, rel.filters = relationOrder(e, fieldName(goName), target), relationFilters[name+"."+fieldName(goName)]
		}
		e.fields[fieldName(goName)] = &attribute{relation: rel}
	}
	for field, special := range specials[name] {
		if special.column != nil {
			special.column = columns[special.column.name]
		}
		e.fields[field] = &special
	}
	return e, nil
}

// newColumn gives the form of a column from the type of its field.
func newColumn(f *schema.Field) (*column, error) {
	col := &column{name: f.Name, nullable: f.IsPtr, personal: f.StructField.Tag.Get("pii") == "true"}
	switch t := f.IndirectType; {
	case t == reflect.TypeFor[uuid.UUID]():
		col.form = formUUID
	case strings.EqualFold(f.UserSQLType, "jsonb"):
		col.form, col.nullable = formDocument, t == reflect.TypeFor[json.RawMessage]()
	case t == reflect.TypeFor[decimal.Decimal]():
		col.form = formNumeric
	case t == reflect.TypeFor[domain.Date]():
		col.form = formDate
	case t == reflect.TypeFor[time.Time]():
		col.form = formInstant
	case t.Kind() == reflect.String:
		col.form = formText
	case t.Kind() == reflect.Int || t.Kind() == reflect.Int64:
		col.form = formInteger
	case t.Kind() == reflect.Float64:
		col.form = formFloat
	case t.Kind() == reflect.Bool:
		col.form = formBoolean
	default:
		return nil, fmt.Errorf("no form is known for %s", t)
	}
	return col, nil
}

// fieldName gives the GraphQL name of a Go field: id for ID, needId for NeedID, title for Title.
func fieldName(goName string) string {
	if goName == "ID" || goName == "URL" || goName == "SHA256" {
		return strings.ToLower(goName)
	}
	if stem, ok := strings.CutSuffix(goName, "ID"); ok {
		goName = stem + "Id"
	}
	first, size := utf8.DecodeRuneInString(goName)
	return string(unicode.ToLower(first)) + goName[size:]
}

// bind makes sure that every field of every stored type in the schema is answered, by something of the right form, and adds
// the labels and Go functions.
func (c catalogue) bind(s *ast.Schema, batches []Batch) error {
	for i := range batches {
		e := c[batches[i].Type]
		if e == nil || e.key.form != formUUID {
			return fmt.Errorf("a batch for %s.%s, which is no stored type with a UUID", batches[i].Type, batches[i].Field)
		}
		e.fields[batches[i].Field] = &attribute{batch: &batches[i]}
	}
	for _, def := range s.PossibleTypes["Node"] {
		e := c[def.Name]
		if e == nil {
			return fmt.Errorf("%s is in the schema but no relation leads to it from Programme, BulkMove, Notification, Delivery, RuleSet, Decision or RuleTrial", def.Name)
		}
		for _, f := range def.Fields {
			if err := e.bindField(s, def, f); err != nil {
				return fmt.Errorf("%s.%s: %w", def.Name, f.Name, err)
			}
		}
	}
	return nil
}

func (e *entity) bindField(s *ast.Schema, def *ast.Definition, f *ast.FieldDefinition) error {
	if stem, ok := strings.CutSuffix(f.Name, "Label"); ok && e.fields[f.Name] == nil {
		coded := def.Fields.ForName(stem)
		if coded == nil || e.fields[stem] == nil || e.fields[stem].column == nil {
			return fmt.Errorf("there is no field %s whose label it could be", stem)
		}
		labels, err := labelsOf(coded.Type.Name())
		if err != nil {
			return err
		}
		e.fields[f.Name] = &attribute{column: e.fields[stem].column, labels: labels}
	}
	a := e.fields[f.Name]
	if a == nil {
		return fmt.Errorf("nothing answers it: no column, relation, label or batch")
	}
	switch {
	case a.relation != nil && a.relation.many:
		if want := a.relation.target.name + "Connection"; f.Type.Name() != want {
			return fmt.Errorf("it is a relation, so its type is %s, not %s", want, f.Type)
		}
	case a.relation != nil:
		if f.Type.Elem != nil || f.Type.Name() != a.relation.target.name {
			return fmt.Errorf("it is a relation, so its type is %s, not %s", a.relation.target.name, f.Type)
		}
		if f.Type.NonNull && (a.relation.ours.nullable || e.crosses(a.relation.target)) {
			return fmt.Errorf("it may be null")
		}
	case a.document != nil || a.batch != nil || a.labels != nil || a.text != nil:
	case f.Name == "id":
		if f.Type.Name() != "ID" {
			return fmt.Errorf("it is an id, not %s", f.Type)
		}
	default:
		want, scalar := scalars[f.Type.Name()]
		if !scalar {
			want = formText
		}
		if kind := s.Types[f.Type.Name()].Kind; kind != ast.Scalar && kind != ast.Enum || f.Type.Elem != nil || a.column.form != want {
			return fmt.Errorf("its column %s cannot answer %s", a.column.name, f.Type)
		}
		if f.Type.NonNull && (a.column.nullable || a.column.personal) {
			return fmt.Errorf("its column %s may be null", a.column.name)
		}
	}
	return nil
}

// crosses tells whether a to-one relation to the target may lead to what the reader may not see.
func (e *entity) crosses(target *entity) bool {
	return target.name == "Community" || e.name == "Draft" || e.name == "Notification" || e.name == "Decision" ||
		e.name == "RuleTrialDifference" && target.name == "Programme" || e.bulk != "" && target.bulk == ""
}

// labelsOf gives the names of an enum's values in each language, as JSON.
func labelsOf(enum string) (map[domain.Locale]map[string]string, error) {
	values, ok := domain.Enums[enum]
	if !ok {
		return nil, fmt.Errorf("%s is no enum of the domain", enum)
	}
	labels := map[domain.Locale]map[string]string{}
	for _, l := range []domain.Locale{domain.English, domain.Indonesian} {
		labels[l] = map[string]string{}
		for _, v := range values {
			labels[l][v.Code] = string(appendText(nil, []byte(v.Label.In(l))))
		}
	}
	return labels, nil
}
