package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/internal/history/historytest"
)

// ledger is what the clients know: what was acknowledged to them, under which key.
type ledger struct {
	m          *machine
	token      string
	programmes []string
	probe      string // a programme that may always advance, and never does
	wanted     int

	mu      sync.Mutex
	moves   map[string]*moveMade // by key
	refused int
	repeats int
	retries map[string]int // by cause
	longest int
}

// moveMade is one move, from its first attempt to its last.
type moveMade struct {
	programme, key string
	variables      map[string]any
	event          string // set when acknowledged
	version        float64
	refusal        domain.Code // set when refused
	unsure         bool        // an attempt got no answer: it may have been carried out, or may be yet
}

func newLedger(m *machine, programmes int) *ledger {
	return &ledger{m: m, wanted: programmes, token: m.issue("regional-admin", "32"), moves: map[string]*moveMade{}, retries: map[string]int{}}
}

// enter enters programmes with all that their rules ask for, but for the report.
func (l *ledger) enter(t *testing.T) {
	t.Helper()
	until(t, 2*time.Minute, "the server answers", func() bool {
		_, err := l.ask(t.Context(), "{ __typename }", nil)
		return err == nil
	})
	p := person{t, l.m.url(), l.token, "id"}
	for n := range l.wanted + 1 {
		id := p.programme(fmt.Sprintf("SOAK-%03d", n))
		p.identify(id)
		if n == l.wanted {
			l.probe = id
			break
		}
		ids := map[string]any{"programme": id}
		indicator := p.plan(id)
		objective := p.created("createObjective", `programmeId: $programme, level: OUTPUT, statement: "Pengurus terlatih"`, ids)
		activity := p.created("createActivity", `programmeId: $programme, objectiveId: $objective, title: "Sudah dimulai", kind: TRAINING, buildsCapacity: true,
			plannedStart: "2026-04-06", plannedEnd: "2026-04-17", actualStart: "2026-04-06"`, map[string]any{"programme": id, "objective": objective})
		p.created("createBudgetLine", `activityId: $activity, description: "Pelatihan", sourceOfFunds: "Dana Desa", planned: "100.00"`, map[string]any{"activity": activity})
		p.train(id)
		p.created("createMeasurement", `indicatorId: $indicator, measuredOn: "2026-09-15", value: "210", source: "Catatan"`, map[string]any{"indicator": indicator})
		l.programmes = append(l.programmes, id)
	}
	l.recovered(t)
}

// answer is what came of asking; unanswered is an attempt whose fate is unknown or that may be tried again.
type unanswered struct{ cause string }

func (u unanswered) Error() string { return u.cause }

var impatient = http.Client{Timeout: 8 * time.Second}

// ask sends a query. Every error is an unanswered.
func (l *ledger) ask(ctx context.Context, query string, variables map[string]any) (map[string]any, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return nil, unanswered{err.Error()}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.m.url()+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, unanswered{err.Error()}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+l.token)
	res, err := impatient.Do(req)
	if err != nil {
		return nil, unanswered{"no connection"}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, unanswered{"the answer broke off"}
	}
	var answer struct {
		Data   map[string]any
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, unanswered{fmt.Sprintf("status %d without JSON", res.StatusCode)}
	}
	if len(answer.Errors) > 0 {
		return nil, unanswered{answer.Errors[0].Extensions.Code}
	}
	if res.StatusCode != http.StatusOK {
		return nil, unanswered{fmt.Sprintf("status %d", res.StatusCode)}
	}
	return answer.Data, nil
}

