package trials_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/decisions"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/internal/rulesets"
	"github.com/berdaya/berdaya/internal/trials"
	"github.com/berdaya/berdaya/plugins/host"
	contract "github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/workflow"
)

func of[T any](v T) *T { return &v }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// clock goes on by a millisecond whenever it is looked at, and when a test lets it.
type clock struct{ passed atomic.Int64 }

func (c *clock) Now() time.Time {
	return noon.Add(time.Duration(c.passed.Add(int64(time.Millisecond))))
}

// law is a version of a rule set as a test has it: it judges by a programme's code and by how many women were consulted.
type law struct {
	set, version string
	rules        []article
	blind        bool // whether texts are none of its business
	quotes       bool // whether it names where people were consulted
}

// article is one of its rules.
type article struct {
	code     string
	severity domain.Severity
	waivable domain.Waivable
	of       uint32 // it holds against every so-manieth programme; 0: none
	women    int32  // and against those with fewer
}

// says gives what a law says to a question, in a region where it is at work.
func (l *law) says(region string, q *workflow.Question) workflow.Judgement {
	j := workflow.Judgement{Revisions: []domain.RuleRevision{{RuleSet: l.set, Version: l.version}}}
	women, where := int32(0), ""
	if facts, there := q.Kept.(*contract.Facts); there {
		for _, c := range facts.Consultations {
			women, where = women+c.Female, " at "+c.Place
		}
	} else {
		for _, c := range q.Facts.Consultations {
			women, where = women+int32(c.Female), " at "+c.Place
		}
	}
	if !l.quotes {
		where = ""
	}
	h := fnv.New32()
	_, _ = fmt.Fprint(h, women, q.Facts.Programme.RegionCode)
	for i, a := range l.rules {
		if a.of > 0 && (h.Sum32()+uint32(i))%a.of == 0 || women < a.women {
			j.Blocks = append(j.Blocks, domain.Block{RuleSet: l.set, Version: l.version, Region: region, Rule: a.code, Severity: a.severity, Waivable: a.waivable,
				Message: domain.Text{EN: a.code + " of " + l.version + where, ID: a.code + " dari " + l.version + where}})
		}
	}
	return j
}

// regime is what is at work: the port to the rules, and what runs versions that are tried.
type regime struct {
	mu       sync.Mutex
	atWork   map[workflow.TriedIn]*law
	laws     map[string]*law // by name and version
	away     map[string]bool // who does not answer
	judge    func()          // called with every batch that a version is tried on
	crashed  atomic.Bool     // whether what is tried answers no more until it is started again
	broken   error           // of starting a version
	needless bool            // whether what is at work needs no facts
	starts   atomic.Int64
}

func (r *regime) Needs(context.Context, string) ([]workflow.FactKind, error) {
	if r.needless {
		return nil, nil
	}
	return []workflow.FactKind{workflow.ConsultationFacts}, nil
}

func (r *regime) Judge(ctx context.Context, questions []workflow.Question) []workflow.Judgement {
	return r.Verdicts(ctx, questions)
}

func (r *regime) Verdicts(_ context.Context, questions []workflow.Question) []workflow.Judgement {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]workflow.Judgement, len(questions))
	for i := range questions {
		for in, l := range r.atWork {
			if !domain.Under(questions[i].Facts.Programme.RegionCode, in.Region) {
				continue
			}
			if r.away[l.set] {
				all[i].Unavailable = append(all[i].Unavailable, workflow.Unavailable{RuleSet: l.set, Region: in.Region, Reason: "late"})
				continue
			}
			j := l.says(in.Region, &questions[i])
			all[i].Blocks, all[i].Revisions = append(all[i].Blocks, j.Blocks...), append(all[i].Revisions, j.Revisions...)
		}
	}
	return all
}

func (r *regime) put(l *law, region string) {
	r.change(func() { r.atWork[workflow.TriedIn{RuleSet: l.set, Region: region}] = l })
}

// change changes it, whoever asks it meanwhile.
func (r *regime) change(how func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	how()
}

type candidate struct {
	*regime
	*law
	region string
}

func (candidate) Needs() []workflow.FactKind { return []workflow.FactKind{workflow.ConsultationFacts} }

