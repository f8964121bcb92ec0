package host

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

func TestRuleFilesOfAllRegionsShareOneProcessAndComeBackWithIt(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	h := c.followed(nil)
	regions := []string{"31", "32", "33"}
	v := c.upload(domain.RuleFile, "bersama", "1", "")
	for _, region := range regions {
		c.activate(region, "bersama", v, domain.Everyone, "")
	}
	pids := map[int]bool{}
	for _, region := range regions {
		c.untilSays(h, question(region), "bersama", "1 "+region+" {}")
		s := statusOf(h, "bersama", region)[0]
		pids[s.PID] = true
		if s.State != Ready || s.Revision != 1 || s.Version != "1" || s.Memory == 0 {
			t.Errorf("%+v", s)
		}
	}
	if len(pids) != 1 {
		t.Fatalf("they run in the processes %v", pids)
	}
	for pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		until(t, "its end was seen", func() bool { return statusOf(h, "bersama", "31")[0].Restarts > 0 })
	}
	for _, region := range regions {
		c.untilSays(h, question(region), "bersama", "1 "+region+" {}")
		if s := statusOf(h, "bersama", region)[0]; pids[s.PID] || len(s.Failures) != 1 || !strings.Contains(s.LastError, "killed") {
			t.Errorf("%+v", s)
		}
	}
}

// A file that answers late keeps its own calls waiting: those of other files have room, and the process lives.
func TestAFileThatMakesCallsLateCostsNoOtherFileAnything(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	h := c.followed(func(o *Options) { o.CallTimeout, o.CallsInFlight = 4*time.Second, 2 })
	c.activate("32", "barat", c.upload(domain.RuleFile, "barat", "1", ""), domain.Everyone, "")
	c.activate("33", "tengah", c.upload(domain.RuleFile, "tengah", "1", "late"), domain.Everyone, "")
	c.untilSays(h, question("32"), "barat", "1 32 {}")
	c.untilSays(h, question("33"), "tengah", "unavailable: it did not answer within…")
	pid := statusOf(h, "barat", "32")[0].PID
	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	for range 10 {
		load.Go(func() {
			for ; ctx.Err() == nil; time.Sleep(pace) {
				h.Judge(context.Background(), []workflow.Question{question("33")})
			}
		})
	}
	for began, judged := time.Now(), 0; time.Since(began) < time.Second || judged < 10; judged++ {
		if got := says(t, judge(t, h, "32"), "barat"); got != "1 32 {}" {
			t.Errorf("beside a late file: %s", got)
		}
	}
	stop()
	load.Wait()
	if s := statusOf(h, "barat", "32")[0]; s.PID != pid || s.Restarts > 0 || len(s.Failures) > 0 {
		t.Errorf("%+v", s)
	}
	if s := statusOf(h, "tengah", "33")[0]; s.State != Ready || s.Failures[0].Count < 2 {
		t.Errorf("%+v", s)
	}
}

// A file that brings the process down when it is loaded does so twice at most: then it is left alone.
func TestAFileThatKillsTheProcessIsLeftAlone(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	h := c.followed(nil)
	c.activate("32", "barat", c.upload(domain.RuleFile, "barat", "1", ""), domain.Everyone, "")
	c.untilSays(h, question("32"), "barat", "1 32 {}")
	c.activate("33", "tengah", c.upload(domain.RuleFile, "tengah", "1", "kills"), domain.Everyone, "")
	until(t, "it is left alone", func() bool {
		s := statusOf(h, "tengah", "33")
		other := statusOf(h, "barat", "32")[0]
		return len(s) == 1 && s[0].State == Open && other.State == Ready
	})
	c.untilSays(h, question("32"), "barat", "1 32 {}")
	if s := statusOf(h, "barat", "32")[0]; s.Restarts != 2 {
		t.Errorf("%+v", s)
	}
	if got := says(t, judge(t, h, "33"), "tengah"); !strings.HasPrefix(got, "unavailable: its version 1") {
		t.Error(got)
	}
}

func TestTheLastLinesOfARevisionAreItsOwn(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	h := c.followed(nil)
	for _, at := range []struct {
		region string
		kind   domain.RuleSetKind
	}{{"32", domain.RuleFile}, {"33", domain.RuleFile}, {"34", domain.RuleProgram}} {
		set := "set-" + at.region
		c.activate(at.region, set, c.upload(at.kind, set, "1", ""), domain.Everyone, "")
		c.untilSays(h, question(at.region), set, "1 "+at.region+" {}")
	}
	for _, region := range []string{"32", "33"} {
		key := statusOf(h, "set-"+region, region)[0].Key
		until(t, "its lines are there", func() bool { lines, ok := h.Logs(key); return ok && len(lines) > 0 })
		lines, _ := h.Logs(key)
		if len(lines) != 1 || !strings.Contains(lines[0].Text, key) || lines[0].At.IsZero() {
			t.Errorf("%+v", lines)
		}
	}
	if _, ok := h.Logs("no such revision"); ok {
		t.Error("what does not run has lines")
	}
	j := &journal{}
	for n := range linesKept + 5 {
		j.add(strings.Repeat("x", n*10))
	}
	if kept := j.of(""); len(kept) != linesKept || len(kept[0].Text) != 50 || len([]rune(kept[linesKept-1].Text)) != longestKept+1 {
		t.Errorf("%d lines are kept, from %d characters on", len(kept), len(kept[0].Text))
	}
}

