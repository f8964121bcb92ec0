package main

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/berdaya/berdaya/bench/ripe"
	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/internal/history/historytest"
	"github.com/berdaya/berdaya/internal/members"
)

// Of the bulk move in the storm: so many programmes are ready to move, so many lack what rules ask for, and so many of the ready
// ones somebody moves by hand after they were counted in.
const (
	stormBulk   = domain.MaxBulk
	stormRipe   = 9_000
	stormByHand = 60
)

func TestABulkMoveOfTenThousandUnderKillsOfTwoServersEndsWithOneResultEach(t *testing.T) {
	if os.Getenv(longEnv) == "" {
		t.Skipf("set %s=1 to run it", longEnv)
	}
	seed, began := seedOf(t), time.Now()
	p := newPair(t, seed)
	d := p.open(t)
	seedBulk(t, d)
	made := time.Since(began)
	// Each server has a client; whom either tells something, the other must not contradict.
	first, second := newLedger(p.machine, 0), newLedger(p.second, 0)
	clients := []*mover{newMover(first, p.rng, 0), newMover(second, p.rng, 0)}
	calls := 0
	direct := func(mutation, input string, variables map[string]any) value {
		t.Helper()
		calls++
		return (value{t, clients[calls%2].insist(t, mutation, variables)}).at(input)
	}
	over := make(chan struct{})
	stormy := make(chan struct{})
	go func() {
		defer close(stormy)
		p.storm(t, func() bool {
			select {
			case <-over:
				return true
			default:
				return false
			}
		})
	}()
	stop := func() { close(over); <-stormy }
	stopped := false
	defer func() {
		if !stopped {
			stop()
		}
	}()

	// Each command is given to both servers, as a client does that got no answer and turned to the other.
	var id string
	for range 2 {
		answer := direct(`mutation($input: MoveProgrammesInput!) { moveProgrammes(input: $input) { bulkMove { id total } userErrors { code message } } }`, "moveProgrammes",
			map[string]any{"input": map[string]any{"filter": map[string]any{"region": map[string]any{"under": "32"}}, "move": domain.Advance, "expectedCount": stormBulk, "idempotencyKey": "storm"}})
		if len(answer.list("userErrors")) > 0 || id != "" && id != answer.text("bulkMove.id") {
			t.Fatalf("the bulk move was not begun once: %v, %s", answer.v, id)
		}
		id = answer.text("bulkMove.id")
	}
	state := func(want domain.BulkState) func() bool {
		return func() bool {
			return figure(t, d, `select count(*) from bulk_moves where state = '`+string(want)+`'`) == 1
		}
	}
	until(t, stormBound, "the dry run is complete", state(domain.BulkChecked))
	checked := time.Since(began) - made
	for n := range stormByHand {
		programme := gid.New("Programme", ripe.ID(ripe.First+n*100))
		clients[n%2].patiently(t, func() (bool, string) { // rules that are just starting refuse
			answer := direct(moveMutation, "moveProgramme", map[string]any{"programme": programme, "move": domain.Advance, "dry": false, "key": fmt.Sprintf("by-hand-%d", n)})
			return len(answer.list("userErrors")) == 0, fmt.Sprint(answer.v)
		})
	}
	order := func(mutation string) {
		for n := range 2 {
			answer := direct(`mutation($input: DirectBulkMoveInput!) { `+mutation+`(input: $input) { bulkMove { state } userErrors { code message } } }`, mutation,
				map[string]any{"input": map[string]any{"id": id, "idempotencyKey": mutation}})
			if len(answer.list("userErrors")) > 0 {
				t.Fatalf("%s, time %d: %v", mutation, n+1, answer.v)
			}
		}
	}
	order("runBulkMove")
	until(t, stormBound, "some have moved", func() bool { return figure(t, d, `select moved from bulk_moves`) > 1_000 })
	order("pauseBulkMove")
	until(t, stormBound, "it is paused and nobody works on it", func() bool {
		return figure(t, d, `select count(*) from bulk_moves where state = 'PAUSED' and (leased_until is null or leased_until < now())`) == 1
	})
	paused := figure(t, d, `select moved from bulk_moves`)
	order("resumeBulkMove")
	until(t, stormBound, "it is complete", state(domain.BulkCompleted))
	took := time.Since(began) - made
	stopped = true
	stop()

	for what, query := range map[string]string{
		"items are other than in the bulk move":                  `select count(*) - 10000 from bulk_move_items`,
		"items are other than moved or refused":                  `select count(*) from bulk_move_items where outcome not in ('MOVED', 'REFUSED')`,
		"programmes other than those that were ready have moved": `select count(*) - 8940 from bulk_move_items where outcome = 'MOVED'`,
		"programmes that lack something were not blocked":        `select count(*) - 1000 from bulk_move_items where outcome = 'REFUSED' and code = 'BLOCKED'`,
		"programmes moved by hand are not in conflict":           `select count(*) - 60 from bulk_move_items where outcome = 'REFUSED' and code = 'CONFLICT'`,
		"counts differ from the items":                           `select count(*) from bulk_moves where moved <> 8940 or refused <> 1060 or pending + allowed + skipped <> 0`,
		"items name an event that is not their programme's":      `select count(*) from bulk_move_items i left join programme_events e on e.id = i.event_id and e.programme_id = i.programme_id where i.outcome = 'MOVED' and e.id is null`,
		"ready programmes have another number of moves than one": `select count(*) from (select p.id from programmes p left join programme_events e on e.programme_id = p.id and e.kind = 'MOVED' where p.code like 'SIAP-%' group by p.id having count(e.id) <> 1) x`,
		"programmes that lack something have moved":              `select count(*) from programmes p join programme_events e on e.programme_id = p.id and e.kind = 'MOVED' where p.code like 'SOAK-%'`,
		"ready programmes are elsewhere than in the next stage":  `select count(*) from programmes where code like 'SIAP-%' and (stage <> 'PLAN' or status <> 'ACTIVE')`,
	} {
		if n := figure(t, d, query); n != 0 {
			t.Errorf("%.0f %s", n, what)
		}
	}
	historytest.Verify(t, d.Histories())
	_ = d.Close()
	p.end(t)
	if !t.Failed() { // what it says is true then
		fmt.Printf("\ntwo servers, seed %d, %s\n  bulk move   10,000 programmes: 8,940 moved, 1,000 blocked, 60 in conflict, one result and one event each; dry run %s, all %s; paused at %.0f\n  kills       %s\n  left behind nothing: %s\n",
			seed, time.Since(began).Round(time.Second), checked.Round(time.Second), took.Round(time.Second), paused, p.said(), p.left)
	}
}

// stormBound is how long each part of the bulk move may take: after a kill it stands still until the lease of the server that
// was killed has ended, and the next kill is never far.
const stormBound = 30 * time.Minute

// seedBulk makes the programmes, all in one province.
func seedBulk(t *testing.T, d *db.DB) {
	t.Helper()
	who := members.New(d, domain.SystemClock{}, domain.RandomIDs{})
	coordinator, err := who.EnsureDevelopment(t.Context(), domain.Coordinator, "32")
	if err != nil {
		t.Fatal(err)
	}
	if err := ripe.Make(t.Context(), d, coordinator, []string{"32.01", "32.73"}, stormRipe, time.Now().AddDate(0, 0, -20)); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	for n := range stormBulk - stormRipe {
		programmeWithoutTimers(t, d, coordinator, fmt.Sprintf("SOAK-%04d", n), now)
	}
}
