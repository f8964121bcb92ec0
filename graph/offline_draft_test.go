package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/offline"
)

const mergeQuery = `mutation($in: MergeDraftInput!) { mergeDraft(input: $in) { id draft { id state settledBy madeId input } blocks { rule } userErrors { code path } } }`

const dropQuery = `mutation($in: DropDraftInput!) { dropDraft(input: $in) { draft { id state settledBy reason input } userErrors { code path } } }`

// settled is the answer to a merge or a drop.
type settled struct {
	ID         string
	UserErrors []struct {
		Code string
		Path []string
	}
	Draft *struct {
		ID, State, SettledBy, Reason, MadeID string
		Input                                any
	}
}

func (s settled) code() string {
	if len(s.UserErrors) == 0 {
		return ""
	}
	return s.UserErrors[0].Code + " " + strings.Join(s.UserErrors[0].Path, ".")
}

func (v *village) settle(subject, query string, in command) (s settled) {
	v.Helper()
	for _, payload := range v.ask(subject, query, map[string]any{"in": in}) {
		text, _ := json.Marshal(payload)
		if err := json.Unmarshal(text, &s); err != nil {
			v.Fatal(err)
		}
	}
	return s
}

// draft has a command kept as a draft and gives the draft's id.
func (v *village) draft(subject string, c command) string {
	v.Helper()
	r := v.submit(subject, false, c)[0]
	if r.Outcome != "DRAFT" {
		v.Fatalf("%+v", r)
	}
	return r.Draft.ID
}

func TestADraftIsMergedOnceWithWhatWasPutRight(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	_, programme := v.begun()
	wrong := on("createNeed", with(need(programme, newID(), "Water"), command{"severity": 9}))
	draft := v.draft("ani", wrong)
	right := on("createNeed", need(programme, newID(), "Water"))
	in := command{"draftId": draft, "command": right, "idempotencyKey": "merge"}
	if s := v.settle("ani", mergeQuery, command{"draftId": draft, "command": wrong}); s.code() != "BAD_USER_INPUT input.severity" || s.Draft.State != "OPEN" {
		t.Fatalf("%+v", s)
	}
	first := v.settle("budi", mergeQuery, in)
	if first.code() != "" || first.Draft.State != "MERGED" || first.Draft.SettledBy != "budi" || first.Draft.MadeID != first.ID || first.ID == "" {
		t.Fatalf("%+v", first)
	}
	if diff := cmp.Diff(first, v.settle("budi", mergeQuery, in)); diff != "" {
		t.Error("sent again:", diff)
	}
	in["command"] = on("createNeed", need(programme, newID(), "Roads"))
	if s := v.settle("budi", mergeQuery, in); s.code() != "IDEMPOTENCY_MISMATCH input.idempotencyKey" {
		t.Errorf("another command under the same key: %+v", s)
	}
	for _, s := range []settled{
		v.settle("ani", mergeQuery, command{"draftId": draft, "command": on("createNeed", need(programme, newID(), "Roads"))}),
		v.settle("citra", dropQuery, command{"draftId": draft, "reason": "Twice"}),
	} {
		if s.code() != "CONFLICT input.draftId" {
			t.Errorf("%+v", s)
		}
	}
	if r := v.submit("ani", false, wrong)[0]; r.Outcome != "DRAFT" || r.Draft.State != "MERGED" {
		t.Errorf("the list sent again: %+v", r)
	}
	if n := v.count(`select count(*) from needs`); n != 1 {
		t.Errorf("%d needs", n)
	}
}

