package read_test

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/internal/access"
)

// naive evaluates one query.
type naive struct {
	*world
	actor     access.Actor
	doc       *ast.QueryDocument
	variables map[string]any
	cursors   map[string]int // the place of the row that a cursor sent was made of
}

// cursorOf stands for the cursor of a place in a list.
type cursorOf struct {
	list  string
	place int
}

// picked is a field with everything selected below it under the same key.
type picked struct {
	*ast.Field
	below ast.SelectionSet
}

// collect gives the fields of a selection that apply to a type, by key, in order.
func (n *naive) collect(typeName string, selection ast.SelectionSet) []*picked {
	var all []*picked
	var walk func(ast.SelectionSet)
	skipped := func(directives ast.DirectiveList) bool {
		for _, d := range directives {
			v, err := d.Arguments.ForName("if").Value.Value(n.variables)
			if err != nil {
				panic(err)
			}
			if v.(bool) == (d.Name == "skip") {
				return true
			}
		}
		return false
	}
	applies := func(condition string) bool {
		return condition == "" || condition == typeName || condition == "Node" && tables[typeName].table != ""
	}
	walk = func(selection ast.SelectionSet) {
		for _, s := range selection {
			switch s := s.(type) {
			case *ast.Field:
				if skipped(s.Directives) {
					continue
				}
				i := slices.IndexFunc(all, func(p *picked) bool { return p.Alias == s.Alias })
				if i < 0 {
					all = append(all, &picked{Field: s})
					i = len(all) - 1
				}
				all[i].below = append(all[i].below, s.SelectionSet...)
			case *ast.InlineFragment:
				if !skipped(s.Directives) && applies(s.TypeCondition) {
					walk(s.SelectionSet)
				}
			case *ast.FragmentSpread:
				if f := n.doc.Fragments.ForName(s.Name); !skipped(s.Directives) && applies(f.TypeCondition) {
					walk(f.SelectionSet)
				}
			}
		}
	}
	walk(selection)
	return all
}

func (n *naive) args(f *picked) map[string]any { return f.ArgumentMap(n.variables) }

// query evaluates the whole.
func (n *naive) query() map[string]any {
	out := map[string]any{}
	for _, f := range n.collect("Query", n.doc.Operations[0].SelectionSet) {
		args := n.args(f)
		var v any
		switch f.Name {
		case "__typename":
			v = "Query"
		case "node":
			v = n.node(args["id"], f.below)
		case "nodes":
			all := []any{}
			for _, id := range args["ids"].([]any) {
				all = append(all, n.node(id, f.below))
			}
			v = all
		case "programme", "community", "stakeholder":
			v = n.node(args["id"], f.below)
		case "ruleSet":
			v = n.ruleSet(args["name"], f.below)
		case "region":
			v = n.visible("Region", n.byKey["Region"][args["code"].(string)], f.below)
		case "board":
			v = n.board(args["region"], f.below)
		case "stuck":
			v = n.stuck(args["region"], f.below)
		case "viewer":
			v = n.viewer(f.below)
		default:
			order, _ := args["orderBy"].(string)
			list := rootLists[f.Name+" "+order]
			filter, _ := args["filter"].(map[string]any)
			var rows []row
			for _, r := range n.rows[list[0]] {
				in := false
				switch f.Name {
				case "bulkMoves":
					in = n.bulkFits(args["mine"], r)
				case "ruleSets":
					in = n.ruleSetFits(r, args)
				case "decisions":
					in = n.decided(r, args)
				case "ruleTrials":
					in = n.tried(r, args)
				case "rulesInForce":
					in = n.inForce(r, args["region"].(string))
				case "webhooks", "deliveries":
					in = n.out(r, args)
				default:
					in = n.fits(list[0], r, filter)
				}
				if in {
					rows = append(rows, r)
				}
			}
			v = n.page(f.Name+" "+order, list[0], list[1], rows, args, f.below)
		}
		out[f.Alias] = v
	}
	return out
}

func (n *naive) node(id any, selection ast.SelectionSet) any {
	for typeName := range tables {
		for k, r := range n.byKey[typeName] {
			if globalID(typeName, k) == id {
				return n.visible(typeName, r, selection)
			}
		}
	}
	return nil
}

func (n *naive) visible(typeName string, r row, selection ast.SelectionSet) any {
	if r == nil || !n.sees(n.actor, typeName, r) {
		return nil
	}
	return n.object(typeName, r, selection)
}

// fits tells whether a row of a root list is visible and passes the filter.
func (n *naive) fits(typeName string, r row, filter map[string]any) bool {
	if typeName != "Region" && !has(n.actor, r["region_code"]) {
		return false
	}
	for name, condition := range filter {
		if condition == nil {
			continue
		}
		ok := true
		switch name {
		case "region":
			ok = n.inRegion(typeName, r, condition.(map[string]any))
		case "stage", "status", "level":
			c, several := condition.(map[string]any)
			if !several {
				c = map[string]any{"eq": condition}
			}
			if eq := c["eq"]; eq != nil {
				ok = r[name] == eq
			}
			if in := c["in"]; in != nil {
				ok = ok && slices.Contains(in.([]any), r[name])
			}
		case "ruleSet", "rule":
			ok = r[snake(name)] == condition
		case "coordinator":
			ok = r["coordinator"] == condition
		case "nameStartsWith":
			ok = strings.HasPrefix(strings.ToLower(r["name"].(string)), strings.ToLower(condition.(string)))
		case "open":
			today := time.Now().UTC().Format(time.DateOnly)
			to, closes := r["valid_to"].(string)
			ok = (r["valid_from"].(string) <= today && (!closes || to > today)) == condition
		default:
			panic("no such filter: " + name)
		}
		if !ok {
			return false
		}
	}
	return true
}