func (c candidate) Reads(path string) bool {
	return !c.blind && strings.HasPrefix(path, "consultations.")
}

func (c candidate) Verdicts(ctx context.Context, questions []workflow.Question) []workflow.Judgement {
	c.mu.Lock()
	judge, away := c.judge, c.away[c.version]
	c.mu.Unlock()
	if judge != nil {
		judge()
	}
	all := make([]workflow.Judgement, len(questions))
	for i := range questions {
		if ctx.Err() != nil || away || c.crashed.Load() {
			all[i].Unavailable = []workflow.Unavailable{{RuleSet: c.set, Region: c.region, Reason: "late"}}
		} else {
			all[i] = c.says(c.region, &questions[i])
		}
	}
	return all
}

func (r *regime) Try(ctx context.Context, v *domain.RuleSetVersion, region string, _ json.RawMessage, do func(context.Context, trials.Candidate) error) error {
	r.starts.Add(1)
	r.crashed.Store(false)
	r.mu.Lock()
	broken, l := r.broken, r.laws[v.RuleSet.Name+" "+v.Version]
	r.mu.Unlock()
	if broken != nil {
		return broken
	}
	return do(ctx, candidate{r, l, region})
}

func (r *regime) Shadow(ctx context.Context, v *domain.RuleSetVersion, region string, p json.RawMessage, do func(context.Context, trials.Candidate) error) error {
	return r.Try(ctx, v, region, p, do)
}

func (r *regime) Recall(content []byte) (any, error) { return host.Recall(content) }

// office is a database with rules at work, programmes that move, the decision log, and trials.
type office struct {
	*db.DB
	clock  *clock
	regime *regime
	log    *decisions.Log
	moves  *moving.Moves
	trials *trials.Trials
	codes  int
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{DB: dbtest.New(t), clock: &clock{}, regime: &regime{atWork: map[workflow.TriedIn]*law{}, laws: map[string]*law{}, away: map[string]bool{}}}
	dbtest.Regions(t, o.DB, "32", "32.73", "32.04", "33")
	for _, subject := range []string{"coordinator", admin.Subject, national.Subject} {
		dbtest.Member(t, o.DB, subject)
	}
	recorder, err := host.NewRecorder(host.DefaultMasks)
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	o.log = &decisions.Log{Store: o.Decisions(), Recorder: recorder, Show: host.ShowFacts, Clock: o.clock, IDs: domain.RandomIDs{}, Log: quiet}
	o.log.Start()
	t.Cleanup(func() { o.log.Close(context.Background()) })
	sets := &rulesets.RuleSets{Store: o.Catalogue(), Parameters: func(string, json.RawMessage) error { return nil }, Clock: o.clock, IDs: domain.RandomIDs{}}
	o.moves = &moving.Moves{Store: o.Moving(), Rules: o.regime, Courses: workflow.Default, Clock: o.clock, IDs: domain.RandomIDs{}}
	o.trials = &trials.Trials{Store: o.Trials(), Facts: o.Moving(), Rules: o.regime, Trier: o.regime, Hush: recorder.Hush, Possible: sets.Possible, Clock: o.clock, IDs: domain.RandomIDs{}, Log: quiet, Batch: 7}
	return o
}

func (o *office) insert(t testing.TB, models ...any) {
	t.Helper()
	for _, m := range models {
		if _, err := o.Bun.NewInsert().Model(m).Exec(context.Background()); err != nil {
			t.Fatalf("%T: %v", m, err)
		}
	}
}

