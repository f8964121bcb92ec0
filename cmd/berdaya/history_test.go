package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

func TestHistoryVerifyNamesWhatIsBroken(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := d.Pool.Exec(t.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`insert into members (id, created_at, updated_at, subject, name) values (gen_random_uuid(), now(), now(), 'siti', 'Siti')`)
	verify := func(asJSON bool) (string, error) {
		var out bytes.Buffer
		cmd := &cobra.Command{}
		cmd.SetOut(&out)
		cmd.SetContext(t.Context())
		err := verifyHistories(cmd, d, workflow.HistoryScope{}, asJSON)
		return out.String(), err
	}
	if out, err := verify(false); err != nil || out != "0 histories, 0 events verified, 0 broken\n" {
		t.Errorf("%q, %v", out, err)
	}
	enter(t, d, "JB-1")
	if out, err := verify(false); err != nil || out != "1 histories, 1 events verified, 0 broken\n" {
		t.Errorf("%q, %v", out, err)
	}
	exec(`update programmes set stage = 'REPORT'`)
	const why = "the programme's row is not what the history comes to"
	for asJSON, want := range map[bool]string{
		false: "JB-1: event 1: " + why + "\n1 histories, 1 events verified, 1 broken\n",
		true:  `{"programme":"JB-1","event":1,"why":"` + why + `"}` + "\n" + `{"broken":1,"events":1,"histories":1}` + "\n",
	} {
		if out, err := verify(asJSON); err == nil || !strings.Contains(err.Error(), "1 of 1 histories do not fit") || out != want {
			t.Errorf("%q, %v", out, err)
		}
	}
}

// enter enters a programme with the beginning of its history.
func enter(t *testing.T, d *db.DB, code string) {
	t.Helper()
	ids, now := domain.RandomIDs{}, domain.SystemClock{}.Now()
	p := domain.Programme{Record: domain.Record{ID: ids.New(), CreatedAt: now, UpdatedAt: now}, RegionCode: domain.NationCode, Code: code, Title: "Air bersih",
		Goal: "Clean water", StartDate: "2026-01-01", EndDate: "2027-12-31", Coordinator: "siti", FactsVersion: 1}
	created := workflow.Created(workflow.Default, p.ID, p.RegionCode, "siti", now)
	created.Seal(ids, "")
	created.After.Apply(&p)
	if err := d.Demo().Load(t.Context(), []domain.Programme{p}, []domain.ProgrammeEvent{*created.Event}); err != nil {
		t.Fatal(err)
	}
}
