package rulesets_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/rulesets"
	"github.com/berdaya/berdaya/workflow"
)

func code(t *testing.T, what string, err error, want domain.Code) {
	t.Helper()
	if got := domain.CodeOf(err); got != want {
		t.Errorf("%s: %q (%v), want %q", what, got, err, want)
	}
}

func TestAVersionIsWhatItConsistsOf(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first, err := o.uploads(ani, []byte("jabar 1"), of("32"), of("key"))
	if err != nil || o.version(first).State != domain.VersionChecked {
		t.Fatal(err)
	}
	again, err := o.uploads(ani, []byte("jabar 1"), of("32"), of("key"))
	if err != nil || again != first {
		t.Error("the same command:", again, err)
	}
	if same, err := o.uploads(budi, []byte("jabar 1"), nil, nil); err != nil || same != first {
		t.Error("the same content by somebody else:", same, err)
	}
	_, err = o.uploads(ani, []byte("jabar 1 "), nil, nil)
	code(t, "other content", err, domain.CodeAlreadyExists)
	_, err = o.uploads(ani, []byte("jabar 2 "), nil, of("key"))
	code(t, "another command with the key", err, domain.CodeIdempotencyMismatch)
	if second, err := o.uploads(ani, []byte("jabar 2"), nil, nil); err != nil || second == first {
		t.Error("another version:", err)
	}
}

func TestWhatCannotBeUploaded(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if _, err := o.uploads(ani, []byte("jabar 1"), of("32"), nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		actor   access.Actor
		content string
		region  *string
		want    domain.Code
	}{
		"by nobody":                     {access.Actor{}, "x 1", of("32"), domain.CodeUnauthenticated},
		"by a coordinator":              {admin("citra", domain.Coordinator, "32"), "x 1", of("32"), domain.CodeForbidden},
		"by an admin of elsewhere":      {admin("eko", domain.RegionalAdmin, "33"), "x 1", of("32"), domain.CodeForbidden},
		"for a region above":            {ani, "x 1", of("ID"), domain.CodeForbidden},
		"to another's rule set":         {admin("eko", domain.RegionalAdmin, "32.73"), "jabar 2", nil, domain.CodeForbidden},
		"a new one of no region":        {ani, "x 1", nil, domain.CodeBadUserInput},
		"of a region that is not there": {ani, "x 1", of("32.99"), domain.CodeNotFound},
		"to another region":             {ani, "jabar 2", of("32.73"), domain.CodeBadUserInput},
		"a program as a file":           {ani, string(packed("jabar 2")), nil, domain.CodeBadUserInput},
		"nothing":                       {ani, "", of("32"), domain.CodeBadUserInput},
		"a name of the server's":        {ani, "national 1", of("32"), domain.CodeBadFile},
		"a name of no form":             {ani, "Jabar 1", of("32"), domain.CodeBadFile},
		"a file with problems":          {ani, "x 1 wrong", of("32"), domain.CodeBadFile},
		"what nobody can check":         {ani, "x 1 away", of("32"), domain.CodeRulesUnavailable},
		"a file that is too large":      {ani, "x 1 " + strings.Repeat("y", domain.MaxRuleFile), of("32"), domain.CodeTooLarge},
	} {
		_, err := o.uploads(c.actor, []byte(c.content), c.region, nil)
		code(t, name, err, c.want)
		if problems, ok := errors.AsType[domain.Problems](err); name == "a file with problems" && (!ok || problems[0].Path[0] != "file" || problems[0].Params["line"] != 3) {
			t.Errorf("%s: %+v", name, err)
		}
	}
	var events int
	if err := o.db.Bun.NewRaw(`select count(*) from rule_set_events`).Scan(t.Context(), &events); err != nil || events != 2 {
		t.Error("something was left behind:", events, err)
	}
}

