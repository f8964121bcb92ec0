package db_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
)

// now is when content is removed that nobody has needed since limit.
var (
	limit = catalogued.AddDate(0, 1, 0)
	now   = limit.AddDate(0, 1, 0)
)

func (c *catalogue) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if _, err := c.DB.Pool.Exec(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

// fails lets the version fail its check, and nobody touch it since.
func (c *catalogue) fails(t *testing.T) {
	t.Helper()
	c.exec(t, `update rule_set_versions set state = 'FAILED', problems = '[]', updated_at = $1`, limit.Add(-time.Second))
}

func (c *catalogue) remove(t *testing.T) bool {
	t.Helper()
	done, err := c.RemoveArtefact(t.Context(), c.version.SHA256, limit, now)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// isThere holds that the content is all there, or all gone.
func (c *catalogue) isThere(t *testing.T, want bool) {
	t.Helper()
	var back bytes.Buffer
	err := c.Artefact(t.Context(), c.version.SHA256, &back)
	stored := c.Stored(t.Context(), c.version.SHA256)
	chunks := 0
	if err := c.DB.Pool.QueryRow(t.Context(), `select count(*) from rule_set_artefact_chunks`).Scan(&chunks); err != nil {
		t.Fatal(err)
	}
	if want && (err != nil || stored != nil || !bytes.Equal(back.Bytes(), c.content) || chunks != 3) {
		t.Errorf("%d bytes of %d in %d chunks, %v, %v", back.Len(), len(c.content), chunks, err, stored)
	}
	if !want && (domain.CodeOf(err) != domain.CodeNotFound || !strings.Contains(err.Error(), "was removed on 2026-07-04") || stored == nil || stored.Error() != err.Error() || back.Len() != 0 || chunks != 0) {
		t.Errorf("%d bytes, %d chunks, %v, %v", back.Len(), chunks, err, stored)
	}
}

func TestOnlyContentThatNobodyNeedsIsRemoved(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]struct {
		make func(*testing.T, *catalogue)
		gone bool
	}{
		"failed":    {func(*testing.T, *catalogue) {}, true},
		"withdrawn": {func(t *testing.T, c *catalogue) { c.exec(t, `update rule_set_versions set state = 'WITHDRAWN'`) }, true},
		"that was at work before": {func(t *testing.T, c *catalogue) {
			c.activate(t, "32", 1, 0, domain.Everyone, false)
			c.activate(t, "32", 2, time.Hour, domain.Everyone, true)
		}, true},
		"that is checked": {func(t *testing.T, c *catalogue) { c.exec(t, `update rule_set_versions set state = 'CHECKED'`) }, false},
		"that waits":      {func(t *testing.T, c *catalogue) { c.exec(t, `update rule_set_versions set state = 'UPLOADED'`) }, false},
		"approved": {func(t *testing.T, c *catalogue) {
			c.exec(t, `update rule_set_versions set state = 'APPROVED', approved_by = 'budi', approved_at = now()`)
		}, false},
		"failed lately": {func(t *testing.T, c *catalogue) { c.exec(t, `update rule_set_versions set updated_at = $1`, limit) }, false},
		"that may bind": {func(t *testing.T, c *catalogue) {
			c.exec(t, `update rule_set_versions set state = 'WITHDRAWN'`)
			c.activate(t, "32", 1, 0, domain.NewEntries, false)
			c.activate(t, "32", 2, time.Hour, domain.NewEntries, true)
		}, false},
		"that is tried": {func(t *testing.T, c *catalogue) {
			dbtest.Member(t, c.DB, "ani")
			c.exec(t, `insert into rule_trials (id, created_at, updated_at, kind, region_code, rule_set_id, rule_set_version_id, started_by, state, total, done, newly_blocked, freed,
				unchanged, not_judged, masked, missed, rules, listed, more, revision, reached) values ($1, now(), now(), 'SIMULATION', '32', $2, $3, 'ani', 'RUNNING', 0, 0, 0, 0, 0, 0, 0, 0, '[]', 0, false, 1, '')`,
				uuid.Must(uuid.NewV7()), c.set.ID, c.version.ID)
		}, false},
		"that runs": {func(t *testing.T, c *catalogue) {
			if err := c.TellProcesses(t.Context(), "one", []domain.RuleProcess{{RuleSet: "jawa-barat", RegionCode: "32", Version: "1", State: "DRAINING"}}, now, limit); err != nil {
				t.Fatal(err)
			}
		}, false},
		"that another version has, too": {func(t *testing.T, c *catalogue) {
			other := *c.version
			other.Record, other.Version = recordAt(catalogued), "2"
			if err := c.AddVersion(t.Context(), &other); err != nil {
				t.Fatal(err)
			}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCatalogue(t)
			c.fails(t)
			change.make(t, c)
			sums, err := c.Unneeded(t.Context(), limit, "", 10)
			if err != nil || (len(sums) == 1) != change.gone || change.gone && sums[0] != c.version.SHA256 {
				t.Error(sums, err)
			}
			if done := c.remove(t); done != change.gone {
				t.Error("removed:", done)
			}
			c.isThere(t, !change.gone)
			if c.remove(t) {
				t.Error("it is removed twice")
			}
			if sums, err := c.Unneeded(t.Context(), limit, c.version.SHA256, 10); err != nil || len(sums) != 0 {
				t.Error("after the last:", sums, err)
			}
		})
	}
}

// again does in a transaction what an upload of a version that failed does.
func (c *catalogue) again(t *testing.T, then func()) error {
	return c.Transact(t.Context(), func(ctx context.Context) error {
		if err := c.AddArtefact(ctx, c.version.SHA256, c.version.Size, now, bytes.NewReader(c.content)); err != nil {
			return err
		}
		v := *c.version
		v.State, v.UpdatedAt = domain.VersionUploaded, now
		defer then()
		return c.PutVersion(ctx, &v)
	})
}

// waits returns when a connection waits for another.
func (c *catalogue) waits(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		n := 0
		if err := c.DB.Pool.QueryRow(t.Context(), `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`).Scan(&n); err != nil || time.Now().After(deadline) {
			t.Fatal("nobody waits:", err)
		}
		if n > 0 {
			return
		}
	}
}

