package db

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

const besideQuery = `select p.id, p.region_code,
	(select json_object_agg(v.stage, v.n) from (select stage, count(*) as n from stage_visits where programme_id = p.id and superseded_at is null group by stage) v),
	(select count(*) from activities where programme_id = p.id and superseded_at is null and actual_start is null and actual_end is null),
	(select count(*) from reports where programme_id = p.id and superseded_at is null and published_at is not null)
	from programmes p where p.id = any($1)`

// Beside reads what explains the options of programmes, in one round trip; it leaves out those that are not there.
func (m Moving) Beside(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]workflow.Beside, error) {
	all := make(map[uuid.UUID]workflow.Beside, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	var batch pgx.Batch
	batch.Queue(besideQuery, ids).Query(func(rows pgx.Rows) error {
		var id uuid.UUID
		var b workflow.Beside
		_, err := pgx.ForEachRow(rows, []any{&id, &b.Region, &b.Visits, &b.Activities, &b.Reports}, func() error {
			all[id], b = b, workflow.Beside{}
			return nil
		})
		return err
	})
	batch.Queue(`select `+columnsOf[domain.Waiver]("w")+` from waivers w where programme_id = any($1) and state in ('REQUESTED', 'GRANTED')`, ids).
		Query(func(rows pgx.Rows) error {
			waivers, err := rowsOf[domain.Waiver](rows)
			for _, w := range waivers {
				if b, ok := all[w.ProgrammeID]; ok {
					b.Waivers = append(b.Waivers, w)
					all[w.ProgrammeID] = b
				}
			}
			return err
		})
	return all, Coded(m.DB.Pool.SendBatch(ctx, &batch).Close())
}
