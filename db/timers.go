package db

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Timers is the store of timers that go off.
type Timers struct{ Commands }

// Timers gives the store of timers that go off.
func (d *DB) Timers() Timers { return Timers{d.Commands()} }

// dueQuery takes due timers with their programmes, each as it is under its lock, and waits for nobody: what is locked is left
// out. The share of a programme's lock keeps moves from it until the transaction ends.
var dueQuery = `select ` + columnsOf[domain.Timer]("t") + `, p.stage as at, p.status, p.due_on
	from timers t join programmes p on p.id = t.programme_id
	where t.state = 'PENDING' and t.fires_at <= ?0 and (?1::uuid is null or t.programme_id = ?1)
	order by t.fires_at, t.id limit ?2
	for no key update of t skip locked for share of p skip locked`

// Due gives the so many longest due timers, of one programme or of all, that nobody else holds, nor their programmes, and holds
// them until the transaction ends.
func (s Timers) Due(ctx context.Context, at time.Time, programme *uuid.UUID, limit int) ([]workflow.DueTimer, error) {
	var due []workflow.DueTimer
	err := s.In(ctx).NewRaw(dueQuery, at, programme, limit).Scan(ctx, &due)
	return due, Coded(err)
}

// Settle writes what became of timers that are held.
func (s Timers) Settle(ctx context.Context, ids []uuid.UUID, state domain.TimerState, at time.Time) error {
	_, err := s.In(ctx).NewUpdate().Model((*domain.Timer)(nil)).Set("state = ?", state).Set("updated_at = ?", at).
		Where("id in (?)", bun.List(ids)).Exec(ctx)
	return Coded(err)
}

// Note writes that timers went off.
func (s Timers) Note(ctx context.Context, events []domain.TimerEvent) error {
	_, err := s.In(ctx).NewInsert().Model(&events).Exec(ctx)
	return Coded(err)
}

// TimerLag gives for how long the longest due timer has not gone off; 0 where none is due.
func (s Timers) TimerLag(ctx context.Context, at time.Time) (time.Duration, error) {
	var since *time.Time
	if err := s.DB.Pool.QueryRow(ctx, `select min(fires_at) from timers where state = 'PENDING' and fires_at <= $1`, at).Scan(&since); err != nil || since == nil {
		return 0, Coded(err)
	}
	return at.Sub(*since), nil
}