func TestContentThatWasRemovedComesBackWithTheSameUpload(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	for range 2 {
		c.fails(t)
		if !c.remove(t) {
			t.Fatal("it stays")
		}
		c.isThere(t, false)
		if err := c.again(t, func() {}); err != nil {
			t.Fatal(err)
		}
		c.isThere(t, true)
		if c.remove(t) {
			t.Error("what is needed again is removed")
		}
	}
}

func TestContentThatIsUploadedAgainWhileItIsToBeRemovedStays(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	c.fails(t)
	removed := make(chan bool, 1)
	if err := c.again(t, func() {
		go func() {
			done, err := c.RemoveArtefact(t.Context(), c.version.SHA256, limit, now)
			removed <- done || err != nil
		}()
		c.waits(t)
	}); err != nil {
		t.Fatal(err)
	}
	if <-removed {
		t.Error("it was removed")
	}
	c.isThere(t, true)
}

func TestContentThatIsRemovedWhileItIsUploadedAgainComesBack(t *testing.T) {
	t.Parallel()
	c := newCatalogue(t)
	c.fails(t)
	uploaded := make(chan error, 1)
	if err := c.Transact(t.Context(), func(ctx context.Context) error {
		done, err := c.RemoveArtefact(ctx, c.version.SHA256, limit, now)
		if !done {
			t.Error("it stays", err)
		}
		go func() { uploaded <- c.again(t, func() {}) }()
		c.waits(t)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := <-uploaded; err != nil {
		t.Fatal(err)
	}
	c.isThere(t, true)
}
