package members_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/members"
)

type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(c.ahead.Load()))
}

// counted counts what reaches the database.
type counted struct {
	*db.DB
	reads atomic.Int64
}

func (c *counted) Member(ctx context.Context, subject string) (*domain.Member, error) {
	c.reads.Add(1)
	return c.DB.Member(ctx, subject)
}

func TestADevelopmentMemberIsMadeOnceAndActsInItsRegion(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	dbtest.Regions(t, d, "32.73")
	m := members.New(d, &clock{}, domain.RandomIDs{})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := m.EnsureDevelopment(t.Context(), domain.RegionalAdmin, "32.73"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	a, err := m.Resolve(t.Context(), "dev-regional-admin-32.73")
	if err != nil {
		t.Fatal(err)
	}
	if want := []access.Grant{{Role: domain.RegionalAdmin, Region: "32.73"}}; !slices.Equal(a.Grants, want) || a.Subject != "dev-regional-admin-32.73" ||
		a.Locale != domain.Indonesian || a.Name != "Admin wilayah 32.73" {
		t.Errorf("%+v", a)
	}
}

func TestADevelopmentMemberNeedsARoleAndARegionThatExist(t *testing.T) {
	t.Parallel()
	m := members.New(dbtest.New(t), &clock{}, domain.RandomIDs{})
	if _, err := m.EnsureDevelopment(t.Context(), domain.Viewer, "99.99"); domain.CodeOf(err) != domain.CodeNotFound || !strings.Contains(err.Error(), "99.99") {
		t.Error(err)
	}
	if _, err := m.Resolve(t.Context(), "dev-viewer-99.99"); domain.CodeOf(err) != domain.CodeUnauthenticated {
		t.Error("a member was made all the same:", err)
	}
	if _, err := m.EnsureDevelopment(t.Context(), "KING", "ID"); domain.CodeOf(err) != domain.CodeBadUserInput {
		t.Error(err)
	}
	if _, err := m.EnsureDevelopment(t.Context(), domain.NationalAdmin, "ID"); err != nil {
		t.Error("the nation is a region too:", err)
	}
}

func TestChangedRolesAreFeltWithinSeconds(t *testing.T) {
	t.Parallel()
	d := &counted{DB: dbtest.New(t)}
	c := &clock{}
	m := members.New(d, c, domain.RandomIDs{})
	subject, err := m.EnsureDevelopment(t.Context(), domain.Auditor, "ID")
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if a, err := m.Resolve(t.Context(), subject); err != nil || len(a.Grants) != 1 {
			t.Fatal(a, err)
		}
	}
	if n := d.reads.Load(); n != 1 {
		t.Errorf("%d reads for a hundred requests", n)
	}
	if _, err := d.Bun.NewDelete().Model((*domain.MemberRole)(nil)).Where("subject = ?", subject).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.ahead.Store(int64(6 * time.Second))
	if a, err := m.Resolve(t.Context(), subject); err != nil || len(a.Grants) != 0 || !a.SignedIn() {
		t.Error("the role is still there:", a, err)
	}
}

func TestASubjectThatIsNoMemberIsNotSignedIn(t *testing.T) {
	t.Parallel()
	m := members.New(dbtest.New(t), &clock{}, domain.RandomIDs{})
	if _, err := m.Resolve(t.Context(), "nobody"); domain.CodeOf(err) != domain.CodeUnauthenticated {
		t.Error(err)
	}
}

func TestRolesAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, r := range domain.Roles {
		role := domain.Role(r.Code)
		for _, word := range []string{r.Code, members.Word(role)} {
			if got, err := members.ParseRole(word); err != nil || got != role {
				t.Errorf("%s: %v, %v", word, got, err)
			}
		}
	}
	if _, err := members.ParseRole("admin"); err == nil || !strings.Contains(err.Error(), "regional-admin") {
		t.Error(err)
	}
}
