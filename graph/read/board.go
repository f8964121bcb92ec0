package read

import (
	"encoding/binary"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/domain"
)

// today gives the day by which what is late is told: late begins where the timers of the day after do, at 00:00 UTC.
func (rd *Reader) today() []byte {
	days := (rd.clock.Now().Unix() - epoch) / 86400
	return binary.BigEndian.AppendUint32(nil, uint32(int32(days)))
}

// day is the parameter with it.
func day(s *statement) string {
	return s.arg(func(r *run) []byte { return r.request.today }) + "::date"
}

// late is the condition that a programme is late.
func late(alias, day string) string {
	return strings.ReplaceAll("(@.status = 'ACTIVE' and @.due_on < ", "@", alias) + day +
		strings.ReplaceAll(" or @.status = 'ON_HOLD' and @.review_on < ", "@", alias) + day + ")"
}

// The ages of programmes are counted by the day since when, so that no more is sorted than there are days. Of counted rows, in
// the order of their ages, upto is how many programmes there are up to each, of so many in total. The database has statistics
// of the days as they are written here.
const (
	medianDays = "min(t.days) filter (where t.upto * 2 >= t.total)"
	p90Days    = "min(t.days) filter (where t.upto * 10 >= t.total * 9)"
	maxDays    = "max(t.days)"
)

// ofAges are the fields that need the ages, which are not looked at otherwise.
var ofAges = map[string]string{"medianDays": medianDays, "p90Days": p90Days, "maxDays": maxDays}

// withAges adds to rows that are counted in the column n by some columns and by day: their ages, upto and total.
func withAges(counted, by, ages string) string {
	return "select c.*, " + ages + " as days, sum(n) over (partition by " + by + " order by day desc) as upto, sum(n) over (partition by " + by + ") as total from (" + counted + ") c"
}

// dayOf is the day of an instant.
func dayOf(instant string) string { return "(" + instant + " at time zone 'UTC')::date" }

func asksAges(fields []graphql.CollectedField) bool {
	for _, f := range fields {
		if ofAges[f.Name] != "" {
			return true
		}
	}
	return false
}

// board compiles the counts of programmes by stage and status, in the order of the enums.
func (p *planner) board(selection ast.SelectionSet) {
	lv := p.newLevel(p.reader.catalogue["Programme"])
	o := &object{guard: -1}
	fields := graphql.CollectFields(p.oc, selection, []string{"BoardCell"})
	ages := asksAges(fields)
	count, overdue := "count(*)", ""
	if ages {
		count, overdue = "sum(t.n)::int8", "sum(t.late)::int8"
	}
	for _, f := range fields {
		var compiled field
		switch f.Name {
		case "__typename":
			compiled = field{literal: `"BoardCell"`}
		case "stage", "status":
			compiled = field{kind: fieldValue, form: formText, column: lv.column("t." + f.Name)}
		case "stageLabel":
			compiled = field{kind: fieldLabel, column: lv.column("t.stage"), labels: p.reader.stages[p.sight.locale]}
		case "statusLabel":
			compiled = field{kind: fieldLabel, column: lv.column("t.status"), labels: p.reader.statuses[p.sight.locale]}
		case "count":
			compiled = field{kind: fieldValue, form: formInteger, column: lv.column(count)}
		case "overdue":
			if overdue == "" {
				overdue = "count(*) filter (where " + late("t", day(&lv.statement)) + ")"
			}
			compiled = field{kind: fieldValue, form: formInteger, column: lv.column(overdue)}
		default:
			compiled = field{kind: fieldValue, form: formInteger, column: lv.column(ofAges[f.Name])}
		}
		o.add(compiled, f)
	}
	from := "programmes t" + whereClause(p.requested(&lv.statement, "t"))
	if ages {
		today := day(&lv.statement)
		counted := "select t.stage, t.status, " + dayOf("t.stage_entered_at") + " as day, count(*) as n, count(*) filter (where " + late("t", today) + ") as late from " +
			from + " group by 1, 2, 3"
		from = "(" + withAges(counted, "stage, status", "case when status in ('ACTIVE', 'ON_HOLD') then greatest("+today+" - day, 0) end") + ") t"
	}
	lv.sql = "select " + lv.columnList(false) + " from " + from +
		" group by t.stage, t.status order by " + natural("t.stage", domain.Stages) + ", " + natural("t.status", domain.Statuses)
	p.plan.first = []*level{lv}
	p.plan.roots = []root{{level: lv, object: o}}
}

// natural orders codes as their enum does.
func natural(column string, values domain.Enum) string {
	return "array_position(array['" + strings.Join(values.Codes(), "', '") + "'], " + column + ")"
}
