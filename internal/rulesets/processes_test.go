package rulesets_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/rulesets"
)

func TestServersSayHowRuleSetsFareToThoseWhoAnswerForThem(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	since := morning.Add(-time.Minute)
	fares := func(region, state string) domain.RuleProcess {
		return domain.RuleProcess{RuleSet: "set-" + region, RegionCode: region, Version: "1", Revision: 1, State: domain.RuleProcessState(state), Since: since, Calls: 1 << 40, Memory: 5 << 30, CPUSeconds: 1.5,
			Failures: []domain.RuleFailure{{First: since, Last: morning, Count: 3, Error: "it crashed"}}, Lines: []domain.RuleLine{{At: since, Text: "of " + region}}}
	}
	status := map[string][]domain.RuleProcess{
		"one": {fares("ID", "READY"), fares("32", "READY"), fares("32.73", "OPEN"), fares("33", "BACKOFF")},
		"two": {fares("32", "STARTING")},
	}
	servers := map[string]*rulesets.Processes{}
	for name := range status {
		servers[name] = &rulesets.Processes{Store: o.db.Catalogue(), Server: name, Status: func() []domain.RuleProcess { return status[name] }, Clock: o.clock, Log: slog.New(slog.DiscardHandler)}
		if err := servers[name].Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sees := func(actor access.Actor, region string, exactly bool) string {
		t.Helper()
		all, err := servers["two"].List(t.Context(), actor, region, exactly)
		if err != nil {
			return string(domain.CodeOf(err))
		}
		var seen []string
		for _, p := range all {
			if len(p.Lines) != 1 || p.Lines[0].Text != "of "+p.RegionCode || p.Calls != 1<<40 || len(p.Failures) != 1 || p.Failures[0].Count != 3 || !p.Since.Equal(since) {
				t.Errorf("%+v", p)
			}
			seen = append(seen, fmt.Sprintf("%s:%s:%s", p.Server, p.RegionCode, p.State))
		}
		return strings.Join(seen, " ")
	}
	for _, c := range []struct {
		who     string
		actor   access.Actor
		region  string
		exactly bool
		want    string
	}{
		{"a national admin", budi, "", false, "one:ID:READY one:32:READY two:32:STARTING one:32.73:OPEN one:33:BACKOFF"},
		{"an auditor", admin("nadia", domain.Auditor, "ID"), "33", false, "one:33:BACKOFF"},
		{"a regional admin", ani, "", false, "one:32:READY two:32:STARTING one:32.73:OPEN"},
		{"a regional admin, of one region", ani, "32", true, "one:32:READY two:32:STARTING"},
		{"a regional admin, of what is above", ani, "ID", false, "one:32:READY two:32:STARTING one:32.73:OPEN"},
		{"a regional admin, of elsewhere", ani, "33", false, ""},
		{"a coordinator", admin("citra", domain.Coordinator, "32"), "", false, ""},
		{"nobody", access.Actor{}, "", false, "UNAUTHENTICATED"},
		{"of no region", budi, "x", false, "BAD_USER_INPUT"},
	} {
		if got := sees(c.actor, c.region, c.exactly); got != c.want {
			t.Errorf("%s sees %s, want %s", c.who, got, c.want)
		}
	}
	status["one"] = []domain.RuleProcess{fares("33", "READY")}
	o.clock.goOn(30 * time.Second)
	if err := servers["one"].Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := sees(budi, "", false); got != "two:32:STARTING one:33:READY" {
		t.Error("what a server no longer has is still there:", got)
	}
	o.clock.goOn(30 * time.Second)
	if got := sees(budi, "", false); got != "one:33:READY" {
		t.Error("a server that says nothing is still there:", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	servers["one"].Tell(ctx) // ends with its context
}
