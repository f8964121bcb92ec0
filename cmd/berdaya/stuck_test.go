package main

import (
	"testing"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/standstill"
	"github.com/berdaya/berdaya/workflow"
)

const stuckQuery = `{ stuck(region: {under: "32"}) { stage ruleSet rule title severity programmes maxDays } board(region: {under: "32"}) { stage status count overdue maxDays } diagram(region: {under: "32"}) }`

// TestWhatStopsAProgrammeIsSeenSoonAndGoesWithIt asks real rules by the jobs of a running server.
func TestWhatStopsAProgrammeIsSeenSoonAndGoesWithIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.startWork(t.Context())
	p := w.as(t, "coordinator", "32.04")
	programme := p.programme("AIR-1")
	rules := func(of person) map[string]string {
		found := map[string]string{}
		for _, row := range of.ask(stuckQuery, nil).list("stuck") {
			if row.text("ruleSet") != "national" || row.at("programmes").v != 1.0 || row.text("severity") != string(domain.SeverityBlock) {
				t.Fatalf("%v", row.v)
			}
			found[row.text("rule")] = row.text("stage") + ": " + row.text("title")
		}
		return found
	}
	until(t, time.Minute, "what stops the programme is seen", func() bool {
		// The server looks every ten seconds; this asks it to look now.
		if err := w.db.Standing().Enqueue(t.Context(), workflow.Job{Kind: standstill.Kind, Key: standstill.Kind}); err != nil {
			t.Fatal(err)
		}
		return len(rules(p)) == 3
	})
	if title := rules(p)["NEED_RANKED"]; title != "IDENTIFY: Kebutuhan telah diberi peringkat" {
		t.Error(title)
	}
	if title := rules(p.in("en"))["NEED_RANKED"]; title != "IDENTIFY: A need is ranked" {
		t.Error(title)
	}
	if elsewhere := w.as(t, "viewer", "33").ask(stuckQuery, nil); len(elsewhere.list("stuck")) > 0 || len(elsewhere.list("board")) > 0 {
		t.Errorf("another province sees %v", elsewhere.v)
	}
	list := p.ask(`{ blockedProgrammes(filter: {stage: IDENTIFY, ruleSet: "national", rule: "NEED_RANKED"}) { totalCount nodes { waivable programme { code blocks { totalCount } } } } }`, nil)
	if list.text("blockedProgrammes.nodes.0.programme.code") != "AIR-1" || list.at("blockedProgrammes.nodes.0.programme.blocks.totalCount").v != 3.0 {
		t.Errorf("%v", list.v)
	}
	p.identify(programme)
	p.moved(programme, domain.Advance, nil, domain.Plan, domain.Active)
	for rule, at := range rules(p) {
		if at[:4] != "PLAN" {
			t.Errorf("%s %s: it is in PLAN, and what stopped it before went on", rule, at)
		}
	}
}
