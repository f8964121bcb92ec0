package read

import (
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/domain"
)

// board compiles the counts of programmes by stage and status, in the order of the enums.
func (p *planner) board(selection ast.SelectionSet) {
	lv := p.newLevel(p.reader.catalogue["Programme"])
	o := &object{guard: -1}
	for _, f := range graphql.CollectFields(p.oc, selection, []string{"BoardCell"}) {
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
			compiled = field{kind: fieldValue, form: formInteger, column: lv.column("count(*)")}
		}
		o.add(compiled, f)
	}
	where := p.requested(&lv.statement, "t")
	lv.sql = "select " + lv.columnList(false) + " from programmes t" + whereClause(where) +
		" group by t.stage, t.status order by " + natural("t.stage", domain.Stages) + ", " + natural("t.status", domain.Statuses)
	p.plan.first = []*level{lv}
	p.plan.roots = []root{{level: lv, object: o}}
}

// natural orders codes as their enum does.
func natural(column string, values domain.Enum) string {
	return "array_position(array['" + strings.Join(values.Codes(), "', '") + "'], " + column + ")"
}
