package read

import (
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// stuckRows is how many rows stuck gives at most.
const stuckRows = "200"

// stillness is one source of what stuck counts: a table, where to look in it, and each row's columns. An engine's own reason
// belongs to no region.
type stillness struct {
	table, where              string
	ruleSet, rule, ruleRegion string
	waivable, since, day      string
}

// stillnesses are the sources: what rules stop is kept, what is late is plain from the programmes.
func stillnesses(day string) []stillness {
	own := func(code, status, on string) stillness {
		return stillness{table: "programmes", where: "t.status = '" + status + "' and t." + on + " < " + day, ruleSet: "'" + workflow.Engine + "'", rule: "'" + code + "'",
			ruleRegion: `'' collate "C"`, waivable: "'" + string(domain.WaivableNo) + "'", since: "(t." + on + " + 1)::timestamp at time zone 'UTC'", day: "t." + on + " + 1"}
	}
	return []stillness{
		{table: "programme_blocks", ruleSet: "t.rule_set", rule: "t.rule", ruleRegion: "t.rule_region", waivable: "t.waivable", since: "t.since", day: dayOf("t.since")},
		own(domain.StandsOverdue, string(domain.Active), "due_on"),
		own(domain.StandsHoldReviewed, string(domain.OnHold), "review_on"),
	}
}

// stuck compiles the counts of programmes that stand still by stage and reason, most first.
func (p *planner) stuck(selection ast.SelectionSet) {
	lv := p.newLevel(p.reader.catalogue["Programme"])
	o := &object{guard: -1}
	fields := graphql.CollectFields(p.oc, selection, []string{"StuckRow"})
	for _, f := range fields {
		text := func(expr string) field { return field{kind: fieldValue, form: formText, column: lv.column(expr)} }
		var compiled field
		switch f.Name {
		case "__typename":
			compiled = field{literal: `"StuckRow"`}
		case "stage":
			compiled = text("t.stage")
		case "stageLabel":
			compiled = field{kind: fieldLabel, column: lv.column("t.stage"), labels: p.reader.stages[p.sight.locale]}
		case "ruleSet":
			compiled = text("t.rule_set")
		case "rule":
			compiled = text("t.rule")
		case "ruleRegion":
			compiled = text("nullif(t.rule_region, '')")
		case "title":
			compiled = text(stuckTitle(p.sight.locale))
		case "severity":
			compiled = text("case when t.rule_region = '' then 'WARN' else 'BLOCK' end")
		case "waivable":
			compiled = text("min(t.waivable)")
		case "programmes":
			compiled = field{kind: fieldValue, form: formInteger, column: lv.column("sum(t.n)::int8")}
		case "oldestSince":
			compiled = field{kind: fieldValue, form: formInstant, column: lv.column("min(t.since)")}
		default:
			compiled = field{kind: fieldValue, form: formInteger, column: lv.column(ofAges[f.Name])}
		}
		o.add(compiled, f)
	}
	from := "(" + p.stillnesses(&lv.statement, asksAges(fields)) + ") t" +
		" left join rule_titles l on l.rule_set = t.rule_set and l.rule = t.rule and l.region_code = t.rule_region"
	lv.sql = "select " + lv.columnList(false) + " from " + from +
		" group by t.stage, t.rule_set, t.rule, t.rule_region, l.title_en, l.title_id" +
		" order by sum(t.n) desc, " + natural("t.stage", domain.Stages) + ", t.rule_set, t.rule, t.rule_region limit " + stuckRows
	p.plan.first = []*level{lv}
	p.plan.roots = []root{{level: lv, object: o}}
}

// stillnesses counts each source by stage and reason; where ages are asked for, by day too.
func (p *planner) stillnesses(s *statement, ages bool) string {
	today := day(s)
	var parts []string
	for _, source := range stillnesses(today) {
		where := p.requested(s, "t")
		if source.where != "" {
			where = append([]string{source.where}, where...)
		}
		columns := []string{"t.stage", source.ruleSet + " as rule_set", source.rule + " as rule", source.ruleRegion + " as rule_region"}
		by := "1, 2, 3, 4"
		if ages {
			columns = append(columns, source.day+" as day")
			by += ", 5"
		}
		columns = append(columns, "min("+source.waivable+") as waivable", "min("+source.since+") as since", "count(*) as n")
		parts = append(parts, "select "+strings.Join(columns, ", ")+" from "+source.table+" t"+whereClause(where)+" group by "+by)
	}
	union := strings.Join(parts, " union all ")
	if !ages {
		return union
	}
	return withAges(union, "stage, rule_set, rule, rule_region", "greatest("+today+" - day, 0)")
}

// stuckTitle is what a reason asks for, in a language.
func stuckTitle(l domain.Locale) string {
	title := "l.title_en"
	if l == domain.Indonesian {
		title = "coalesce(nullif(l.title_id, ''), l.title_en)"
	}
	own := "case t.rule"
	for _, v := range domain.StandingCodes {
		own += " when '" + v.Code + "' then '" + strings.ReplaceAll(v.Label.In(l), "'", "''") + "'"
	}
	return "case when t.rule_region = '' then " + own + " end else " + title + " end"
}
