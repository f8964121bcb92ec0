package command_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/command"
)

// openRegion writes something that is easy to count: a province.
func openRegion(ctx context.Context, s db.Commands, code string) error {
	_, err := s.In(ctx).ExecContext(ctx, `insert into regions (code, parent_code, level, name, valid_from)
		values (?, 'ID', 'PROVINCE', 'Jawa Barat', '1950-01-01')`, code)
	return db.Coded(err)
}

func provinces(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	if err := d.Bun.NewRaw(`select count(*) from regions where level = 'PROVINCE'`).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestACommandWithAKeyIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	s := d.Commands()
	key, version := "tap 1", int64(7)
	c := command.Command{Actor: "a", Key: &key, Name: "openRegion", Input: map[string]string{"code": "32"}}
	id := uuid.New()
	run := func(c command.Command) (command.Outcome, error) {
		return command.Run(t.Context(), s, c, func(ctx context.Context) (command.Outcome, error) {
			return command.Outcome{Code: command.Done, IDs: []uuid.UUID{id}, Version: &version}, openRegion(ctx, s, "32")
		})
	}
	first, err := run(c)
	if err != nil || first.Repeated {
		t.Fatal(first, err)
	}
	second, err := run(c)
	if err != nil || !second.Repeated {
		t.Fatal(second, err)
	}
	second.Repeated = false
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
	other := c
	other.Input = map[string]string{"code": "33"}
	if _, err := run(other); domain.CodeOf(err) != domain.CodeIdempotencyMismatch {
		t.Error("another input with the same key:", err)
	}
	other = c
	other.Name = "closeRegion"
	if _, err := run(other); domain.CodeOf(err) != domain.CodeIdempotencyMismatch {
		t.Error("another command with the same key:", err)
	}
	other = c
	other.Actor = "b" // whose keys are their own: the command runs, and finds the region there
	if _, err := run(other); domain.CodeOf(err) != domain.CodeAlreadyExists {
		t.Error("another actor with the same key:", err)
	}
	if n := provinces(t, d); n != 1 {
		t.Error("provinces:", n)
	}
}

func TestAFailedCommandIsNotRemembered(t *testing.T) {
	t.Parallel()
	s := dbtest.New(t).Commands()
	key := "k"
	c := command.Command{Actor: "a", Key: &key, Name: "openRegion"}
	no := errors.New("no")
	if _, err := command.Run(t.Context(), s, c, func(ctx context.Context) (command.Outcome, error) {
		return command.Outcome{}, errors.Join(openRegion(ctx, s, "32"), no)
	}); !errors.Is(err, no) {
		t.Fatal(err)
	}
	if n := provinces(t, s.DB); n != 0 {
		t.Error("a failed command left something")
	}
	out, err := command.Run(t.Context(), s, c, func(ctx context.Context) (command.Outcome, error) {
		return command.Outcome{Code: command.Done}, openRegion(ctx, s, "32")
	})
	if err != nil || out.Repeated {
		t.Error("the key could not be used again:", out, err)
	}
}

func TestOfManyCommandsWithOneKeyOneIsCarriedOut(t *testing.T) {
	t.Parallel()
	s := dbtest.New(t).Commands()
	key := "k"
	c := command.Command{Actor: "a", Key: &key, Name: "openRegion"}
	var fresh atomic.Int32
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			id := uuid.New()
			out, err := command.Run(t.Context(), s, c, func(ctx context.Context) (command.Outcome, error) {
				// No unique thing is written, so that only the key keeps them apart.
				_, err := s.In(ctx).ExecContext(ctx, `insert into regions (code, parent_code, level, name, valid_from)
					values (?, 'ID', 'PROVINCE', 'Jawa Barat', '1950-01-01')`, id.String())
				return command.Outcome{Code: command.Done, IDs: []uuid.UUID{id}}, db.Coded(err)
			})
			if err != nil {
				t.Error(err)
			}
			if !out.Repeated {
				fresh.Add(1)
			}
		})
	}
	all.Wait()
	if n := provinces(t, s.DB); n != 1 || fresh.Load() != 1 {
		t.Errorf("%d provinces by %d commands", n, fresh.Load())
	}
}

func TestAWrongKeyIsRefused(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "a\nb", "\xff", string(make([]rune, 201))} {
		if err := command.CheckKey(key); domain.CodeOf(err) != domain.CodeBadUserInput {
			t.Errorf("%q: %v", key, err)
		}
	}
	if err := command.CheckKey("0192f1c6 – ketuk ke-2"); err != nil {
		t.Error(err)
	}
}

// asked counts how often the store is asked for one key.
type asked struct {
	db.Commands
	times atomic.Int32
}

func (a *asked) Recall(ctx context.Context, actor, key string) (*command.Record, error) {
	a.times.Add(1)
	return a.Commands.Recall(ctx, actor, key)
}

func TestWhatWasLookedUpBeforehandIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	s := &asked{Commands: dbtest.New(t).Commands()}
	keys := []string{"old", "new", "quicker"}
	run := func(ctx context.Context, key string) command.Outcome {
		out, err := command.Run(ctx, s, command.Command{Actor: "a", Key: &key, Name: "nothing"}, func(context.Context) (command.Outcome, error) {
			return command.Outcome{Code: command.Done, IDs: []uuid.UUID{uuid.New()}}, nil
		})
		if err != nil {
			t.Error(err)
		}
		return out
	}
	before := run(t.Context(), "old")
	found, err := s.RecallAll(t.Context(), "a", keys)
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	ctx := command.LookedUp(t.Context(), keys, found)
	other := run(t.Context(), "quicker") // by somebody who came after it was looked up
	s.times.Store(0)
	if out := run(ctx, "old"); !out.Repeated || out.IDs[0] != before.IDs[0] || s.times.Load() != 0 {
		t.Errorf("%+v, asked %d times", out, s.times.Load())
	}
	if out := run(ctx, "new"); out.Repeated || s.times.Load() != 0 {
		t.Errorf("%+v, asked %d times", out, s.times.Load())
	}
	if out := run(ctx, "quicker"); !out.Repeated || out.IDs[0] != other.IDs[0] {
		t.Errorf("%+v", out)
	}
}
