package read_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
)

// generator makes random queries from the schema.
type generator struct {
	below   func(limit int) int // a random number from 0
	schema  *ast.Schema
	world   *world
	cursors map[string][]string // sent ones, by list
	budget  int                 // fields that may still be selected
	names   int

	declared  []string
	variables map[string]any
	fragments []string
}

// example is a query with its variables.
type example struct {
	query     string
	variables map[string]any
}

func (g *generator) example() example {
	g.budget, g.names, g.declared, g.variables, g.fragments = 40, 0, nil, map[string]any{}, nil
	var body []string
	for range 1 + g.below(2) {
		body = append(body, g.root())
	}
	q := "query"
	if len(g.declared) > 0 {
		q += "(" + strings.Join(g.declared, ", ") + ")"
	}
	q += " { " + strings.Join(body, " ") + " }"
	for _, f := range g.fragments {
		q += " " + f
	}
	return example{q, g.variables}
}

func (g *generator) one(of ...string) string { return of[g.below(len(of))] }

func (g *generator) name(prefix string) string {
	g.names++
	return prefix + strconv.Itoa(g.names)
}

// value writes a value, or a variable that has it.
func (g *generator) value(typeName, literal string, v any) string {
	if g.below(3) > 0 {
		return literal
	}
	name := g.name("v")
	g.declared = append(g.declared, "$"+name+": "+typeName)
	g.variables[name] = v
	return "$" + name
}

func (g *generator) root() string {
	alias := g.name("r") + ": "
	switch name := g.one("programmes", "programmes", "communities", "stakeholders", "regions", "node", "nodes", "programme", "stakeholder", "community", "region", "board", "stuck", "blockedProgrammes", "bulkMoves", "bulkMoves", "viewer", "webhooks", "deliveries", "ruleSets", "rulesInForce", "ruleSet", "decisions", "decisions", "ruleTrials"); name {
	case "ruleSet":
		set := g.one("jawa-barat", "bandung", "nobody")
		return alias + "ruleSet(name: " + g.value("String!", strconv.Quote(set), set) + ") " + g.selection("RuleSet", 3)
	case "node":
		typeName, id := g.anyID()
		return alias + "node(id: " + g.value("ID!", strconv.Quote(id), id) + ") " + g.nodeSelection(typeName)
	case "nodes":
		typeName, id := g.anyID()
		_, other := g.anyID()
		ids := []string{id, other, id, "none"}[:1+g.below(4)]
		literal := `["` + strings.Join(ids, `", "`) + `"]`
		return alias + "nodes(ids: " + g.value("[ID!]!", literal, ids) + ") " + g.nodeSelection(typeName)
	case "programme", "stakeholder", "community":
		typeName := strings.ToUpper(name[:1]) + name[1:]
		id := g.idOf(typeName)
		return alias + name + "(id: " + g.value("ID!", strconv.Quote(id), id) + ") " + g.selection(typeName, 3)
	case "region":
		c := g.one(append(allCodes, "99")...)
		return alias + "region(code: " + g.value("String!", strconv.Quote(c), c) + ") " + g.selection("Region", 3)
	case "viewer":
		if g.below(2) == 0 {
			args := g.paging("viewer.notifications")
			if g.below(2) == 0 {
				unread := g.below(2) == 0
				args = append(args, "unread: "+g.value("Boolean!", strconv.FormatBool(unread), unread))
			}
			text := g.name("l") + ": notifications"
			if len(args) > 0 {
				text += "(" + strings.Join(args, ", ") + ")"
			}
			return alias + "viewer { " + text + " " + g.connection("Notification", 3) + " }"
		}
		text := g.name("l") + ": drafts"
		if args := g.paging("viewer.drafts"); len(args) > 0 {
			text += "(" + strings.Join(args, ", ") + ")"
		}
		return alias + "viewer { " + text + " " + g.connection("Draft", 3) + " }"
	case "board", "stuck":
		args := ""
		if f := g.region(); f != "" {
			args = "(region: " + f + ")"
		}
		return alias + name + args + " " + g.selection(map[string]string{"board": "BoardCell", "stuck": "StuckRow"}[name], 0)
	default:
		return alias + g.rootList(name)
	}
}

func (g *generator) idOf(typeName string) string {
	rows := g.world.rows[typeName]
	return globalID(typeName, key(typeName, rows[g.below(len(rows))]))
}

