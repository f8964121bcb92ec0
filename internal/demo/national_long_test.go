package demo_test

import (
	"os"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/internal/history/historytest"
	"github.com/berdaya/berdaya/workflow"
)

// mostPages is how many pages of tables and indexes one page of a list may take: fifty rows, each with a region, a community
// and that one's region beside it, of which each takes a walk down an index and a look into a table.
//
// Those of one coordinator in one region are gathered and sorted instead, which takes a page for each of the coordinator's
// programmes; the demo's coordinators have a thousand and more.
const (
	mostPages          = 1_500
	mostPagesGathering = 3_000
)

// TestTheWholeNation makes the portfolio in full size and reads it. It takes some minutes, so it belongs to the long tier.
func TestTheWholeNation(t *testing.T) {
	if os.Getenv("BERDAYA_LONG") == "" {
		t.Skip("set BERDAYA_LONG=1 for the long tests")
	}
	d := dbtest.New(t)
	n := nationOn(t, d, 1)
	began := time.Now()
	phase, since := "", began
	var peak uint64
	n.Progress = func(what string, done, total int) {
		peak = max(peak, resident())
		if what != phase {
			phase, since = what, time.Now()
		}
		if done == total {
			t.Logf("%s: %d after %.1f s", what, total, time.Since(since).Seconds())
		}
	}
	if _, err := n.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("made in %.1f s, at most %d MB of memory, the database has %d MB", time.Since(began).Seconds(), peak>>20,
		count(t, d, "select pg_database_size(current_database()) >> 20"))
	for table, least := range map[string]int{"communities": 83_000, "stakeholders": 50_000, "programmes": 500_000, "programme_stakeholders": 1_500_000,
		"programme_events": 2_000_000} {
		if rows := count(t, d, "select count(*) from "+table); rows < least {
			t.Errorf("%s: %d rows, want at least %d", table, rows, least)
		}
	}
	began = time.Now()
	if made, err := n.Seed(t.Context()); made != 0 || err != nil {
		t.Error(made, err)
	}
	t.Logf("known to be complete after %s", time.Since(began))
	consistent(t, d)
	for _, b := range historytest.Broken(t, d.Histories(), workflow.HistoryScope{Region: "34"}) { // all would take minutes
		t.Errorf("%s: %s", b.Code, &b.Broken)
	}
	t.Run("lists are read from indexes", func(t *testing.T) { readFromIndexes(t, d) })
	t.Run("a scope costs no more", func(t *testing.T) { scopes(t, d) })
}

// resident gives the bytes of memory that this process holds.
func resident() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() - sample[1].Value.Uint64()
}

func readFromIndexes(t *testing.T, d *db.DB) {
	for _, s := range shapes() {
		c := measure(t, d, s)
		t.Logf("%5d pages  %s by %s: %s %v", c.pages, s.list, s.order, s.what, c.worse)
		most := mostPages
		if strings.Contains(s.filter, "region") && strings.Contains(s.filter, "coordinator") {
			most = mostPagesGathering
			c.worse = slices.DeleteFunc(c.worse, func(w string) bool { return !strings.HasPrefix(w, "Seq Scan") })
		}
		if c.pages > most || len(c.worse) > 0 {
			t.Errorf("%s by %s, %s: %d pages, %v", s.list, s.order, s.what, c.pages, c.worse)
		}
	}
}

// scopes compares what a list costs those who see all with what it costs those who see a part.
func scopes(t *testing.T, d *db.DB) {
	for _, c := range []struct{ who, filter, like string }{
		{"COORDINATOR.in.32", "", `region: {under: "32"}`},
		{"COORDINATOR.in.32", `region: {under: "32"}`, `region: {under: "32"}`},
		{"COORDINATOR.in.32", `region: {under: "32.04"}`, `region: {under: "32.04"}`},
		{"COORDINATOR.in.32.04", `region: {under: "32"}`, `region: {under: "32.04"}`},
		{"COORDINATOR.in.32.04", "", `region: {under: "32.04"}`},
		{"COORDINATOR.in.32.04.12", "", `region: {under: "32.04.12"}`},
	} {
		for _, list := range []shape{
			{list: "programmes", order: "UPDATED_AT_DESC", filter: "stage: {eq: TRAIN}", nodes: programmeNodes},
			{list: "programmes", order: "CODE", nodes: programmeNodes},
			{list: "communities", order: "NAME", nodes: communityNodes},
			{list: "stakeholders", order: "UPDATED_AT_DESC", nodes: stakeholderNodes},
		} {
			everybody, one := list, list
			everybody.filter = strings.Trim(c.like+", "+list.filter, ", ")
			one.filter, one.who = strings.Trim(c.filter+", "+list.filter, ", "), c.who
			all, part := measure(t, d, everybody), measure(t, d, one)
			t.Logf("%s by %s: %d pages for %s asking %q, %d for whoever sees all", list.list, list.order, part.pages, c.who, one.filter, all.pages)
			if part.pages > all.pages+all.pages/10+20 || len(part.worse) > len(all.worse) {
				t.Errorf("%s by %s costs %s %d pages %v, but %d %v whoever sees all", list.list, list.order, c.who, part.pages, part.worse, all.pages, all.worse)
			}
		}
	}
}