func TestAServerWithoutTheStockProgramSaysSo(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	c.activate("32", "barat", c.upload(domain.RuleFile, "barat", "1", ""), domain.Everyone, "")
	h := c.followed(func(o *Options) { o.RuleFiles = Command{} })
	until(t, "it says so", func() bool {
		return strings.Contains(statusOf(h, "barat", "32")[0].LastError, "runs no rule files")
	})
}

// officeFile is a rule file as an office writes it.
const officeFile = `name: barat
version: 1.0.0
title: {en: Rules of West Java, id: Aturan Jawa Barat}
parameters:
  least: {type: integer, minimum: 1, default: 2}
rules:
  - code: NEEDS_NAMED
    title: {en: Needs are named, id: Kebutuhan disebutkan}
    when: {stages: [IDENTIFY], moves: [ADVANCE]}
    assert: size(needs) >= params.least
    severity: BLOCK
    message: {en: "{n} needs are named; {least} are wanted.", id: "{n} kebutuhan disebutkan; diperlukan {least}."}
    values: {n: size(needs), least: params.least}
    path: [needs]
`

// The same with the stock program that servers have.
func TestRuleFilesAreRunByTheStockProgram(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	v := c.upload(domain.RuleFile, "barat", "1.0.0", "")
	c.holds(v, []byte(officeFile))
	h := c.followed(func(o *Options) { o.RuleFiles = as("rule files") })
	c.activate("32", "barat", v, domain.Everyone, "")
	c.untilSays(h, question("32.73"), "barat", "0 needs are named; 2 are wanted.")
	c.activate("32", "barat", v, domain.Everyone, `{"least": 5}`)
	c.untilSays(h, question("32.73"), "barat", "0 needs are named; 5 are wanted.")
	if kinds, err := h.Needs(t.Context(), "32"); err != nil || len(kinds) != 1 || kinds[0] != workflow.NeedFacts {
		t.Errorf("%v, %v", kinds, err)
	}
	broken := c.upload(domain.RuleFile, "barat", "2.0.0", "")
	c.holds(broken, []byte(strings.Replace(strings.Replace(officeFile, "1.0.0", "2.0.0", 1), "size(needs) >= params", "size(need) >= params", 1)))
	c.activate("32", "barat", broken, domain.Everyone, "")
	until(t, "its problem is known", func() bool {
		s := statusOf(h, "barat", "32")
		return len(s) == 2 && strings.Contains(s[0].LastError, "barat.yaml, line 10, column")
	})
	c.untilSays(h, question("32.73"), "barat", "0 needs are named; 5 are wanted.")
	if os.Getenv("BERDAYA_LONG") == "" {
		return
	}
	for n := range 100 {
		c.activate("32", "barat", v, domain.Everyone, `{"least": `+strings.Repeat("1", n%5+1)+`}`)
		c.untilSays(h, question("32.73"), "barat", "0 needs are named; "+strings.Repeat("1", n%5+1)+" are wanted.")
	}
}

// What an office uploads is tried as programs are: a rule that facts may break is found before it is at work, and named.
func TestAnUploadedRuleFileKeepsTheContract(t *testing.T) {
	t.Parallel()
	h := newHost(t, func(o *Options) { o.RuleFiles = as("rule files") })
	d, err := h.DescribeFile(t.Context(), "barat.yaml", []byte(officeFile))
	if err != nil || d.GetName() != "barat" {
		t.Fatalf("%v, %v", d, err)
	}
	// A parameter that every region must say, a day that is always there, and a year are no reason to refuse a file.
	fine := strings.Replace(officeFile, "least: {type: integer, minimum: 1, default: 2}", "least: {type: integer, minimum: 1}", 1)
	fine = strings.Replace(fine, "size(needs) >= params.least", `days(programme.start_date, today) < 90000 && (today < "2031-01-01" || communities.filter(c, c.primary)[0].kind != "") && size(needs) >= params.least`, 1)
	if _, err := h.DescribeFile(t.Context(), "barat.yaml", []byte(fine)); err != nil {
		t.Error(err)
	}
	for assert, clause := range map[string]string{
		"needs[0].severity > 1": "NO_FACTS",
		"needs.size() < 2 || needs[1].title.size() / needs.filter(n, has(n.score)).size() > 0": "ABSENT_VALUES",
		"needs.map(n, n.votes * 1000000000000).sum() >= 0":                                     "EXTREME_NUMBERS",
	} {
		text := strings.Replace(officeFile, "size(needs) >= params.least", assert, 1)
		_, err := h.DescribeFile(t.Context(), "barat.yaml", []byte(text))
		problems, _ := errors.AsType[domain.Problems](err)
		if len(problems) == 0 || problems[0].Code != domain.CodeBadFile || problems[0].Params["clause"] != clause || !strings.Contains(problems[0].Text.ID, "NEEDS_NAMED") {
			t.Errorf("%s: %v", assert, err)
		}
	}
}