func TestAProgramTakesTwoPeople(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, err := o.uploads(budi, packed("prog 1"), of("32"), nil)
	if err != nil || o.version(id).State != domain.VersionUploaded {
		t.Fatal(err)
	}
	named := rulesets.Named{RuleSet: "prog", Version: "1"}
	activation := rulesets.Placed{RuleSet: "prog", Version: "1", RegionCode: "32", Mode: domain.Everyone}
	_, err = o.Activate(t.Context(), ani, activation)
	code(t, "one that is being checked", err, domain.CodeRuleSetNotPossible)
	_, err = o.Approve(t.Context(), dewi, named)
	code(t, "approving one that is being checked", err, domain.CodeRuleSetNotPossible)
	o.check()
	_, err = o.Activate(t.Context(), ani, activation)
	code(t, "one that nobody approved", err, domain.CodeRuleSetNotPossible)
	for _, c := range []struct {
		who   string
		actor access.Actor
		want  domain.Code
	}{
		{"nobody", access.Actor{}, domain.CodeUnauthenticated}, {"an admin of the region", ani, domain.CodeForbidden},
		{"whoever uploaded it", budi, domain.CodeForbidden}, {"another", dewi, ""}, {"another, again", dewi, domain.CodeRuleSetNotPossible},
	} {
		_, err := o.Approve(t.Context(), c.actor, named)
		code(t, c.who, err, c.want)
	}
	if _, err := o.Activate(t.Context(), ani, activation); err != nil {
		t.Error(err)
	}
	if _, err := o.uploads(ani, []byte("file 1"), of("32"), nil); err != nil {
		t.Fatal(err)
	}
	_, err = o.Approve(t.Context(), dewi, rulesets.Named{RuleSet: "file", Version: "1"})
	code(t, "a rule file", err, domain.CodeRuleSetNotPossible)
	_, err = o.Approve(t.Context(), dewi, rulesets.Named{RuleSet: "none", Version: "1"})
	code(t, "what is not there", err, domain.CodeNotFound)
}

