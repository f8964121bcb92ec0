package read_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
)

// bulks makes bulk moves of different actors and places, whose programmes lie anywhere.
func (m *maker) bulks() {
	found, err := m.db.Pool.Query(m.t.Context(), "select p.id, e.id from programmes p join programme_events e on e.programme_id = p.id and e.version = 1 order by p.code")
	if err != nil {
		m.t.Fatal(err)
	}
	var programmes, events []uuid.UUID
	for found.Next() {
		var p, e uuid.UUID
		if err := found.Scan(&p, &e); err != nil {
			m.t.Fatal(err)
		}
		programmes, events = append(programmes, p), append(events, e)
	}
	if err := found.Err(); err != nil {
		m.t.Fatal(err)
	}
	for range 12 {
		b := &domain.BulkMove{Record: m.record(), Actor: pick(m, subjects), RegionCode: maybe(m, pick(m, allCodes)), Move: code1[domain.Move](m, domain.Moves),
			Reason: maybe(m, m.text("Why")), ShiftDueDates: m.IntN(2) == 0, State: code1[domain.BulkState](m, domain.BulkStates), StartedAt: maybe(m, m.time()),
			LastErrorEN: maybe(m, m.text("broke")), LastErrorID: maybe(m, m.text("rusak")), Revision: 1}
		if m.IntN(2) == 0 {
			b.Filter = json.RawMessage(`{"region": {"under": "32"}, "stage": {"in": ["PLAN"]}}`)
		}
		var items []*domain.BulkMoveItem
		for i, n := range append(m.some(6, len(programmes)), -1) {
			item := &domain.BulkMoveItem{Record: m.record(), BulkMoveID: b.ID, Position: i + 1, Outcome: domain.BulkRefused, Code: ptr(domain.CodeNotFound),
				MessageEN: ptr(m.text("no")), MessageID: maybe(m, m.text("tidak")), Blocks: []domain.Block{}}
			if n >= 0 {
				item.ProgrammeID, item.Version = &programmes[n], ptr(int64(1))
				switch m.IntN(3) {
				case 0:
					item.Outcome, item.EventID, item.Code = domain.BulkMoved, &events[n], nil
				case 1:
					item.Blocks = []domain.Block{{RuleSet: "national", Version: "1", Rule: "R", Severity: domain.SeverityBlock,
						Message: domain.Text{EN: m.text("look"), ID: "lihat"}, Path: []string{"needs"}, Waivable: domain.WaivableNo}}
				}
			}
			if item.Outcome == domain.BulkMoved {
				b.Moved++
			} else {
				b.Refused++
			}
			items = append(items, item)
		}
		b.Total = len(items)
		m.insert(b)
		m.insert(&items)
	}
}

// oversees tells whether the actor sees a bulk move whoever began it.
func oversees(a access.Actor, bulk row) bool {
	region := bulk["region_code"]
	if region == nil {
		region = "ID"
	}
	return has(a, region, domain.RegionalAdmin, domain.NationalAdmin, domain.Auditor)
}

// bulkFits tells whether a bulk move is in the list.
func (n *naive) bulkFits(mine any, r row) bool {
	if mine == true {
		return r["actor"] == n.actor.Subject
	}
	return oversees(n.actor, r)
}

// blocks gives blocks as they are stored in the reader's language.
func (n *naive) blocks(stored any, selection ast.SelectionSet) any {
	var all []map[string]any
	_ = json.Unmarshal([]byte(jsonOf(stored)), &all)
	for _, b := range all {
		language := "en"
		if n.actor.Locale == domain.Indonesian {
			language = "id"
		}
		b["message"] = b["message"].(map[string]any)[language]
		b["retry"], b["waived"] = b["retry"] == true, b["waived"] == true
		values := []any{}
		said, _ := b["values"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(said)) {
			values = append(values, map[string]any{"name": name, "value": said[name]})
		}
		b["values"] = values
	}
	if all == nil {
		return []any{}
	}
	return n.plain(all, "Block", selection)
}

func TestABulkMoveIsSeenByItsActorAndByWhoeverOverseesItsRegion(t *testing.T) {
	t.Parallel()
	d := portfolio(t, 21, 40)
	w := load(t, d)
	s := serve(t, d)
	const query = `query($id: ID!) { node(id: $id) { ... on BulkMove { actor items(first: 100) { totalCount nodes { position programme { regionCode } event { actor } } } } } }`
	for _, who := range readers {
		own, others := 0, 0
		for _, r := range w.rows["BulkMove"] {
			seen := s.get(t, who, query, map[string]any{"id": globalID("BulkMove", r["id"].(string))})["node"] != nil
			if want := r["actor"] == who.Subject || oversees(who, r); seen != want {
				t.Errorf("%s %v: one of %s in %v is seen: %v", who.Subject, who.Grants, r["actor"], r["region_code"], seen)
			}
			if r["actor"] == who.Subject {
				own++
			} else if seen {
				others++
			}
		}
		data := s.get(t, who, `{ bulkMoves(first: 100) { totalCount nodes { actor items { nodes { bulkMove { actor } programme { regionCode } } } } } }`, nil)
		if got := fmt.Sprint(at(data, "bulkMoves.totalCount")); got != fmt.Sprint(own) {
			t.Errorf("%s: %s of their own, want %d", who.Subject, got, own)
		}
		for _, b := range at(data, "bulkMoves.nodes").([]any) {
			for _, i := range at(b, "items.nodes").([]any) {
				if p := at(i, "programme"); p != nil && !has(who, at(p, "regionCode")) {
					t.Errorf("%s %v sees a programme of %v", who.Subject, who.Grants, at(p, "regionCode"))
				}
			}
		}
	}
}