func TestADraftThatManyMergeAtOnceIsMergedOnce(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	_, programme := v.begun()
	drafts := map[string]command{}
	drafts[v.draft("ani", on("createNeed", with(need(programme, newID(), "Water"), command{"severity": 9})))] = command{}
	v.rules.answer.Store(blocking)
	advance := with(on("moveProgramme", command{"programmeId": programme, "move": "ADVANCE"}), command{"expectedVersion": 1})
	drafts[v.draft("ani", advance)] = advance
	v.rules.answer.Store(nil)
	answers := make(chan error, 12)
	for id, c := range drafts {
		for i := range 6 {
			merge := c
			if len(c) == 0 {
				merge = on("createNeed", need(programme, newID(), "Water"))
			}
			go func() {
				_, _, err := v.post(context.Background(), []string{"ani", "budi", "citra"}[i%3], mergeQuery, map[string]any{"in": command{"draftId": id, "command": merge}})
				answers <- err
			}()
		}
	}
	for range cap(answers) {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	if needs, version, merged := v.count(`select count(*) from needs`), v.count(`select version from programmes`), v.count(`select count(*) from drafts where state = 'MERGED'`); needs != 1 || version != 2 || merged != 2 {
		t.Errorf("%d needs, version %d, %d merged", needs, version, merged)
	}
}

func TestADraftIsDroppedForAReason(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	_, programme := v.begun()
	draft := v.draft("ani", on("createNeed", with(need(programme, newID(), "Water"), command{"severity": 9})))
	for reason, want := range map[string]string{" ": "REASON_REQUIRED input.reason", strings.Repeat("x", 10_001): "BAD_USER_INPUT input.reason"} {
		if s := v.settle("ani", dropQuery, command{"draftId": draft, "reason": reason}); s.code() != want {
			t.Errorf("%+v", s)
		}
	}
	in := command{"draftId": draft, "reason": "Entered twice", "idempotencyKey": "drop"}
	for range 2 {
		if s := v.settle("citra", dropQuery, in); s.code() != "" || s.Draft.State != "DROPPED" || s.Draft.Reason != "Entered twice" || s.Draft.SettledBy != "citra" {
			t.Errorf("%+v", s)
		}
	}
}

func TestADraftIsSeenAndSettledByItsAuthorAndWhoMovesTheProgramme(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	_, programme := v.begun()
	about := v.draft("fajar", on("createNeed", need(programme, newID(), "Water"))) // no facilitator enters needs
	nowhere := v.draft("fajar", on("createNeed", need(newID(), newID(), "Water")))
	hidden := v.draft("eka", on("createNeed", need(programme, newID(), "Water"))) // which eka does not see
	const seen = `query($id: ID!) { node(id: $id) { id } }`
	for _, c := range []struct {
		subject, draft string
		sees           bool
	}{
		{"fajar", about, true}, {"ani", about, true}, {"budi", about, true}, {"citra", about, true}, {"dedi", about, false}, {"eka", about, false},
		{"fajar", nowhere, true}, {"ani", nowhere, false}, {"citra", nowhere, false},
		{"eka", hidden, true}, {"citra", hidden, false},
	} {
		if found := v.ask(c.subject, seen, map[string]any{"id": c.draft})["node"] != nil; found != c.sees {
			t.Errorf("%s sees %s: %v", c.subject, c.draft, found)
		}
		if c.sees {
			continue
		}
		for _, s := range []settled{
			v.settle(c.subject, dropQuery, command{"draftId": c.draft, "reason": "x"}),
			v.settle(c.subject, mergeQuery, command{"draftId": c.draft, "command": on("createNeed", need(programme, newID(), "Roads"))}),
		} {
			if s.code() != "NOT_FOUND input.draftId" || s.Draft != nil {
				t.Errorf("%s settles %s: %+v", c.subject, c.draft, s)
			}
		}
	}
	data := v.ask("ani", `{ programmes { nodes { drafts { totalCount nodes { author } } } } viewer { drafts { totalCount } } }`, nil)
	text, _ := json.Marshal(data)
	if want := `{"programmes":{"nodes":[{"drafts":{"nodes":[{"author":"fajar"}],"totalCount":1}}]},"viewer":{"drafts":{"totalCount":0}}}`; string(text) != want {
		t.Errorf("%s", text)
	}
	if s := v.settle("ani", dropQuery, command{"draftId": programme, "reason": "x"}); s.code() != "NOT_FOUND input.draftId" {
		t.Errorf("the id of something else: %+v", s)
	}
}

func TestPeoplesNamesInADraftAreMaskedAndGoneOnceItIsSettled(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	_, programme := v.begun()
	draft := v.draft("fajar", on("createParticipant", command{"clientId": newID(), "trainingEventId": newID(), "name": "Siti", "sex": "FEMALE"}))
	training := newID()
	list := v.submit("ani", false, on("createTrainingEvent", command{"clientId": training, "programmeId": programme, "title": "Pumps", "venue": "Hall", "capacity": 9}))
	if list[0].Outcome != "DONE" {
		t.Fatalf("%+v", list)
	}
	named := v.draft("fajar", on("createParticipant", command{"clientId": newID(), "trainingEventId": training, "name": "Siti", "sex": "FEMALE", "birthYear": 1700}))
	const input = `query($id: ID!) { node(id: $id) { ... on Draft { input personal userErrors { message } } } }`
	// ani is the programme's coordinator and citra an admin; budi is a coordinator of another programme in the region.
	for subject, sees := range map[string]bool{"fajar": true, "ani": true, "citra": true, "budi": false} {
		text, _ := json.Marshal(v.ask(subject, input, map[string]any{"id": named}))
		if strings.Contains(string(text), "Siti") != sees || !strings.Contains(string(text), `"personal":true`) {
			t.Errorf("%s: %s", subject, text)
		}
	}
	for id, subject := range map[string]string{draft: "fajar", named: "budi"} {
		if s := v.settle(subject, dropQuery, command{"draftId": id, "reason": "Entered twice"}); s.code() != "" || s.Draft.Input != nil {
			t.Errorf("%+v", s)
		}
	}
	if n := v.count(`select count(*) from drafts where drafts::text like '%Siti%'`); n > 0 {
		t.Error("a name is left in a settled draft")
	}
}

func TestAMoveThatWasBlockedIsMerged(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	_, programme := v.begun()
	move := with(on("moveProgramme", command{"programmeId": programme, "move": "ADVANCE"}), command{"expectedVersion": 1})
	v.rules.answer.Store(blocking)
	draft := v.draft("ani", move)
	in := command{"draftId": draft, "command": move, "idempotencyKey": "m"}
	if s := v.settle("ani", mergeQuery, in); s.code() != "BLOCKED input" || s.Draft.State != "OPEN" {
		t.Fatalf("%+v", s)
	}
	v.rules.answer.Store(nil)
	for range 2 {
		if s := v.settle("ani", mergeQuery, in); s.code() != "" || s.Draft.State != "MERGED" || s.ID == "" {
			t.Fatalf("%+v", s)
		}
	}
	in["command"] = with(on("moveProgramme", command{"programmeId": programme, "move": "HOLD", "reason": "Rain"}), command{"expectedVersion": 2})
	if s := v.settle("ani", mergeQuery, in); s.code() != "IDEMPOTENCY_MISMATCH input.idempotencyKey" {
		t.Errorf("another move under the same key: %+v", s)
	}
	in["idempotencyKey"] = "another"
	if s := v.settle("ani", mergeQuery, in); s.code() != "CONFLICT input.draftId" {
		t.Errorf("a settled draft: %+v", s)
	}
	if n := v.count(`select version from programmes where id = $1`, programme); n != 2 {
		t.Errorf("version %d", n)
	}
}

// failing is the store with a connection that breaks when a draft is to be marked as settled.
type failing struct {
	offline.Store
	broken atomic.Bool
}

func (f *failing) SettleDraft(ctx context.Context, d *domain.Draft) error {
	if f.broken.Load() {
		return errors.New("the connection broke")
	}
	return f.Store.SettleDraft(ctx, d)
}

func TestAMergeThatBreaksAtTheMarkLeavesNothingAndMayBeSentAgain(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	_, programme := v.begun()
	store := &failing{Store: v.lists.Store}
	v.lists.Store = store
	draft := v.draft("ani", on("createNeed", with(need(programme, newID(), "Water"), command{"severity": 9})))
	in := command{"draftId": draft, "command": on("createNeed", need(programme, newID(), "Water")), "idempotencyKey": "2"}
	store.broken.Store(true)
	if _, _, err := v.post(t.Context(), "ani", mergeQuery, map[string]any{"in": in}); err == nil {
		t.Fatal("nothing broke")
	}
	if n := v.count(`select count(*) from needs`); n != 0 {
		t.Error("the need is there and the draft is not settled")
	}
	store.broken.Store(false)
	if s := v.settle("ani", mergeQuery, in); s.code() != "" || s.Draft.State != "MERGED" {
		t.Errorf("%+v", s)
	}
	if n := v.count(`select count(*) from needs`); n != 1 {
		t.Errorf("%d needs", n)
	}
}