func TestAProgramThatFailsSaysWhyAndMayBeCheckedOnceMore(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, err := o.uploads(ani, packed("prog 1 wrong"), of("32"), nil)
	if err != nil {
		t.Fatal(err)
	}
	o.check()
	v := o.version(id)
	var problems []domain.Problem
	if err := json.Unmarshal(v.Problems, &problems); err != nil || v.State != domain.VersionFailed || len(problems) != 1 || problems[0].Message.ID != "salah" || problems[0].Params["line"] != 3.0 {
		t.Errorf("%s %s %v", v.State, v.Problems, err)
	}
	_, err = o.Withdraw(t.Context(), ani, rulesets.Named{RuleSet: "prog", Version: "1"})
	code(t, "withdrawing it", err, domain.CodeRuleSetNotPossible)
	if again, err := o.uploads(ani, packed("prog 1 wrong"), nil, nil); err != nil || again != id || o.version(id).State != domain.VersionUploaded {
		t.Error(again, err)
	}

	away, err := o.uploads(ani, packed("prog 2 away"), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	run := workflow.JobRun{Args: json.RawMessage(`{"version": "` + away.String() + `"}`)}
	code(t, "a check that cannot be made now", o.Check(t.Context(), run), domain.CodeRulesUnavailable)
	if o.version(away).State != domain.VersionUploaded {
		t.Error("it is not tried again")
	}
	run.Last = true
	if err := o.Check(t.Context(), run); err == nil || o.version(away).State != domain.VersionFailed {
		t.Error("a check that can never be made:", err, o.version(away).State)
	}
}

func TestProgrammesKeepTheRulesTheirStageBeganWithUntilTheyAreForEveryone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, content := range []string{"jabar 1", "jabar 2", "all 1"} {
		if _, err := o.uploads(budi, []byte(content), of(map[bool]string{true: "ID", false: "32"}[content == "all 1"]), nil); err != nil {
			t.Fatal(err)
		}
	}
	step := func(do func() (rulesets.Activated, error)) rulesets.Activated {
		t.Helper()
		o.clock.goOn(time.Minute)
		done, err := do()
		if err != nil {
			t.Fatal(err)
		}
		o.clock.goOn(time.Minute)
		if err := o.End(t.Context(), workflow.JobRun{}); err != nil {
			t.Fatal(err)
		}
		return done
	}
	activate := func(set, version, region string, mode domain.ActivationMode) func() (rulesets.Activated, error) {
		return func() (rulesets.Activated, error) {
			return o.Activate(t.Context(), budi, rulesets.Placed{RuleSet: set, Version: version, RegionCode: region, Mode: mode})
		}
	}
	oldest := o.programme("32.73", "OLDEST")
	step(activate("jabar", "1", "32", domain.NewEntries))
	old := o.programme("32.73.05", "OLD")
	step(activate("jabar", "2", "32", domain.NewEntries))
	young := o.programme("32", "YOUNG")
	step(activate("all", "1", "ID", domain.Everyone))
	step(activate("jabar", "1", "32.73", domain.Everyone))
	for id, want := range map[uuid.UUID]string{oldest: "ID:all@1/1 32.73:jabar@1/1", old: "ID:all@1/1 32:jabar@1/1 32.73:jabar@1/1", young: "ID:all@1/1 32:jabar@2/2"} {
		if got := o.binds(id); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	_, err := o.Withdraw(t.Context(), ani, rulesets.Named{RuleSet: "jabar", Version: "1"})
	code(t, "withdrawing what binds", err, domain.CodeRuleSetInUse)
	if e, _ := errors.AsType[*domain.Error](err); e == nil || !slices.Equal(e.Params["regions"].([]string), []string{"32", "32.73"}) {
		t.Errorf("%+v", err)
	}
	step(func() (rulesets.Activated, error) {
		return o.Rollback(t.Context(), ani, rulesets.Placed{RuleSet: "jabar", RegionCode: "32", ExpectedRevision: of(2)})
	})
	step(func() (rulesets.Activated, error) {
		return o.Deactivate(t.Context(), ani, rulesets.Placed{RuleSet: "jabar", RegionCode: "32.73", Mode: domain.Everyone})
	})
	for id, want := range map[uuid.UUID]string{oldest: "ID:all@1/1 32:jabar@1/3", old: "ID:all@1/1 32:jabar@1/3", young: "ID:all@1/1 32:jabar@1/3"} {
		if got := o.binds(id); got != want {
			t.Errorf("rolled back: %s, want %s", got, want)
		}
	}
	if _, err := o.Withdraw(t.Context(), ani, rulesets.Named{RuleSet: "jabar", Version: "2"}); err != nil {
		t.Error("withdrawing what binds nobody:", err)
	}
	_, err = o.Rollback(t.Context(), ani, rulesets.Placed{RuleSet: "jabar", RegionCode: "32", ToRevision: of(2)})
	code(t, "rolling back to what was withdrawn", err, domain.CodeRuleSetNotPossible)
}

func TestRollingBackTwiceGoesBackTwoAndNeverForward(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, content := range []string{"jabar 1", "jabar 2", "jabar 3"} {
		if _, err := o.uploads(ani, []byte(content), of("32"), nil); err != nil {
			t.Fatal(err)
		}
	}
	atWork := func(what string, done rulesets.Activated, err error, version string, restores int) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		set, _ := o.Store.RuleSet(t.Context(), "jabar")
		a, err := o.Store.Activation(t.Context(), set.ID, "32", done.Revision)
		if err != nil || a.Version.Version != version || restores == 0 && a.Restores != nil || restores > 0 && (a.Restores == nil || *a.Restores != restores) {
			t.Errorf("%s: %+v, version %v, want %s of %d", what, a, a.Version, version, restores)
		}
	}
	activate := func(version string) {
		t.Helper()
		done, err := o.Activate(t.Context(), ani, rulesets.Placed{RuleSet: "jabar", Version: version, RegionCode: "32", Mode: domain.NewEntries})
		atWork("activating "+version, done, err, version, 0)
	}
	back := func(what, version string, restores int, to *int) {
		t.Helper()
		done, err := o.Rollback(t.Context(), ani, rulesets.Placed{RuleSet: "jabar", RegionCode: "32", ToRevision: to})
		atWork(what, done, err, version, restores)
	}
	nothing := func(to *int) {
		t.Helper()
		_, err := o.Rollback(t.Context(), ani, rulesets.Placed{RuleSet: "jabar", RegionCode: "32", ToRevision: to})
		code(t, "there is nothing further back", err, domain.CodeRuleSetNotPossible)
	}
	activate("1")
	activate("2")
	activate("3")
	back("once", "2", 2, nil)
	back("twice", "1", 1, nil)
	nothing(nil)
	activate("3") // revision 6
	back("from a new one", "1", 1, nil)
	nothing(nil)
	back("to a rollback", "2", 2, of(4))
	back("further back from there", "1", 1, nil)
	back("forward, where it is asked for", "3", 6, of(6))
	back("from there", "1", 1, nil)
	nothing(of(0))
	nothing(of(13))
}

