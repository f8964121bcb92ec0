package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/demo"
	"github.com/berdaya/berdaya/internal/remote"
	"github.com/berdaya/berdaya/plugins/declarative"
)

// portfolio makes the demo portfolio on a bureau's server.
func (d *bureau) portfolio() {
	d.Helper()
	dbtest.Regions(d, d.server.db, "32.04.12.2003", "32.04.12.2002", "32.11.01.2001", "34.03.05.2001", "34.02.08.2001", "34.03.05.2002",
		"53.02.01.2012", "53.17.01.2001", "53.02.01.2013")
	u := d.server.useCases
	if _, err := demo.Seed(d.Context(), demo.Ports{Registry: u.Registry, Programmes: u.Programmes, Content: u.Content, Moves: u.Moves, Timers: d.server.timers,
		There: d.server.db.Demo().There, Actor: d.server.actor}); err != nil {
		d.Fatal(err)
	}
}

// ask asks the server in the name of a role in a region.
func (d *bureau) ask(role, region, document string, variables map[string]any, into any) {
	d.Helper()
	c, err := remote.New(d.url, d.tokenOf(role, region), domain.English, false)
	if err != nil {
		d.Fatal(err)
	}
	if err := c.Ask(d.Context(), document, variables, into); err != nil {
		d.Fatal(err)
	}
}

// stream gives all events of a subscription that ends.
func (d *bureau) stream(role, region, document string) string {
	d.Helper()
	body, err := json.Marshal(map[string]string{"query": document})
	if err != nil {
		d.Fatal(err)
	}
	request, err := http.NewRequestWithContext(d.Context(), http.MethodPost, d.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+d.tokenOf(role, region))
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		d.Fatal(err)
	}
	defer answer.Body.Close()
	events, err := io.ReadAll(answer.Body)
	if err != nil {
		d.Fatal(err)
	}
	return string(events)
}

// standing gives whether each active programme of 32 may advance, by its code, and which of the rule set's rules stop it.
func (d *bureau) standing() (may map[string]bool, stopped map[string]string) {
	d.Helper()
	var answer struct {
		Programmes struct {
			Nodes []struct {
				Code           string
				AvailableMoves []struct {
					Move    string
					Allowed bool
					Blocks  []struct{ RuleSet, Rule, Severity string }
				}
			}
		}
	}
	d.ask("national-admin", "ID", `{ programmes(filter: {region: {under: "32"}, status: {eq: ACTIVE}}, first: 100) { nodes { code availableMoves { move allowed blocks { ruleSet rule severity } } } } }`, nil, &answer)
	may, stopped = map[string]bool{}, map[string]string{}
	for _, p := range answer.Programmes.Nodes {
		for _, m := range p.AvailableMoves {
			if m.Move == "ADVANCE" {
				may[p.Code] = m.Allowed
				for _, b := range m.Blocks {
					if b.RuleSet == "jawa-barat" && b.Severity == "BLOCK" {
						stopped[p.Code] = b.Rule
					}
				}
			}
		}
	}
	return may, stopped
}

// everyStage is the example of a rule file, whose rule about women is asked in every stage.
func everyStage() string {
	return strings.Replace(declarative.Example("jawa-barat", "32"), "stages: [IDENTIFY], moves: [ADVANCE]", "stages: [IDENTIFY, PLAN, TRAIN, MONITOR, REPORT], moves: [ADVANCE]", 1)
}

func (d *bureau) until(what string, done func() bool) {
	d.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			d.Fatal("not within a minute: " + what)
		}
	}
}