func (o *office) count(t testing.TB, query string, args ...any) (n int) {
	t.Helper()
	if err := o.Bun.NewRaw(query, args...).Scan(context.Background(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func record() domain.Record {
	return domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: noon, UpdatedAt: noon}
}

// upload puts a law into the catalogue of a region, ready to be put to work.
func (o *office) upload(t testing.TB, l *law, region string) {
	t.Helper()
	o.regime.change(func() { o.regime.laws[l.set+" "+l.version] = l })
	set := &domain.RuleSet{}
	if err := o.Bun.NewSelect().Model(set).Where("name = ?", l.set).Scan(context.Background()); err != nil {
		*set = domain.RuleSet{Record: record(), Name: l.set, RegionCode: region, Kind: domain.RuleFile}
		o.insert(t, set)
	}
	sum := strings.Repeat("0", 32) + strings.ReplaceAll(uuid.NewString(), "-", "")
	if _, err := o.Bun.ExecContext(context.Background(), `insert into rule_set_artefacts (sha256, created_at, size) values (?, now(), 1)`, sum); err != nil {
		t.Fatal(err)
	}
	o.insert(t, &domain.RuleSetVersion{Record: record(), RuleSetID: set.ID, Version: l.version, SHA256: sum, Size: 1, State: domain.VersionChecked,
		Description: json.RawMessage(`{"name": "x"}`), UploadedBy: "x", CheckedAt: &noon})
}

// programme begins a programme where so many women were consulted.
func (o *office) programme(t testing.TB, region string, women int) uuid.UUID {
	t.Helper()
	o.codes++
	p := &domain.Programme{Record: record(), RegionCode: region, Code: fmt.Sprintf("P-%06d", o.codes), Title: "Air bersih", Goal: "Clean water for all",
		StartDate: "2026-01-01", EndDate: "2027-12-31", Coordinator: "coordinator", FactsVersion: 1}
	d := workflow.Created(workflow.Default, p.ID, p.RegionCode, "coordinator", noon)
	d.Seal(domain.RandomIDs{}, "")
	d.After.Apply(p)
	s := o.Commands()
	if err := s.Transact(context.Background(), func(ctx context.Context) error {
		_, err := s.In(ctx).NewInsert().Model(p).Exec(ctx)
		_, more := s.In(ctx).NewInsert().Model(&domain.Consultation{Record: record(), ProgrammeID: p.ID, HeldOn: "2026-02-01", Kind: "VILLAGE_MEETING", Place: "Hall", Female: women}).Exec(ctx)
		return errors.Join(err, more, s.Begin(ctx, d))
	}); err != nil {
		t.Fatal(err)
	}
	return p.ID
}

func actor(role domain.Role, region string) access.Actor {
	return access.Actor{Subject: string(role) + " " + region, Locale: domain.English, Grants: []access.Grant{{Role: role, Region: region}}}
}

var (
	admin    = actor(domain.RegionalAdmin, "32")
	national = actor(domain.NationalAdmin, "ID")
)

// start begins a trial that must begin.
func (o *office) start(t testing.TB, c trials.Start) uuid.UUID {
	t.Helper()
	if c.Key == nil {
		c.Key = of(uuid.NewString())
	}
	id, err := o.trials.Start(context.Background(), national, c)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// finish works until a trial has ended, and gives it with its differences by id.
func (o *office) finish(t testing.TB, id uuid.UUID) (*domain.RuleTrial, []*domain.RuleTrialDifference) {
	t.Helper()
	for range 1000 {
		more, err := o.trials.Work(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
	}
	return o.read(t, id)
}

func (o *office) read(t testing.TB, id uuid.UUID) (*domain.RuleTrial, []*domain.RuleTrialDifference) {
	t.Helper()
	row, list := new(domain.RuleTrial), []*domain.RuleTrialDifference{}
	if err := o.Bun.NewSelect().Model(row).Where("id = ?", id).Scan(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := o.Bun.NewSelect().Model(&list).Where("rule_trial_id = ?", id).Order("id").Scan(context.Background()); err != nil {
		t.Fatal(err)
	}
	return row, list
}

// move advances programmes, one after the other, and says which may.
func (o *office) move(t testing.TB, ids []uuid.UUID) map[uuid.UUID]bool {
	t.Helper()
	commands := make([]moving.Command, len(ids))
	for i, id := range ids {
		commands[i] = moving.Command{ProgrammeID: id, Move: domain.Advance}
	}
	all, err := o.moves.MoveEach(context.Background(), national, commands)
	if err != nil {
		t.Fatal(err)
	}
	may := map[uuid.UUID]bool{}
	for i, r := range all {
		if r.Err != nil && domain.CodeOf(r.Err) != domain.CodeBlocked {
			t.Fatal(r.Err)
		}
		may[ids[i]] = r.Allowed
	}
	return may
}
