package main

import (
	"syscall"
	"testing"
	"time"

	"github.com/berdaya/berdaya/domain"
)

func TestAKilledRuleProcessBlocksOnlyWhatAsksRulesAndIsBackWithinSeconds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.as(t, "coordinator", "32.04")
	id, other := c.programme("BDG-2026-004"), c.programme("BDG-2026-005")
	c.identify(id)

	// Stopped first, the process cannot answer and the host cannot yet know; killed, it comes back.
	pid := w.rules.Status()[0].PID
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	v := c.refused(id, domain.Advance, nil, domain.CodeRulesUnavailable)
	if v.text("blocks.0.rule") != string(domain.CodeRulesUnavailable) || v.at("blocks.0.retry").v != true {
		t.Errorf("the block says %v", v.v)
	}
	c.moved(other, domain.Hold, map[string]any{"reason": "Balai desa diperbaiki."}, domain.Identify, domain.OnHold)
	if got := c.ask(`query ($id: ID!) { programme(id: $id) { code } }`, map[string]any{"id": id}).text("programme.code"); got != "BDG-2026-004" {
		t.Error(got)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, time.Minute, "the programme advances", func() bool {
		return len(c.move(id, domain.Advance, nil).list("userErrors")) == 0
	})
	if now := w.rules.Status()[0]; now.PID == pid || now.Restarts == 0 {
		t.Errorf("the rules were not started anew: %+v", now)
	}
}