// recovered waits until everything works: the probe may advance, which takes the server, PostgreSQL and the rules.
func (l *ledger) recovered(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(recoveryBound); ; {
		data, err := l.ask(t.Context(), moveMutation, map[string]any{"programme": l.probe, "move": domain.Advance, "dry": true})
		said := fmt.Sprint(err)
		if err == nil {
			if said = fmt.Sprint(data["moveProgramme"]); (value{t, data}).at("moveProgramme.allowed").v == true {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("not recovered after %s: %s", recoveryBound, said)
		}
		<-after(t.Context(), 20*time.Millisecond)
	}
}

// mover is a client that moves programmes, and asks again until it knows.
type mover struct {
	*ledger
	rng   *rand.Rand
	pause time.Duration
}

func newMover(l *ledger, rng *rand.Rand, pause time.Duration) *mover { return &mover{l, rng, pause} }

// work moves programmes until the context ends, and finishes what it has begun.
func (c *mover) work(ctx context.Context, t *testing.T) {
	for ctx.Err() == nil {
		if c.rng.IntN(10) == 0 {
			c.askAgain(t)
		} else if m := c.choose(t); m != nil {
			c.make(t, m)
		}
		<-after(ctx, c.pause/2+time.Duration(c.rng.Int64N(int64(c.pause))))
	}
}

// choose looks at a programme and chooses a move that makes sense there, if nobody is quicker.
func (c *mover) choose(t *testing.T) *moveMade {
	programme := c.programmes[c.rng.IntN(len(c.programmes))]
	data := c.insist(t, `query ($id: ID!) { programme(id: $id) { stage status version } }`, map[string]any{"id": programme})
	if data == nil {
		return nil
	}
	p := value{t, data}.at("programme")
	move, to := domain.Advance, domain.Stage("")
	switch stage := domain.Stage(p.text("stage")); domain.Status(p.text("status")) {
	case domain.OnHold:
		move = domain.Resume
	case domain.Cancelled, domain.Completed:
		move = domain.Reopen
	default:
		n := c.rng.IntN(10)
		switch {
		case stage != domain.Identify && (n < 3 || stage == domain.ReportResult):
			move, to = domain.SendBack, domain.Stage(domain.Stages[c.rng.IntN(stage.Order())].Code)
		case n == 3:
			move = domain.Cancel
		case n == 4:
			move = domain.Hold
		}
	}
	m := &moveMade{programme: programme, key: uuid.NewString()}
	m.variables = map[string]any{"programme": programme, "move": move, "dry": false, "key": m.key, "reason": "moved under " + m.key}
	if to != "" {
		m.variables["to"] = to
	}
	if c.rng.IntN(2) == 0 {
		m.variables["version"] = p.at("version").v
	}
	return m
}

// make makes a move, again and again under its key, until it is acknowledged or refused, and notes which.
func (c *mover) make(t *testing.T, m *moveMade) {
	c.mu.Lock()
	c.moves[m.key] = m
	c.mu.Unlock()
	c.patiently(t, func() (done bool, cause string) {
		data, err := c.ask(context.Background(), moveMutation, m.variables)
		if err != nil {
			m.unsure = true
			return false, err.Error()
		}
		answer := value{t, data}.at("moveProgramme")
		if wrong := answer.list("userErrors"); len(wrong) > 0 {
			switch code := domain.Code(wrong[0].text("code")); code {
			case domain.CodeRulesUnavailable, domain.CodeUnavailable, domain.CodeInternal:
				return false, string(code)
			case domain.CodeConflict, domain.CodeMoveNotPossible, domain.CodeBlocked, domain.CodeBadUserInput:
				c.mu.Lock()
				defer c.mu.Unlock()
				m.refusal = code
				c.refused++
				return true, ""
			default:
				t.Errorf("%v was refused: %v", m.variables, wrong)
				return true, ""
			}
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		m.event, m.version = answer.text("event.id"), answer.at("event.version").v.(float64)
		return true, ""
	})
}

// askAgain sends a move that was acknowledged once more: it must get the same answer and do nothing.
func (c *mover) askAgain(t *testing.T) {
	c.mu.Lock()
	var acknowledged []*moveMade
	for _, m := range c.moves {
		if m.event != "" {
			if acknowledged = append(acknowledged, m); len(acknowledged) == 20 {
				break
			}
		}
	}
	c.mu.Unlock()
	if len(acknowledged) == 0 {
		return
	}
	m := acknowledged[c.rng.IntN(len(acknowledged))]
	if data := c.insist(t, moveMutation, m.variables); data != nil {
		answer := value{t, data}.at("moveProgramme")
		if len(answer.list("userErrors")) > 0 || answer.text("event.id") != m.event || answer.at("event.version").v != m.version {
			t.Errorf("%+v asked again gave %v", m, answer.v)
		}
		c.mu.Lock()
		c.repeats++
		c.mu.Unlock()
	}
}

// insist asks until there is an answer.
func (c *mover) insist(t *testing.T, query string, variables map[string]any) (data map[string]any) {
	c.patiently(t, func() (bool, string) {
		var err error
		if data, err = c.ask(context.Background(), query, variables); err != nil {
			return false, err.Error()
		}
		return true, ""
	})
	return data
}

// patiently tries until it is done, with longer and longer pauses, and counts why it had to try again.
func (c *mover) patiently(t *testing.T, try func() (done bool, cause string)) {
	pause, deadline := 50*time.Millisecond, time.Now().Add(recoveryBound+time.Minute)
	for {
		done, cause := try()
		if done {
			return
		}
		c.mu.Lock()
		c.retries[cause]++
		c.mu.Unlock()
		if time.Now().After(deadline) {
			t.Errorf("no answer: %s", cause)
			return
		}
		<-after(context.Background(), pause/2+time.Duration(c.rng.Int64N(int64(pause))))
		pause = min(2*pause, time.Second)
	}
}

func (l *ledger) acknowledged() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.moves {
		if m.event != "" {
			n++
		}
	}
	return n
}

// check compares what the clients know with what is there.
func (l *ledger) check(t *testing.T) {
	t.Helper()
	d, err := db.Open(t.Context(), l.m.dsn(t), db.Options{Name: "the check"})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	type entry struct {
		id, programme uuid.UUID
		version       int64
		key           string // that is remembered for it
	}
	// The two tables are put together here: after so many crashes PostgreSQL has no statistics to join them well by.
	type remembered struct {
		event   uuid.UUID
		version int64
	}
	keys := map[remembered]string{}
	rows, err := d.Pool.Query(t.Context(), "select key, ids[2], version from idempotency_keys where cardinality(ids) = 2 and version is not null")
	if err != nil {
		t.Fatal(err)
	}
	var key string
	var outcome remembered
	if _, err := pgx.ForEachRow(rows, []any{&key, &outcome.event, &outcome.version}, func() error {
		keys[outcome] = key
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if rows, err = d.Pool.Query(t.Context(), "select id, programme_id, version, reason from programme_events where kind = 'MOVED'"); err != nil {
		t.Fatal(err)
	}
	there := map[string][]entry{} // by the key in the reason
	var e entry
	var reason string
	if _, err := pgx.ForEachRow(rows, []any{&e.id, &e.programme, &e.version, &reason}, func() error {
		key := strings.TrimPrefix(reason, "moved under ")
		e.key = keys[remembered{e.id, e.version}]
		there[key] = append(there[key], e)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	history := map[string]int{}
	for key, entries := range there {
		m := l.moves[key]
		switch {
		case m == nil || len(entries) != 1 || entries[0].key != key:
			t.Errorf("%q is there as %+v; the client knows %+v", key, entries, m)
		case m.event == "" && !m.unsure:
			t.Errorf("%+v was refused and is there", m)
		case m.event != "" && (gid.New("ProgrammeEvent", entries[0].id) != m.event || float64(entries[0].version) != m.version ||
			gid.New("Programme", entries[0].programme) != m.programme):
			t.Errorf("%+v is there as %+v", m, entries[0])
		default:
			history[m.programme]++
			l.longest = max(l.longest, history[m.programme]+1)
		}
	}
	for key, m := range l.moves {
		if m.event != "" && len(there[key]) != 1 {
			t.Errorf("%+v was acknowledged and is there %d times", m, len(there[key]))
		}
		if m.event == "" && m.refusal == "" {
			t.Errorf("nobody knows what came of %+v", m)
		}
	}
	historytest.Verify(t, d.Histories())
}