func (g *generator) anyID() (typeName, id string) {
	names := make([]string, 0, len(tables))
	for name := range tables {
		if len(g.world.rows[name]) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	typeName = g.one(names...)
	return typeName, g.idOf(typeName)
}

// nodeSelection selects on the interface: its own field, the type meant, and one that is not.
func (g *generator) nodeSelection(typeName string) string {
	parts := []string{"__typename", "id", "... on Node { id }", "... on Region { regionsCode: code }", "... on " + typeName + " " + g.selection(typeName, 3)}
	return "{ " + strings.Join(parts[g.below(4):], " ") + " }"
}

func (g *generator) rootList(name string) string {
	var args []string
	order := ""
	if name == "bulkMoves" {
		if g.below(2) == 0 {
			mine := g.below(2) == 0
			args = append(args, "mine: "+g.value("Boolean!", strconv.FormatBool(mine), mine))
		}
		return g.list(name, name+" ", args)
	}
	if name == "blockedProgrammes" {
		filter := "stage: " + g.one(domain.Stages.Codes()...) + ", ruleSet: " + g.one(`"national"`, `"west-java"`) + ", rule: " + g.value("String!", `"R0"`, "R0")
		if f := g.region(); f != "" {
			filter += ", region: " + f
		}
		return g.list(name, name+" ", []string{"filter: {" + filter + "}"})
	}
	if name == "decisions" || name == "ruleTrials" {
		return g.list(name, name+" ", g.decisions(name))
	}
	if name == "rulesInForce" {
		c := g.one(append(allCodes, "99")...)
		return g.list(name, name+" ", []string{"region: " + g.value("String!", strconv.Quote(c), c)})
	}
	if name == "webhooks" || name == "deliveries" || name == "ruleSets" {
		if f := g.region(); f != "" {
			args = append(args, "region: "+f)
		}
		if name == "deliveries" && g.below(2) == 0 {
			args = append(args, "state: "+g.one("PENDING", "SENT", "DEAD", "null"), "channel: "+g.one("EMAIL", "WEBHOOK", "null"))
		}
		return g.list(name, name+" ", args)
	}
	if name != "regions" {
		orders := []string{"NAME", "UPDATED_AT_DESC"}
		order = orders[0]
		if name == "programmes" {
			orders = []string{"CODE", "UPDATED_AT_DESC"}
			order = orders[1]
		}
		if g.below(2) == 0 {
			order = g.one(orders...)
			args = append(args, "orderBy: "+order)
		}
	}
	var filter []string
	if f := g.region(); f != "" {
		filter = append(filter, "region: "+f)
	}
	if name == "programmes" {
		if g.below(2) == 0 {
			filter = append(filter, "stage: "+g.one("{eq: PLAN}", "{in: [PLAN, TRAIN, REPORT]}", "{in: []}", "{eq: MONITOR, in: [MONITOR]}", "null", "{eq: null}"))
		}
		if g.below(3) == 0 {
			filter = append(filter, "status: "+g.one("{eq: ACTIVE}", "{in: [ACTIVE, ON_HOLD]}"))
		}
		if g.below(4) == 0 {
			filter = append(filter, "coordinator: "+g.value("String", strconv.Quote("citra"), "citra"))
		}
	}
	if name == "regions" {
		if g.below(2) == 0 {
			filter = append(filter, "level: "+g.one("{eq: DISTRICT}", "{in: [VILLAGE, PROVINCE]}"))
		}
		if g.below(3) == 0 {
			filter = append(filter, "nameStartsWith: "+g.one(`"si"`, `"SID"`, `"kota \""`, `"öst"`))
		}
		if g.below(3) == 0 {
			filter = append(filter, "open: "+g.one("true", "false"))
		}
	}
	if len(filter) > 0 {
		args = append(args, "filter: {"+strings.Join(filter, ", ")+"}")
	}
	return g.list(name, name+" "+order, args)
}

// list writes a list that a query begins with.
func (g *generator) list(name, list string, args []string) string {
	args = append(args, g.paging(list)...)
	text := name
	if len(args) > 0 {
		text += "(" + strings.Join(args, ", ") + ")"
	}
	return text + " " + g.connection(rootLists[list][0], 3)
}

func (g *generator) region() string {
	if g.below(2) == 0 {
		return ""
	}
	c := g.one(append(allCodes, "99", "32.99.01")...)
	return "{" + g.one("under", "is") + ": " + g.value("String", strconv.Quote(c), c) + "}"
}

// paging gives the arguments of a page.
func (g *generator) paging(list string) []string {
	var args []string
	size := 1 + g.below(4)
	switch g.below(3) {
	case 0:
		args = append(args, "first: "+g.value("Int", strconv.Itoa(size), size))
	case 1:
		args = append(args, "last: "+g.value("Int", strconv.Itoa(size), size))
	}
	for _, name := range []string{"after", "before"} {
		if sent := g.cursors[list]; len(sent) > 0 && g.below(4) == 0 {
			c := sent[g.below(len(sent))]
			args = append(args, name+": "+g.value("String", strconv.Quote(c), c))
		}
	}
	return args
}

// connection selects on a connection.
func (g *generator) connection(typeName string, depth int) string {
	var parts []string
	for range 1 + g.below(3) {
		switch g.below(5) {
		case 0:
			parts = append(parts, "nodes "+g.selection(typeName, depth-1))
		case 1:
			parts = append(parts, "edges { cursor "+g.one("", "__typename")+" node "+g.selection(typeName, depth-1)+" }")
		case 2:
			parts = append(parts, g.name("p")+": pageInfo { "+g.one("hasNextPage", "hasPreviousPage startCursor", "endCursor hasNextPage hasPreviousPage", "__typename")+" }")
		case 3:
			parts = append(parts, "totalCount")
		case 4:
			parts = append(parts, g.name("n")+": nodes { __typename id }")
		}
	}
	return "{ " + strings.Join(parts, " ") + " }"
}

// selection selects on a type.
func (g *generator) selection(typeName string, depth int) string {
	fields := g.schema.Types[typeName].Fields
	var parts []string
	for range 1 + g.below(4) {
		f := fields[g.below(len(fields))]
		if g.below(12) == 0 {
			parts = append(parts, "__typename")
			continue
		}
		text := g.field(typeName, f, depth)
		switch g.below(12) {
		case 0:
			text = "... on " + typeName + " { " + text + " }"
		case 1:
			text = "... @" + g.one("include", "skip") + "(if: " + g.boolean() + ") { " + text + " }"
		case 2:
			if name := g.name("F"); g.schema.Types[typeName].Kind == ast.Object {
				g.fragments = append(g.fragments, "fragment "+name+" on "+typeName+" { "+text+" }")
				text = "..." + name
			}
		}
		parts = append(parts, text)
	}
	return "{ " + strings.Join(parts, " ") + " }"
}

func (g *generator) boolean() string {
	v := g.below(2) == 0
	return g.value("Boolean!", strconv.FormatBool(v), v)
}

func (g *generator) field(typeName string, f *ast.FieldDefinition, depth int) string {
	target := g.schema.Types[f.Type.Name()]
	g.budget--
	if target.Kind != ast.Object {
		if g.below(5) == 0 {
			return g.name("x") + ": " + f.Name
		}
		if g.below(12) == 0 {
			return f.Name + " @skip(if: " + g.boolean() + ")"
		}
		return f.Name
	}
	if depth <= 0 || g.budget <= 0 {
		return "__typename"
	}
	if _, many := toMany[typeName+"."+f.Name]; !many {
		return f.Name + " " + g.selection(target.Name, depth-1)
	}
	call := g.name("l") + ": " + f.Name
	args := g.paging(typeName + "." + f.Name)
	if f.Arguments.ForName("outcome") != nil && g.below(2) == 0 {
		outcome := g.one("PENDING", "REFUSED", "MOVED", "null")
		if outcome != "null" {
			outcome = g.value("BulkOutcome", outcome, outcome)
		}
		args = append(args, "outcome: "+outcome)
	}
	if f.Arguments.ForName("effect") != nil && g.below(2) == 0 {
		args = append(args, "effect: "+g.one("BLOCKS", "FREES", "null"), "rule: "+g.value("String", `"R1"`, "R1"), "change: "+g.one("NEWLY_BLOCKED", "null"))
	}
	if len(args) > 0 {
		call += "(" + strings.Join(args, ", ") + ")"
	}
	of := toMany[typeName+"."+f.Name][0]
	text := call + " " + g.connection(of, depth)
	if g.below(5) == 0 {
		text += " " + call + " " + g.connection(of, depth-1) // the same key twice: the selections are merged
	}
	return text
}

// sentCursors asks for the cursors of every list, and gives them by list, and the place of each.
func sentCursors(t testing.TB, s *server, w *world, everywhere access.Actor) (map[string][]string, map[string]int) {
	t.Helper()
	byList, places := map[string][]string{}, map[string]int{}
	ids := map[string]string{}
	for typeName := range tables {
		for k := range w.byKey[typeName] {
			ids[globalID(typeName, k)] = k
		}
	}
	take := func(list, typeName, order string, connection any) {
		edges, _ := at(connection, "edges").([]any)
		for _, e := range edges {
			c := at(e, "cursor").(string)
			byList[list] = append(byList[list], c)
			places[c] = w.place[typeName+order][ids[at(e, "node.id").(string)]]
		}
	}
	const edges = "{ edges { cursor node { id } } }"
	for list, of := range rootLists {
		name, order, _ := strings.Cut(list, " ")
		if order != "" {
			order = "orderBy: " + order + ","
		}
		switch name {
		case "bulkMoves":
			order = "mine: false,"
		case "rulesInForce":
			order = `region: "32.73.05",`
		case "blockedProgrammes":
			order = `filter: {stage: PLAN, ruleSet: "national", rule: "R0"},`
		}
		take(list, of[0], of[1], s.get(t, everywhere, fmt.Sprintf("{ l: %s(%s first: 100) %s }", name, order, edges), nil)["l"])
	}
	take("viewer.notifications", "Notification", newestFirst, at(s.get(t, actor("citra", "AUDITOR ID"), "{ viewer { notifications(first: 100) "+edges+" } }", nil), "viewer.notifications"))
	take("viewer.drafts", "Draft", draftOrder, at(s.get(t, actor("citra", "AUDITOR ID"), "{ viewer { drafts(first: 100) "+edges+" } }", nil), "viewer.drafts"))
	for list, of := range toMany {
		typeName, field, _ := strings.Cut(list, ".")
		for i, r := range w.rows[typeName] {
			if i == 12 {
				break
			}
			q := fmt.Sprintf("query($id: ID!) { node(id: $id) { ... on %s { l: %s(first: 10) %s } } }", typeName, field, edges)
			take(list, of[0], of[2], at(s.get(t, everywhere, q, map[string]any{"id": globalID(typeName, key(typeName, r))}), "node.l"))
		}
	}
	return byList, places
}