func TestADryRunSaysHowManyItWouldBindAndDoesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if _, err := o.uploads(ani, []byte("jabar 1 takes"), of("32"), nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []string{"ONE", "TWO"} {
		o.programme("32.73", c)
	}
	o.programme("33.01", "ELSEWHERE")
	p := rulesets.Placed{RuleSet: "jabar", Version: "1", RegionCode: "32", Mode: domain.Everyone, Parameters: json.RawMessage(`{"days": 3}`), DryRun: true}
	done, err := o.Activate(t.Context(), ani, p)
	if err != nil || done != (rulesets.Activated{Revision: 1, Programmes: 2}) {
		t.Errorf("%+v %v", done, err)
	}
	if n, _ := o.Store.Newest(t.Context(), uuid.Nil, "32", 1); len(n) > 0 {
		t.Error("it was done")
	}
	for name, change := range map[string]func(*rulesets.Placed){
		"BAD_USER_INPUT of parameters": func(p *rulesets.Placed) { p.Parameters = nil },
		"BAD_USER_INPUT of a list":     func(p *rulesets.Placed) { p.Parameters = json.RawMessage(`[1]`) },
		"FORBIDDEN elsewhere":          func(p *rulesets.Placed) { p.RegionCode = "33" },
		"FORBIDDEN above":              func(p *rulesets.Placed) { p.RegionCode = "ID" },
		"NOT_FOUND of a region":        func(p *rulesets.Placed) { p.RegionCode = "32.99" },
		"NOT_FOUND of no region":       func(p *rulesets.Placed) { p.RegionCode = "x" },
		"NOT_FOUND of a version":       func(p *rulesets.Placed) { p.Version = "2" },
		"NOT_FOUND of a rule set":      func(p *rulesets.Placed) { p.RuleSet = "jatim" },
		"CONFLICT with the revision":   func(p *rulesets.Placed) { p.ExpectedRevision = of(1) },
	} {
		other := p
		change(&other)
		_, err := o.Activate(t.Context(), ani, other)
		want, _, _ := strings.Cut(name, " ")
		code(t, name, err, domain.Code(want))
	}
	elsewhere := p
	elsewhere.RegionCode = "33"
	_, err = o.Activate(t.Context(), budi, elsewhere)
	code(t, "outside the rule set's region", err, domain.CodeBadUserInput)
	_, err = o.Rollback(t.Context(), ani, p)
	code(t, "nothing to roll back", err, domain.CodeRuleSetNotPossible)
	_, err = o.Deactivate(t.Context(), ani, p)
	code(t, "nothing to deactivate", err, domain.CodeRuleSetNotPossible)
}
