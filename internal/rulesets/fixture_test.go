package rulesets_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/rulesets"
	"github.com/berdaya/berdaya/workflow"
)

func of[T any](v T) *T { return &v }

var morning = time.Date(2026, 5, 4, 1, 0, 0, 0, time.UTC)

// clock stands still until a test lets it go on.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) goOn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// checker is a checker whose files say their name and version in two words, and programs too once they are unpacked. A third word
// "wrong" is a problem, "away" is that it cannot be checked now, and "takes" that it takes parameters.
type checker struct{ store db.Catalogue }

func described(text string) (json.RawMessage, error) {
	words := strings.Fields(text)
	switch {
	case len(words) > 2 && words[2] == "wrong":
		e := domain.Errorf(domain.CodeBadFile, "it is wrong").In("salah")
		e.Params = map[string]any{"line": 3, "column": 7}
		return nil, domain.Problems{e}
	case len(words) > 2 && words[2] == "away":
		return nil, domain.Errorf(domain.CodeRulesUnavailable, "nobody can check it now")
	}
	d := map[string]any{"name": words[0], "version": words[1], "title": map[string]string{"en": "Rules of " + words[0]}}
	if len(words) > 2 && words[2] == "takes" {
		d["parametersSchema"] = "days"
	}
	return json.Marshal(d)
}

func (checker) File(_ context.Context, _ string, text []byte) (json.RawMessage, error) {
	return described(string(text))
}

func (checker) Manifest(_ context.Context, archive io.Reader) (name, version string, err error) {
	text, err := unpacked(archive)
	words := strings.Fields(text)
	return words[0], words[1], err
}

func (c checker) Program(ctx context.Context, v *domain.RuleSetVersion) (json.RawMessage, error) {
	var packed bytes.Buffer
	if err := c.store.Artefact(ctx, v.SHA256, &packed); err != nil {
		return nil, err
	}
	text, err := unpacked(&packed)
	if err != nil {
		return nil, err
	}
	return described(text)
}

func unpacked(archive io.Reader) (string, error) {
	plain, err := gzip.NewReader(archive)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(plain)
	return string(text), err
}

func packed(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.Bytes()
}

// parameters have days where they are taken.
func parameters(schema string, given json.RawMessage) error {
	var p map[string]any
	_ = json.Unmarshal(given, &p)
	if (schema == "days") != (p["days"] != nil) || len(p) > 1 {
		return domain.Problems{domain.Errorf(domain.CodeBadUserInput, "give days where they are taken").At("parameters", "days")}
	}
	return nil
}

// office is a catalogue of its own.
type office struct {
	*rulesets.RuleSets
	db    *db.DB
	clock *clock
	fails func(format string, args ...any)
	ctx   context.Context
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{db: dbtest.New(t), clock: &clock{now: morning}, fails: t.Fatalf, ctx: t.Context()}
	dbtest.Regions(t, o.db, "32.73.05", "33.01")
	dbtest.Member(t, o.db, "citra")
	o.RuleSets = &rulesets.RuleSets{Store: o.db.Catalogue(), Checker: checker{o.db.Catalogue()}, Parameters: parameters, Reserved: []string{"national"}, Clock: o.clock, IDs: domain.RandomIDs{}}
	return o
}

func admin(subject string, role domain.Role, region string) access.Actor {
	return access.Actor{Subject: subject, Locale: domain.English, Grants: []access.Grant{{Role: role, Region: region}}}
}

var (
	ani  = admin("ani", domain.RegionalAdmin, "32")
	budi = admin("budi", domain.NationalAdmin, "ID")
	dewi = admin("dewi", domain.NationalAdmin, "ID")
)

// uploads uploads content.
func (o *office) uploads(actor access.Actor, content []byte, region *string, key *string) (uuid.UUID, error) {
	sum := sha256.Sum256(content)
	return o.Upload(o.ctx, actor, rulesets.Upload{File: "rules.yaml", Content: bytes.NewReader(content), Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:]), RegionCode: region, Key: key})
}

// check does the jobs of checking that wait, as a server would.
func (o *office) check() {
	var waiting []uuid.UUID
	if err := o.db.Bun.NewRaw(`select id from rule_set_versions where state = 'UPLOADED'`).Scan(o.ctx, &waiting); err != nil {
		o.fails("%v", err)
	}
	for _, id := range waiting {
		args := json.RawMessage(fmt.Sprintf(`{"version": %q}`, id))
		if err := o.Check(o.ctx, workflow.JobRun{Kind: rulesets.CheckJob, Args: args}); err != nil {
			o.fails("%v", err)
		}
	}
}

func (o *office) version(id uuid.UUID) *domain.RuleSetVersion {
	v, err := o.Store.Version(o.ctx, id)
	if err != nil || v == nil {
		o.fails("version %s: %v", id, err)
	}
	return v
}

// programme begins a programme that entered its stage now.
func (o *office) programme(region, code string) uuid.UUID {
	now := o.clock.Now()
	p := &domain.Programme{Record: domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: now, UpdatedAt: now}, RegionCode: region, Code: code, Title: "x", StartDate: "2026-01-01",
		EndDate: "2026-12-31", Coordinator: "citra", Stage: domain.Plan, Status: domain.Active, StageEnteredAt: now, Version: 1, FactsVersion: 1}
	if _, err := o.db.Bun.NewInsert().Model(p).Exec(o.ctx); err != nil {
		o.fails("%v", err)
	}
	return p.ID
}

// binds gives by which revisions a programme is bound.
func (o *office) binds(id uuid.UUID) string {
	bound, err := o.Bound(o.ctx, []uuid.UUID{id})
	if err != nil {
		o.fails("%v", err)
	}
	var all []string
	for _, a := range bound[id] {
		all = append(all, fmt.Sprintf("%s:%s@%s/%d", a.RegionCode, a.RuleSet.Name, a.Version.Version, a.Revision))
	}
	return strings.Join(all, " ")
}
