package read_test

import (
	"encoding/json"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/domain"
)

// viewer gives the reader's own drafts and notifications.
func (n *naive) viewer(selection ast.SelectionSet) any {
	out := map[string]any{}
	for _, f := range n.collect("Viewer", selection) {
		var own []row
		if f.Name == "notifications" {
			args := n.args(f)
			for _, r := range n.rows["Notification"] {
				if r["recipient"] == n.actor.Subject && (args["unread"] != true || r["read_at"] == nil) {
					own = append(own, r)
				}
			}
			out[f.Alias] = n.page("viewer.notifications", "Notification", newestFirst, own, args, f.below)
			continue
		}
		for _, r := range n.rows["Draft"] {
			if r["author"] == n.actor.Subject {
				own = append(own, r)
			}
		}
		out[f.Alias] = n.page("viewer.drafts", "Draft", draftOrder, own, n.args(f), f.below)
	}
	return out
}

// draftErrors gives what was wrong when a draft was kept.
func (n *naive) draftErrors(r row, selection ast.SelectionSet) any {
	var wrong []map[string]any
	_ = json.Unmarshal([]byte(jsonOf(r["problems"])), &wrong)
	for _, p := range wrong {
		p["message"] = n.spoken(p["message"])
		p["path"] = append([]any{"input"}, p["path"].([]any)...)
	}
	return n.plain(wrong, "UserError", selection)
}

// spoken gives a text in two languages in the reader's.
func (n *naive) spoken(text any) any {
	if n.actor.Locale == domain.Indonesian {
		return text.(map[string]any)["id"]
	}
	return text.(map[string]any)["en"]
}
