package dbtest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/domain"
)

// Regions puts regions with these codes into the database, with all above them, named by their codes and open since 2000.
func Regions(t testing.TB, d *db.DB, codes ...string) {
	t.Helper()
	for _, code := range codes {
		for _, c := range domain.Lineage(code)[1:] { // the nation is there
			level, ok := domain.LevelOf(c)
			if !ok {
				t.Fatalf("%q is no region's code", c)
			}
			parent := domain.ParentOf(c)
			row := &domain.Region{Code: c, ParentCode: &parent, Level: level, Name: c, ValidFrom: "2000-01-01"}
			if _, err := d.Bun.NewInsert().Model(row).On("conflict do nothing").Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Member puts a member with this subject into the database.
func Member(t testing.TB, d *db.DB, subject string) {
	t.Helper()
	now := time.Now().UTC()
	row := &domain.Member{Record: domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: now, UpdatedAt: now}, Subject: subject, Name: subject, Locale: domain.English}
	if _, err := d.Bun.NewInsert().Model(row).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// History gives all events of a programme by version.
func History(t testing.TB, d *db.DB, programme uuid.UUID) (events []domain.ProgrammeEvent) {
	t.Helper()
	if err := d.Bun.NewSelect().Model(&events).Where("programme_id = ?", programme).Order("version").Scan(context.Background()); err != nil {
		t.Fatal(err)
	}
	return events
}