func TestWhatACommandSimulatesIsWhatActivatingBrings(t *testing.T) {
	t.Parallel()
	d := newBureau(t)
	d.portfolio()
	rules := everyStage()
	uploaded := d.must("jawa-barat@", "upload", d.file("rules.yaml", rules), "--region", "32")
	name := strings.Fields(uploaded)[1]
	strict := `{"min_women_percent": 99}`
	d.refused("viewer", "32", domain.CodeForbidden, "simulate", name, "--region", "32")
	d.refused("regional-admin", "33", domain.CodeForbidden, "simulate", name, "--region", "32")
	d.refused("regional-admin", "32", domain.CodeBadUserInput, "simulate", name, "--region", "32", "--parameters", `{"min_women_percent": 101}`)

	before, _ := d.standing()
	var said shownTrial
	read := func(out string) {
		t.Helper()
		said = shownTrial{}
		if capital := regexp.MustCompile(`"[A-Z]\w*":`).FindString(out); capital != "" {
			d.Errorf("%s is not as the API has it", capital)
		}
		if err := json.Unmarshal([]byte(out), &said); err != nil {
			t.Fatal(err, out)
		}
	}
	read(d.must("{", "simulate", name, "--region", "32", "--parameters", strict, "--first", "100", "--json"))
	if said.State != domain.TrialCompleted || said.Total != len(before) || said.Done != said.Total || said.NewlyBlocked == 0 || said.NotJudged != 0 || said.More {
		t.Fatalf("%+v of %d", said, len(before))
	}
	text := d.must("newly blocked ", "simulate", name, "--region", "32", "--parameters", strict, "--first", "1")
	if !strings.Contains(text, "WOMEN_HEARD") || !strings.Contains(text, "PROGRAMME") || !strings.Contains(text, "others: --first") {
		t.Error(text)
	}

	d.must("revision 1 in 32", "activate", name, "--region", "32", "--mode", "everyone", "--parameters", strict)
	var after map[string]bool
	var stopped map[string]string
	d.until("the rules are at work", func() bool { after, stopped = d.standing(); return len(stopped) > 0 })
	foretold := map[string]string{}
	for _, n := range said.Differences.Nodes {
		if n.Effect == "BLOCKS" {
			foretold[n.Programme.Code] = n.Rule
		}
		if was, is := before[n.Programme.Code], after[n.Programme.Code]; (n.Change == "NEWLY_BLOCKED") != (was && !is) {
			t.Errorf("%+v, and it could move: %v, and now: %v", n, was, is)
		}
	}
	for code, rule := range stopped {
		if foretold[code] != rule {
			t.Errorf("%s stops %s, and nobody said so", rule, code)
		}
	}
	if len(foretold) != len(stopped) {
		t.Errorf("%v was foretold, and came %v", foretold, stopped)
	}
	read(d.must("{", "simulate", name, "--region", "32", "--parameters", strict, "--json"))
	if said.Unchanged != said.Total || said.Listed != 0 {
		t.Errorf("what is at work would change something: %+v", said)
	}
	read(d.must("{", "simulate", name, "--region", "32", "--json"))
	if said.Freed == 0 || said.NewlyBlocked != 0 {
		t.Errorf("the parameters of before would free nobody: %+v", said)
	}
}

