package command_test

import (
	"context"
	"testing"
	"time"

	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/workflow"
)

type at time.Time

func (a at) Now() time.Time { return time.Time(a) }

func TestAnOutcomeIsForgottenAfterNinetyDaysAndNotBefore(t *testing.T) {
	t.Parallel()
	s := dbtest.New(t).Commands()
	run := func(key string) command.Outcome {
		t.Helper()
		out, err := command.Run(t.Context(), s, command.Command{Actor: "a", Key: &key, Name: "nothing"}, func(context.Context) (command.Outcome, error) {
			return command.Outcome{Code: command.Done}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	run("old")
	run("new")
	if _, err := s.DB.Bun.Exec(`update idempotency_keys set created_at = case key when 'old' then timestamptz '2026-01-01' else '2026-01-02' end`); err != nil {
		t.Fatal(err)
	}
	// More than one run of the statement takes, so that the job has to go on by itself.
	if _, err := s.DB.Bun.Exec(`insert into idempotency_keys (actor, key, command, input_hash, outcome, ids, created_at)
		select 'b', 'k' || n, 'nothing', '', 'DONE', '{}', '2025-12-31' from generate_series(1, 12000) n`); err != nil {
		t.Fatal(err)
	}
	forget := command.Forgetting{Store: s, Clock: at(time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC))} // 90 days after 1 January at noon
	if err := forget.Work(t.Context(), workflow.JobRun{}); err != nil {
		t.Fatal(err)
	}
	if out := run("new"); !out.Repeated {
		t.Error("an outcome was forgotten before its time")
	}
	if out := run("old"); out.Repeated {
		t.Error("an outcome is remembered for ever")
	}
	var left int
	if err := s.DB.Bun.NewRaw(`select count(*) from idempotency_keys`).Scan(t.Context(), &left); err != nil || left != 2 {
		t.Error(left, err)
	}
}