func (n *naive) inRegion(typeName string, r row, condition map[string]any) bool {
	code := r["region_code"]
	if typeName == "Region" {
		code = r["code"]
	}
	if is := condition["is"]; is != nil {
		return code == is
	}
	return below(code.(string), condition["under"].(string))
}

func jsonOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (n *naive) object(typeName string, r row, selection ast.SelectionSet) any {
	out := map[string]any{}
	for _, f := range n.collect(typeName, selection) {
		out[f.Alias] = n.field(typeName, r, f)
	}
	return out
}

func (n *naive) field(typeName string, r row, f *picked) any {
	path := typeName + "." + f.Name
	if many, ok := toMany[path]; ok {
		var rows []row
		outcome := n.args(f)["outcome"]
		for _, other := range n.rows[many[0]] {
			if outcome != nil && other["outcome"] != outcome || unlike(n.args(f), other, "rule", "effect", "change") {
				continue
			}
			if other[many[1]] == key(typeName, r) && n.sees(n.actor, many[0], other) && (typeName != "Stakeholder" || has(n.actor, r["region_code"])) {
				rows = append(rows, other)
			}
		}
		return n.page(path, many[0], many[2], rows, n.args(f), f.below)
	}
	column, ok := toOne[path]
	if f.Name == "programme" {
		column, ok = "programme_id", true
	}
	if v, ok := n.trialField(path, r, f.below); ok {
		return v
	}
	switch {
	case f.Name == "__typename":
		return typeName
	case ok:
		if typeName == "Stakeholder" && !has(n.actor, r["region_code"]) || r[column] == nil {
			return nil
		}
		target := f.Definition.Type.Name()
		return n.visible(target, n.byKey[target][r[column].(string)], f.below)
	case path == "Notification.message":
		return messageOf(uuid.MustParse(r["id"].(string)))
	case strings.HasPrefix(path, "RuleSet.title") || strings.HasPrefix(path, "RuleSetVersion.") && slices.Contains([]string{"title", "description", "problems", "contentPath"}, f.Name):
		return n.ruleSetField(path, r, f.below)
	case path == "Programme.rules":
		return n.plain(bindingsOf(uuid.MustParse(r["id"].(string))), "BoundRuleSet", f.below)
	case path == "Programme.availableMoves":
		return n.plain(movesOf(uuid.MustParse(r["id"].(string))), "AvailableMove", f.below)
	case path == "BulkMoveItem.blocks" || path == "Draft.blocks":
		return n.blocks(r["blocks"], f.below)
	case path == "ProgrammeEvent.ruleRevisions":
		return n.plain(r["rule_revisions"], "RuleRevision", f.below)
	case path == "ProgrammeEvent.waiver":
		var said struct{ Waiver map[string]any }
		_ = json.Unmarshal([]byte(jsonOf(r["decision"])), &said)
		if said.Waiver == nil {
			return nil
		}
		waiver := uuid.MustParse(said.Waiver["id"].(string))
		said.Waiver["waiverId"] = base64.RawURLEncoding.EncodeToString(append([]byte("v"), waiver[:]...))
		return n.plain(said.Waiver, "WaivedRule", f.below)
	case path == "ProgrammeEvent.planned":
		var said struct{ Planned map[string]any }
		_ = json.Unmarshal([]byte(jsonOf(r["decision"])), &said)
		if said.Planned == nil {
			return nil
		}
		return n.plain(said.Planned, "PlannedStage", f.below)
	case path == "Draft.userErrors":
		return n.draftErrors(r, f.below)
	case path == "ProgrammeEvent.remarks":
		var said struct{ Remarks []any }
		_ = json.Unmarshal([]byte(jsonOf(r["decision"])), &said)
		return n.blocks(said.Remarks, f.below)
	}
	return n.scalar(n.actor, typeName, f.Name, f.Definition.Type.Name(), r)
}

// plain projects what has no table.
func (n *naive) plain(v any, typeName string, selection ast.SelectionSet) any {
	var whole any
	if err := json.Unmarshal([]byte(jsonOf(v)), &whole); err != nil {
		panic(err)
	}
	return n.project(whole, typeName, selection)
}

func (n *naive) project(v any, typeName string, selection ast.SelectionSet) any {
	switch x := v.(type) {
	case []any:
		out := []any{}
		for _, e := range x {
			out = append(out, n.project(e, typeName, selection))
		}
		return out
	case map[string]any:
		if len(selection) == 0 { // a value of any JSON
			return x
		}
		out := map[string]any{}
		for _, f := range n.collect(typeName, selection) {
			if f.Name == "__typename" {
				out[f.Alias] = typeName
			} else {
				out[f.Alias] = n.project(x[f.Name], f.Definition.Type.Name(), f.below)
			}
		}
		return out
	}
	return v
}