func TestPastAndPresentDecisionsAreTriedByCommands(t *testing.T) {
	t.Parallel()
	d := newBureau(t)
	d.portfolio()
	name := strings.Fields(d.must("jawa-barat@", "upload", d.file("rules.yaml", everyStage()), "--region", "32"))[1]
	strict := `{"min_women_percent": 100}`
	count := func(query string) (n int) {
		if err := d.server.db.Pool.QueryRow(d.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	moved := count(`select count(*) from programme_events e where e.move in ('ADVANCE', 'REOPEN')`)
	d.until("the demo's decisions are kept", func() bool { return count(`select count(*) from decisions where outcome = 'MOVED'`) == moved })
	before := count(`select count(*) from decisions where province_code = '32'`)

	var said shownTrial
	if err := json.Unmarshal([]byte(d.must("{", "replay", name, "--region", "32", "--from", "2020-01-01", "--parameters", strict, "--json")), &said); err != nil {
		t.Fatal(err)
	}
	if said.State != domain.TrialCompleted || said.Done != before || said.NewlyBlocked == 0 || said.NotJudged+said.NewlyBlocked+said.Freed+said.Unchanged != said.Done || said.NotJudged != 0 {
		t.Errorf("%+v of %d", said, before)
	}
	first := said.Differences.Nodes[0]
	listed := d.must("DECIDED", "replay", name, "--region", "32", "--from", "2020-01-01", "--parameters", strict)
	if !strings.Contains(strings.Join(strings.Fields(listed), " "), when(first.DecidedAt)+" "+first.Programme.Code+" ") {
		t.Errorf("the list does not say which decision it was:\n%s", listed)
	}
	if out := d.must("decisions", "replay", name, "--region", "32", "--from", "2020-01-01", "--to", "2020-01-02"); !strings.Contains(out, "0 of 0 decisions") {
		t.Error(out)
	}

	d.must("runs in the shadow in 32 until", "shadow", "start", name, "--region", "32", "--parameters", strict, "--for", "1h")
	d.refused("regional-admin", "32", domain.CodeRuleSetNotPossible, "shadow", "start", name, "--region", "32", "--parameters", strict)
	may, _ := d.standing()
	var list struct {
		Programmes struct{ Nodes []struct{ ID, Code string } }
	}
	d.ask("national-admin", "ID", `{ programmes(filter: {region: {under: "32"}, status: {eq: ACTIVE}}, first: 100) { nodes { id code } } }`, nil, &list)
	move := func(id string) {
		var moved struct {
			MoveProgramme struct{ UserErrors []remote.UserError }
		}
		d.ask("national-admin", "ID", `mutation($input: MoveProgrammeInput!) { moveProgramme(input: $input) { userErrors { code message path params } } }`,
			map[string]any{"input": map[string]any{"programmeId": id, "move": "ADVANCE", "idempotencyKey": uuid.NewString()}}, &moved)
	}
	blocked := slices.IndexFunc(list.Programmes.Nodes, func(p struct{ ID, Code string }) bool { return !may[p.Code] })
	if blocked < 0 {
		t.Fatal("every demo programme may advance")
	}
	// The shadow answers once its process has started: until then nothing is asked of it.
	d.until("the shadow was asked", func() bool {
		move(list.Programmes.Nodes[blocked].ID)
		var shadows []shownTrial
		if err := json.Unmarshal([]byte(d.must("[", "shadow", "show", "--region", "32", "--json")), &shadows); err != nil || len(shadows) != 1 {
			t.Fatal(shadows, err)
		}
		return shadows[0].Done > 0
	})
	if out := d.must("could not be judged 0", "shadow", "show", "jawa-barat", "--region", "32"); !strings.Contains(out, "it runs until") {
		t.Error(out)
	}
	d.must("cancelled", "shadow", "stop", "jawa-barat", "--region", "32")
	d.refused("regional-admin", "32", domain.CodeNotFound, "shadow", "stop", "jawa-barat", "--region", "32")

	var log struct {
		Decisions struct {
			TotalCount int
			Nodes      []struct {
				Outcome string
				Count   int
				Facts   *struct{ Content json.RawMessage }
				Blocks  []struct{ Rule string }
			}
		}
	}
	const asked = `query($p: ID) { decisions(programme: $p, outcome: BLOCKED, first: 1) { totalCount nodes { outcome count facts { content } blocks { rule } } } }`
	programme := map[string]any{"p": list.Programmes.Nodes[blocked].ID}
	d.ask("auditor", "32", asked, programme, &log)
	if log.Decisions.TotalCount == 0 || len(log.Decisions.Nodes[0].Blocks) == 0 || log.Decisions.Nodes[0].Facts == nil || !strings.Contains(string(log.Decisions.Nodes[0].Facts.Content), "programme") {
		t.Errorf("%+v", log)
	}
	d.ask("coordinator", "32", asked, programme, &log) // the demo's programmes are led by this one
	if log.Decisions.TotalCount == 0 || log.Decisions.Nodes[0].Facts != nil {
		t.Errorf("a coordinator: %+v", log)
	}
	d.ask("viewer", "32", asked, programme, &log)
	if log.Decisions.TotalCount != 0 {
		t.Errorf("a viewer: %+v", log)
	}
	d.decisionsByCommands(list.Programmes.Nodes[blocked].Code)
}

func TestStoppingTheCommandCancelsTheTrial(t *testing.T) {
	t.Parallel()
	d := newBureau(t)
	name := strings.Fields(d.must("jawa-barat@", "upload", d.file("rules.yaml", declarative.Example("jawa-barat", "32")), "--region", "32"))[1]
	id := strings.Fields(d.must("began", "simulate", name, "--region", "32", "--detach"))
	d.until("it is done", func() bool {
		out := d.must("Simulation", "trial", id[len(id)-1])
		return strings.Contains(out, "completed")
	})
	for role, want := range map[string]string{"auditor": `"state":"COMPLETED"`, "viewer": "NOT_FOUND"} {
		if events := d.stream(role, "32", `subscription { ruleTrialProgress(id: "`+id[len(id)-1]+`") { trial { state done } } }`); !strings.Contains(events, want) {
			t.Errorf("%s: %s", role, events)
		}
	}
	// One that runs for hours: its row is there, and no slice of work takes it up while it is held.
	if _, err := d.server.db.Pool.Exec(d.Context(), `update rule_trials set state = 'RUNNING', finished_at = null, worker = gen_random_uuid(), leased_until = now() + interval '1 hour'`); err != nil {
		t.Fatal(err)
	}
	a := &asked{speech: speech{locale: domain.English}, out: t.Output(), err: t.Output()}
	var err error
	if a.client, err = remote.New(d.url, d.tokenOf("regional-admin", "32"), domain.English, false); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- a.follow(ctx, id[len(id)-1]) }()
	stop()
	if err := <-stopped; err == nil || !strings.Contains(err.Error(), "cancelled") {
		t.Error(err)
	}
	d.must("cancelled", "trial", id[len(id)-1])
}
