package host

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// playable is a copy of the test binary where every user can run it, as the artefacts of programs do.
var playable = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("BERDAYA_TEST_PLAYABLE"); path != "" {
		return path, nil
	}
	own, err := os.Executable()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "berdaya-host-test-")
	if err != nil {
		return "", err
	}
	in, err := os.Open(own)
	if err != nil {
		return "", err
	}
	defer in.Close()
	out, err := os.OpenFile(filepath.Join(dir, "play"), os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(out, in)
	return out.Name(), errors.Join(err, os.Chmod(dir, 0o755), out.Close())
})

// catalogue is a source that a test fills.
type catalogue struct {
	t         testing.TB
	mu        sync.Mutex
	now       time.Time
	all       []*domain.RuleActivation // sorted
	revisions map[string]int
	sets      map[string]*domain.RuleSet
	artefacts map[string][]byte
	away      error
	reads     int
}

func newCatalogue(t testing.TB) *catalogue {
	return &catalogue{t: t, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), revisions: map[string]int{},
		sets: map[string]*domain.RuleSet{}, artefacts: map[string][]byte{}}
}

func (c *catalogue) Activations(context.Context) ([]*domain.RuleActivation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads++
	return slices.Clone(c.all), c.away
}

func (c *catalogue) Artefact(_ context.Context, sum string, to io.Writer) error {
	c.mu.Lock()
	content, ok := c.artefacts[sum]
	away := c.away
	c.mu.Unlock()
	if away != nil {
		return away
	}
	if !ok {
		return domain.Errorf(domain.CodeNotFound, "there is no artefact %s", sum)
	}
	_, err := to.Write(content)
	return err
}

func (c *catalogue) goAway(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.away = err
}

func (c *catalogue) asked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reads
}

// version is one of a rule set that says its version in a verdict, and has a fault.
type version struct {
	number string
	id     uuid.UUID
	sum    string
}

// upload puts a version into the catalogue. A program is a script that has the test binary play it.
func (c *catalogue) upload(kind domain.RuleSetKind, set, number, fault string) *version {
	c.t.Helper()
	v := &version{number: number, id: uuid.New()}
	content := []byte(strings.Join([]string{set, number, fault}, "\n"))
	if kind == domain.RuleProgram {
		content = c.pack(set, number, "office", set, number, fault)
	}
	v.sum = sumOfBytes(content)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.artefacts[v.sum] = content
	if c.sets[set] == nil {
		c.sets[set] = &domain.RuleSet{Record: domain.Record{ID: uuid.New()}, Name: set, Kind: kind}
	}
	return v
}

// pack makes the artefact of a program that plays a part.
func (c *catalogue) pack(set, number string, part ...string) []byte {
	c.t.Helper()
	binary, err := playable()
	if err != nil {
		c.t.Fatal(err)
	}
	script := "#!/bin/sh\nexec '" + binary + "' play '" + strings.Join(part, "' '") + "'\n"
	dir := c.t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rules"), []byte(script), 0o755); err != nil {
		c.t.Fatal(err)
	}
	var packed bytes.Buffer
	m := &Manifest{Name: set, Version: number, Command: "rules", OS: runtime.GOOS, Arch: runtime.GOARCH}
	if _, err := Pack(&packed, dir, m); err != nil {
		c.t.Fatal(err)
	}
	return packed.Bytes()
}

// holds has a version's artefact be something else.
func (c *catalogue) holds(v *version, content []byte) {
	v.sum = sumOfBytes(content)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.artefacts[v.sum] = content
}

func sumOfBytes(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// activate puts a version to work in a region, or takes the set out of work where the version is nil.
func (c *catalogue) activate(region, set string, v *version, mode domain.ActivationMode, parameters string) *domain.RuleActivation {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Minute)
	at := region + " " + set
	c.revisions[at]++
	a := &domain.RuleActivation{Record: domain.Record{ID: uuid.New()}, RegionCode: region, RuleSetID: c.sets[set].ID, RuleSet: c.sets[set],
		Revision: c.revisions[at], Mode: mode, ActivatedAt: c.now, Parameters: json.RawMessage(parameters)}
	if mode == domain.NewEntries && a.Revision == 1 {
		a.BindsSince = &a.ActivatedAt
	}
	if v != nil {
		a.VersionID = &v.id
		a.Version = &domain.RuleSetVersion{Record: domain.Record{ID: v.id}, Version: v.number, SHA256: v.sum, RuleSetID: a.RuleSetID}
	}
	c.all = slices.DeleteFunc(slices.Clone(c.all), func(other *domain.RuleActivation) bool { // as the database does
		return mode == domain.Everyone && other.RegionCode == region && other.RuleSetID == a.RuleSetID
	})
	if v != nil || mode != domain.Everyone {
		c.all = append(c.all, a)
	}
	slices.SortStableFunc(c.all, func(x, y *domain.RuleActivation) int {
		return strings.Compare(x.RegionCode+" "+x.RuleSet.Name, y.RegionCode+" "+y.RuleSet.Name)
	})
	return a
}

// followed gives a host that follows the catalogue.
func (c *catalogue) followed(change func(*Options), bindings ...Binding) *Host {
	c.t.Helper()
	h := newHost(c.t, func(o *Options) {
		o.PollEvery, o.RuleFiles = 20*time.Millisecond, as("files")
		if change != nil {
			change(o)
		}
	}, bindings...)
	if err := h.Follow(c.t.Context(), c); err != nil {
		c.t.Fatal(err)
	}
	return h
}

// entered asks to advance a programme that entered its stage then.
func entered(region string, at time.Time) workflow.Question {
	q := question(region)
	q.Facts.Programme.StageEnteredAt = at
	return q
}

// says gives what a rule set says of itself in a judgement: its version, the region it was told and its parameters. The version
// that the host names must be the same.
func says(t testing.TB, j workflow.Judgement, set string) string {
	t.Helper()
	for _, b := range j.Blocks {
		if b.RuleSet == set {
			if number, _, _ := strings.Cut(b.Message.EN, " "); b.Rule == "SAYS" && number != b.Version {
				t.Errorf("version %s answered in place of %s", number, b.Version)
			}
			return b.Message.EN
		}
	}
	for _, u := range j.Unavailable {
		if u.RuleSet == set {
			return "unavailable: " + u.Reason
		}
	}
	return ""
}

// untilSays waits until a rule set says something; with … at its end, something that begins so.
func (c *catalogue) untilSays(h *Host, q workflow.Question, set, want string) {
	c.t.Helper()
	beginning, open := strings.CutSuffix(want, "…")
	last := ""
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		last = says(c.t, h.Judge(context.Background(), []workflow.Question{q})[0], set)
		if last == want || open && strings.HasPrefix(last, beginning) {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("%s says %q, not %q; %s", set, last, want, fmt.Sprintf("%+v", h.Status()))
		}
	}
}

// statusOf gives how a rule set fares in a region, the newest first.
func statusOf(h *Host, set, region string) (found []Status) {
	for _, s := range slices.Backward(h.Status()) {
		if s.RuleSet == set && s.Region == region {
			found = append(found, s)
		}
	}
	return found
}
