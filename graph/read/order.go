package read

import "github.com/berdaya/berdaya/graph/model"

// order is a named order of a list. Its keys are columns that are never NULL and together unique within the list; all run in
// the same direction, so that a cursor is one row comparison.
type order struct {
	list string // what the order is of; cursors are sealed with both names
	name string
	keys []string
	desc bool
}

// rootOrders are the orders of the lists that queries begin with, by the enum's value.
var rootOrders = map[string]map[string]*order{
	"programmes": {
		string(model.ProgrammesOrderUpdatedAtDesc): {list: "programmes", name: "updatedAt", keys: []string{"updated_at", "id"}, desc: true},
		string(model.ProgrammesOrderCode):          {list: "programmes", name: "code", keys: []string{"code", "id"}},
	},
	"communities": {
		string(model.CommunitiesOrderName):          {list: "communities", name: "name", keys: []string{"name", "id"}},
		string(model.CommunitiesOrderUpdatedAtDesc): {list: "communities", name: "updatedAt", keys: []string{"updated_at", "id"}, desc: true},
	},
	"stakeholders": {
		string(model.StakeholdersOrderName):          {list: "stakeholders", name: "name", keys: []string{"name", "id"}},
		string(model.StakeholdersOrderUpdatedAtDesc): {list: "stakeholders", name: "updatedAt", keys: []string{"updated_at", "id"}, desc: true},
	},
	"bulkMoves":            {"": {list: "bulkMoves", name: "id", keys: []string{"id"}, desc: true}},
	"viewer.drafts":        {"": {list: "viewer.drafts", name: "open", keys: []string{"state", "id"}, desc: true}},
	"blockedProgrammes":    {"": {list: "blockedProgrammes", name: "since", keys: []string{"since", "id"}}},
	"regions":              {"": {list: "regions", name: "code", keys: []string{"code"}}},
	"viewer.notifications": {"": {list: "viewer.notifications", name: "createdAt", keys: []string{"created_at", "id"}, desc: true}},
	"ruleSets":             {"": {list: "ruleSets", name: "name", keys: []string{"name"}}},
	"rulesInForce":         {"": {list: "rulesInForce", name: "place", keys: []string{"place", "id"}}}, // from the nation downwards
	"decisions":            {"": {list: "decisions", name: "decidedAt", keys: []string{"decided_at", "id"}, desc: true}},
	"ruleTrials":           {"": {list: "ruleTrials", name: "id", keys: []string{"id"}, desc: true}},
	"webhooks":             {"": {list: "webhooks", name: "id", keys: []string{"id"}}},
	"deliveries":           {"": {list: "deliveries", name: "createdAt", keys: []string{"created_at", "id"}, desc: true}},
}

// relationFilters are the relations that can be filtered: by arguments, each compared with the column of its name.
var relationFilters = map[string][]string{"BulkMove.items": {"outcome"}, "RuleTrial.differences": {"rule", "effect", "change"}}

// relationOrder gives the one order of a relation. Ids are made in the order of time, so by id is oldest first.
func relationOrder(owner *entity, field string, target *entity) *order {
	o := &order{list: owner.name + "." + field, name: "id", keys: []string{"id"}}
	switch {
	case target.name == "ProgrammeEvent":
		o.name, o.keys = "version", []string{"version"} // unique within a programme
	case target.name == "BulkMoveItem":
		o.name, o.keys = "position", []string{"position"} // unique within a bulk move
	case target.name == "Draft":
		o.name, o.keys, o.desc = "open", []string{"state", "id"}, true // OPEN is the last of the states by name
	case target.name == "Region":
		o.name, o.keys = "code", []string{"code"}
	case owner.name == "Region" && target.name == "Community":
		o.name, o.keys = "name", []string{"name", "id"}
	case owner.name == "Region" && target.name == "Programme":
		o.name, o.keys = "code", []string{"code", "id"}
	}
	return o
}
