package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/conformance"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
	"github.com/berdaya/berdaya/workflow"
)

func (c *catalogue) version(kind domain.RuleSetKind, set string, v *version) Version {
	return Version{Kind: kind, RuleSet: set, Version: v.number, SHA256: v.sum, Artefact: c.fetch(v.sum)}
}

func (c *catalogue) fetch(sum string) Fetch {
	return func(ctx context.Context, to io.Writer) error { return c.Artefact(ctx, sum, to) }
}

func TestAVersionIsTriedBesideWhatIsAtWork(t *testing.T) {
	eachKind(t, func(t *testing.T, kind domain.RuleSetKind) {
		c := newCatalogue(t)
		h := c.followed(nil)
		c.activate("32", "barat", c.upload(kind, "barat", "1", ""), domain.Everyone, "")
		c.untilSays(h, question("32"), "barat", "1 32 {}")
		before := len(processesOf(h))
		two := c.version(kind, "barat", c.upload(kind, "barat", "2", ""))
		tried := errors.New("tried")
		err := h.Try(t.Context(), two, "33", json.RawMessage(`{"days": 2}`), func(ctx context.Context, candidate Candidate) error {
			if candidate.Description.GetVersion() != "2" {
				t.Errorf("%v", candidate.Description)
			}
			questions := []workflow.Question{question("32.73"), question("51"), question("ID")}
			for _, j := range candidate.Judge(ctx, questions) {
				if got := says(t, j, "barat"); got != `2 33 {"days":2}` || len(j.Checklist) != 1 || j.Checklist[0].TitleEN != "2" {
					t.Errorf("%s, %+v", got, j)
				}
			}
			out, err := candidate.Client.Evaluate(ctx, &rulespb.EvaluateRequest{Revision: "of somebody else"})
			if err != nil || len(out.GetAnswers()) != 0 {
				t.Errorf("%v, %v", out, err)
			}
			if got := says(t, judge(t, h, "32"), "barat"); got != "1 32 {}" {
				t.Errorf("what is at work says %s", got)
			}
			return tried
		})
		if !errors.Is(err, tried) {
			t.Fatal(err)
		}
		until(t, "its process has ended", func() bool { return len(processesOf(h)) == before })
		if s := h.Status(); len(s) != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestWhatIsWrongWithAVersionOrItsParametersIsSaid(t *testing.T) {
	eachKind(t, func(t *testing.T, kind domain.RuleSetKind) {
		c := newCatalogue(t)
		h := newHost(t, func(o *Options) { o.RuleFiles = as("files") })
		never := func(context.Context, Candidate) error { t.Error("it was tried"); return nil }
		for fault, code := range map[string]domain.Code{"other version": domain.CodeBadFile, "refuses": domain.CodeBadUserInput, "problem": domain.CodeBadFile,
			"does not start": domain.CodeBadFile} {
			if (fault == "problem") != (kind == domain.RuleFile) && fault != "other version" && fault != "refuses" {
				continue
			}
			v := c.version(kind, "barat", c.upload(kind, "barat", "1", fault))
			if err := h.Try(t.Context(), v, "32", nil, never); domain.CodeOf(err) != code {
				t.Errorf("%s: %v", fault, err)
			}
		}
		v := c.version(kind, "barat", c.upload(kind, "barat", "1", ""))
		err := h.Try(t.Context(), v, "32", json.RawMessage(`{"days": 0}`), never)
		if problems, _ := err.(domain.Problems); len(problems) != 1 || problems[0].Path[1] != "days" {
			t.Errorf("%v", err)
		}
		v.SHA256 = strings.Repeat("0", 64)
		if err := h.Try(t.Context(), v, "32", nil, never); domain.CodeOf(err) != domain.CodeBadFile {
			t.Errorf("%v", err)
		}
		v.Artefact = c.fetch(v.SHA256)
		if err := h.Try(t.Context(), v, "32", nil, never); domain.CodeOf(err) != domain.CodeNotFound {
			t.Errorf("%v", err)
		}
		if left := processesOf(h); len(left) > 0 {
			t.Errorf("processes %v are left", left)
		}
	})
}

func TestATrialEndsWithWhoeverWantsItAndWithTheServer(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	h := newHost(t, nil)
	v := c.version(domain.RuleProgram, "barat", c.upload(domain.RuleProgram, "barat", "1", ""))
	var closing sync.WaitGroup
	defer closing.Wait()
	for _, end := range []func(context.CancelFunc){func(cancel context.CancelFunc) { cancel() }, func(context.CancelFunc) { closing.Go(func() { closed(t, h) }) }} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if err := h.Try(ctx, v, "32", nil, func(ctx context.Context, _ Candidate) error {
			end(cancel)
			select {
			case <-ctx.Done():
			case <-time.After(patience):
				t.Error("it does not end")
			}
			return ctx.Err()
		}); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		until(t, "its process has ended", func() bool { return len(processesOf(h)) == 0 })
	}
	if err := h.Try(t.Context(), v, "32", nil, nil); domain.CodeOf(err) != domain.CodeUnavailable {
		t.Error(err)
	}
}

func TestOnlySoManyTrialsRunAtATime(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	h := newHost(t, func(o *Options) { o.RuleFiles = as("files") })
	v := c.version(domain.RuleFile, "barat", c.upload(domain.RuleFile, "barat", "1", ""))
	var mu sync.Mutex
	running, most := 0, 0
	var all sync.WaitGroup
	for range mostTrials + 3 {
		all.Go(func() {
			if err := h.Try(t.Context(), v, "32", nil, func(context.Context, Candidate) error {
				mu.Lock()
				running++
				most = max(most, running)
				mu.Unlock()
				time.Sleep(50 * time.Millisecond) // it judges
				mu.Lock()
				running--
				mu.Unlock()
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most > mostTrials {
		t.Errorf("%d ran at a time", most)
	}
}

func TestAnUploadIsCheckedThoughTrialsHaveAllTheirPlaces(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	h := newHost(t, func(o *Options) { o.RuleFiles = as("rule files") })
	sum := sha256.Sum256([]byte(officeFile))
	v := Version{Kind: domain.RuleFile, SHA256: hex.EncodeToString(sum[:]), Artefact: c.fetch(hex.EncodeToString(sum[:]))}
	c.artefacts[v.SHA256] = []byte(officeFile)
	var trials sync.WaitGroup
	running, over := make(chan struct{}, mostTrials), make(chan struct{})
	for range mostTrials {
		trials.Go(func() {
			if err := h.Try(t.Context(), v, "32", nil, func(context.Context, Candidate) error {
				running <- struct{}{}
				<-over
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	defer trials.Wait()
	defer close(over)
	for range mostTrials {
		select {
		case <-running:
		case <-time.After(30 * time.Second):
			t.Fatal("the trials do not begin")
		}
	}
	if d, err := h.DescribeFile(t.Context(), "barat.yaml", []byte(officeFile)); err != nil || d.GetName() != "barat" {
		t.Errorf("%v, %v", d, err)
	}
}

func TestAProgramInTheCatalogueIsCheckedByTheSuite(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	h := newHost(t, nil)
	other := c.version(domain.RuleProgram, "barat", c.upload(domain.RuleProgram, "barat", "1", "other version"))
	checked, err := h.CheckVersion(t.Context(), other, conformance.Options{Patience: 30 * time.Second})
	if err != nil || checked.Description.GetName() != "barat" || len(checked.Findings) != 1 || checked.Findings[0].Clause != "DESCRIPTION" {
		t.Errorf("%+v, %v", checked, err)
	}
}

func TestAProgramIsRunByItsRuntimeWhereTheOperatorDeclaresIt(t *testing.T) {
	t.Parallel()
	binary, err := playable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rules.sh"), []byte("exec "+binary+" play office barat 1 ''\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	packed := filepath.Join(t.TempDir(), "barat.tar.gz")
	out, err := os.Create(packed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Pack(out, dir, &Manifest{Name: "barat", Version: "1", Command: "rules.sh", Runtime: "sh"}); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	v, err := FileVersion(domain.RuleProgram, packed)
	if err != nil {
		t.Fatal(err)
	}
	for _, runtimes := range []map[string]string{nil, {"sh": "/bin/sh"}} {
		h := newHost(t, func(o *Options) { o.Runtimes = runtimes })
		ran := false
		err := h.Try(t.Context(), v, domain.NationCode, nil, func(context.Context, Candidate) error { ran = true; return nil })
		if ran != (runtimes != nil) || !ran && !strings.Contains(err.Error(), "--runtime sh=PATH") {
			t.Errorf("with %v: %v", runtimes, err)
		}
	}
	for name, path := range map[string]string{"node": "node", "Node": "/bin/sh", "x": t.TempDir(), "y": "/no/such"} {
		if _, err := New(Options{Runtimes: map[string]string{name: path}}); err == nil {
			t.Errorf("%s=%s was taken", name, path)
		}
	}
}
