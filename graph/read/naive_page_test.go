package read_test

import (
	"encoding/json"
	"slices"
	"sort"

	"github.com/vektah/gqlparser/v2/ast"
)

// page evaluates a connection over all rows of a list.
func (n *naive) page(list, typeName, order string, rows []row, args map[string]any, selection ast.SelectionSet) any {
	place := n.place[typeName+order]
	at := func(r row) int { return place[key(typeName, r)] }
	sort.Slice(rows, func(i, j int) bool { return at(rows[i]) < at(rows[j]) })
	shown, earlier, later := slices.Clone(rows), false, false
	if c, ok := args["after"].(string); ok {
		limit := n.cursors[c]
		earlier = slices.ContainsFunc(rows, func(r row) bool { return at(r) <= limit })
		shown = slices.DeleteFunc(shown, func(r row) bool { return at(r) <= limit })
	}
	if c, ok := args["before"].(string); ok {
		limit := n.cursors[c]
		later = slices.ContainsFunc(rows, func(r row) bool { return at(r) >= limit })
		shown = slices.DeleteFunc(shown, func(r row) bool { return at(r) >= limit })
	}
	next, previous := later, earlier
	if last := args["last"]; last != nil {
		if k := int(number(last)); len(shown) > k {
			shown, previous = shown[len(shown)-k:], true
		}
	} else {
		k := 20
		if first := args["first"]; first != nil {
			k = int(number(first))
		}
		if len(shown) > k {
			shown, next = shown[:k], true
		}
	}
	out := map[string]any{}
	for _, f := range n.collect(typeName+"Connection", selection) {
		var v any
		switch f.Name {
		case "__typename":
			v = typeName + "Connection"
		case "totalCount":
			v = json.Number(jsonOf(len(rows)))
		case "pageInfo":
			var places []int
			for _, r := range shown {
				places = append(places, at(r))
			}
			v = n.pageInfo(list, places, next, previous, f.below)
		default:
			entries := []any{}
			for _, r := range shown {
				if f.Name == "nodes" {
					entries = append(entries, n.object(typeName, r, f.below))
				} else {
					entries = append(entries, n.edge(list, typeName, r, at(r), f.below))
				}
			}
			v = entries
		}
		out[f.Alias] = v
	}
	return out
}

func (n *naive) edge(list, typeName string, r row, place int, selection ast.SelectionSet) any {
	out := map[string]any{}
	for _, f := range n.collect(typeName+"Edge", selection) {
		switch f.Name {
		case "__typename":
			out[f.Alias] = typeName + "Edge"
		case "cursor":
			out[f.Alias] = cursorOf{list, place}
		case "node":
			out[f.Alias] = n.object(typeName, r, f.below)
		}
	}
	return out
}

func (n *naive) pageInfo(list string, shown []int, next, previous bool, selection ast.SelectionSet) any {
	out := map[string]any{}
	for _, f := range n.collect("PageInfo", selection) {
		switch f.Name {
		case "__typename":
			out[f.Alias] = "PageInfo"
		case "hasNextPage":
			out[f.Alias] = next
		case "hasPreviousPage":
			out[f.Alias] = previous
		default:
			out[f.Alias] = nil
			if len(shown) > 0 && f.Name == "startCursor" {
				out[f.Alias] = cursorOf{list, shown[0]}
			} else if len(shown) > 0 {
				out[f.Alias] = cursorOf{list, shown[len(shown)-1]}
			}
		}
	}
	return out
}

func number(v any) int64 {
	switch x := v.(type) {
	case int64:
		return x
	case int:
		return int64(x)
	case json.Number:
		n, err := x.Int64()
		if err != nil {
			panic(err)
		}
		return n
	}
	panic(v)
}
