package db_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

var catalogued = time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC)

func recordAt(at time.Time) domain.Record {
	return domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: at, UpdatedAt: at}
}

// catalogue is a catalogue with one rule set of West Java in one version.
type catalogue struct {
	db.Catalogue
	set     *domain.RuleSet
	version *domain.RuleSetVersion
	content []byte
}

func newCatalogue(t *testing.T) *catalogue {
	t.Helper()
	d := dbtest.New(t)
	dbtest.Regions(t, d, "32.73.05", "33.01")
	c := &catalogue{Catalogue: d.Catalogue(), content: bytes.Repeat([]byte("0123456789"), 250_000)} // 2.4 chunks
	sum := sha256.Sum256(c.content)
	c.set = &domain.RuleSet{Record: recordAt(catalogued), Name: "jawa-barat", RegionCode: "32", Kind: domain.RuleFile}
	c.version = &domain.RuleSetVersion{Record: recordAt(catalogued), RuleSetID: c.set.ID, Version: "1", SHA256: hex.EncodeToString(sum[:]), Size: int64(len(c.content)),
		State: domain.VersionChecked, Description: json.RawMessage(`{}`), UploadedBy: "ani", CheckedAt: &catalogued}
	if err := c.Transact(t.Context(), func(ctx context.Context) error {
		_, err := c.AddRuleSet(ctx, c.set)
		for _, err := range []error{err, c.AddArtefact(ctx, c.version.SHA256, c.version.Size, catalogued, bytes.NewReader(c.content)), c.AddVersion(ctx, c.version)} {
			if err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return c
}

// activate puts the version to work, or takes the rule set out of work.
func (c *catalogue) activate(t *testing.T, region string, revision int, after time.Duration, mode domain.ActivationMode, out bool) *domain.RuleActivation {
	t.Helper()
	at := catalogued.Add(after)
	a := &domain.RuleActivation{Record: recordAt(at), RegionCode: region, RuleSetID: c.set.ID, Revision: revision, VersionID: &c.version.ID, Mode: mode, ActivatedBy: "ani", ActivatedAt: at}
	if out {
		a.VersionID = nil
	}
	if err := c.AddActivation(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestContentComesBackAsItWasStored(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	if err := c.AddArtefact(t.Context(), c.version.SHA256, c.version.Size, catalogued, strings.NewReader("it is there already")); err != nil {
		t.Error(err)
	}
	var back bytes.Buffer
	if err := c.Artefact(t.Context(), c.version.SHA256, &back); err != nil || !bytes.Equal(back.Bytes(), c.content) {
		t.Errorf("%d bytes of %d, %v", back.Len(), len(c.content), err)
	}
	if err := c.Artefact(t.Context(), strings.Repeat("0", 64), &back); domain.CodeOf(err) != domain.CodeNotFound {
		t.Error("what is not there:", err)
	}
	if err := c.AddArtefact(t.Context(), strings.Repeat("1", 64), 20, catalogued, strings.NewReader("too short")); err == nil {
		t.Error("content that breaks off is taken")
	}
}

func TestOnlyWhatMayBindSomebodyIsToRun(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	c.activate(t, "32.73", 1, 1, domain.NewEntries, false)
	second := c.activate(t, "32.73", 2, 2000, domain.NewEntries, false)
	c.activate(t, "32", 1, 3000, domain.Everyone, false)
	c.activate(t, "32", 2, 4000, domain.Everyone, true)
	ran := func() string {
		var all []string
		found, err := c.Activations(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range found {
			if a.RuleSet.Name != "jawa-barat" || (a.Version == nil) != (a.VersionID == nil) || a.Version != nil && a.Version.SHA256 != c.version.SHA256 {
				t.Errorf("%+v is not filled in", a)
			}
			all = append(all, fmt.Sprintf("%s:%d", a.RegionCode, a.Revision))
		}
		return strings.Join(all, " ")
	}
	if got := ran(); got != "32.73:1 32.73:2" {
		t.Error(got)
	}
	if err := c.EndActivations(t.Context(), []uuid.UUID{second.ID}, catalogued.AddDate(0, 1, 0)); err != nil {
		t.Fatal(err)
	}
	if got := ran(); got != "32.73:1" {
		t.Error(got)
	}
	if at, err := c.AtWork(t.Context(), c.version.ID); err != nil || len(at) != 1 || at[0] != "32.73" {
		t.Error(at, err)
	}
}

func TestAnActivationKnowsSinceWhenItsChainBinds(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	for i, mode := range []domain.ActivationMode{domain.NewEntries, domain.NewEntries, domain.Everyone, domain.NewEntries} {
		c.activate(t, "32", i+1, time.Duration(i)*time.Hour, mode, false)
	}
	c.activate(t, "32.73", 1, time.Hour, domain.Everyone, false)
	for revision, want := range map[int]*time.Time{1: &catalogued, 2: &catalogued, 3: nil, 4: nil} {
		a, err := c.Activation(t.Context(), c.set.ID, "32", revision)
		if err != nil || (a.BindsSince == nil) != (want == nil) || want != nil && !a.BindsSince.Equal(*want) {
			t.Errorf("revision %d: %+v, want %v, %v", revision, a, want, err)
		}
	}
	if _, err := c.DB.Pool.Exec(t.Context(), `update rule_activations set binds_since = null where revision = 2`); err == nil {
		t.Error("it can be changed")
	}
}

func TestTheDatabaseKeepsThePromisesOfTheCatalogue(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	a := c.activate(t, "32", 1, 0, domain.NewEntries, false)
	ended := c.activate(t, "32", 2, time.Hour, domain.Everyone, false)
	e := &domain.RuleSetEvent{ID: uuid.Must(uuid.NewV7()), CreatedAt: catalogued, RegionCode: "32", RuleSetID: c.set.ID, ActivationID: &a.ID, Action: domain.RuleSetActivated, Actor: "ani"}
	if err := c.AddEvent(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	for promise, broken := range map[string]string{
		"the trail is kept":                          `delete from rule_set_events`,
		"the trail is not changed":                   `update rule_set_events set actor = 'budi'`,
		"an activation is kept":                      `delete from rule_activations`,
		"an activation is not changed":               `update rule_activations set mode = 'EVERYONE' where revision = 1`,
		"what ended has ended":                       `update rule_activations set ended_at = null where revision = 1`,
		"a version stays what it is":                 `update rule_set_versions set version = '2'`,
		"two people approve":                         `update rule_set_versions set state = 'APPROVED', approved_by = 'ani', approved_at = now()`,
		"what is approved names who":                 `update rule_set_versions set state = 'APPROVED'`,
		"what failed says why":                       `update rule_set_versions set state = 'FAILED'`,
		"a name has a form":                          `update rule_sets set name = 'Jawa Barat'`,
		"an activation is of its rule set's version": `update rule_activations set rule_set_version_id = gen_random_uuid() where revision = 2`,
	} {
		if _, err := c.DB.Pool.Exec(t.Context(), broken); err == nil {
			t.Errorf("%s: %s is carried out", promise, broken)
		}
	}
	for wrong, a := range map[string]domain.RuleActivation{
		"at the time of the one before": {Revision: 3, ActivatedAt: ended.ActivatedAt},
		"of a revision after the next":  {Revision: 4, ActivatedAt: catalogued.AddDate(0, 1, 0)},
	} {
		a.Record, a.RegionCode, a.RuleSetID, a.Mode, a.ActivatedBy = recordAt(catalogued), "32", c.set.ID, domain.NewEntries, "ani"
		if err := c.AddActivation(t.Context(), &a); domain.CodeOf(err) != domain.CodeBadUserInput {
			t.Errorf("an activation %s: %v", wrong, err)
		}
	}
}

// TestProgrammesAreFoundByWhenTheyEntered holds the queries of every level against each other: one programme in each place.
func TestProgrammesAreFoundByWhenTheyEntered(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	dbtest.Member(t, c.DB, "ani")
	for i, region := range []string{"ID", "32", "32.73", "32.73.05", "33.01", "32.73"} {
		p := &domain.Programme{Record: recordAt(catalogued), RegionCode: region, Code: fmt.Sprintf("P-%d", i), Title: "x", StartDate: "2026-01-01", EndDate: "2026-12-31", Coordinator: "ani",
			Stage: domain.Plan, Status: domain.OnHold, StageEnteredAt: catalogued.Add(time.Duration(i) * time.Hour), Version: 1, FactsVersion: 1}
		if i == 5 {
			p.Status = domain.Completed
		}
		if _, err := c.DB.Bun.NewInsert().Model(p).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for region, want := range map[string][]int{"ID": {0, 1, 2, 3, 4}, "32": {1, 2, 3}, "32.73": {2, 3}, "32.73.05": {3}, "33": {4}, "32.73.05.1001": nil} {
		if n, err := c.CountWorking(t.Context(), region); err != nil || n != len(want) {
			t.Errorf("%s: %d of %v, %v", region, n, want, err)
		}
		for hour := range 7 {
			from, until := catalogued.Add(time.Duration(hour)*time.Hour), catalogued.Add(time.Duration(hour+1)*time.Hour)
			expected := false
			for _, h := range want {
				expected = expected || h == hour
			}
			if there, err := c.AnyEntered(t.Context(), region, workflow.Entries{From: &from, Until: &until}); err != nil || there != expected {
				t.Errorf("%s at %d: %v, %v", region, hour, there, err)
			}
		}
	}
}

// TestWhoIsBoundIsFoundByAnIndex lets PostgreSQL scan tables only where nothing else would do.
func TestWhoIsBoundIsFoundByAnIndex(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	for _, region := range []string{"ID", "32", "32.73", "32.73.05", "32.73.05.1001"} {
		var plan []string
		if err := c.DB.Bun.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.ExecContext(ctx, `set local enable_seqscan = off`); err != nil {
				return err
			}
			return tx.NewRaw("explain "+db.AnyEnteredQuery(region), region, catalogued, catalogued).Scan(ctx, &plan)
		}); err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(plan, "\n"); strings.Contains(text, "Seq Scan on programmes") || !strings.Contains(text, "programmes_") {
			t.Errorf("%s:\n%s", region, text)
		}
	}
}
