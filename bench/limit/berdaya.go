package main

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/berdaya/berdaya/bench/shapes"
	"github.com/berdaya/berdaya/graph/gid"
)

// The shapes over Berdaya's own tables, as a reader of the whole nation sees them.
var berdaya = map[string]shape{"One": one, "Fifty": fiftyOfStage, "Nested": nested, "Board": board, "Deep": deep}

const (
	firstCommunity = ` left join lateral (select l.community_id from programme_communities l where l.programme_id = p.id order by l.id limit 1) l on true
 left join communities c on c.id = l.community_id`
	newestOfStage = ` from programmes where province_code = $1 and stage = $2 order by updated_at desc, id desc limit 51`

	sqlOne = `select p.id, p.code, p.title, p.stage, p.status, p.version, p.coordinator, p.start_date, p.end_date, p.created_at, p.updated_at,
 r.code, r.name, c.id, c.name, c.households from programmes p join regions r on r.code = p.region_code` + firstCommunity + ` where p.id = $1`
	sqlOneStakeholders = `select l.role, s.id, s.name, s.kind from (select id, role, stakeholder_id from programme_stakeholders where programme_id = $1 order by id limit 5) l
 join stakeholders s on s.id = l.stakeholder_id order by l.id`
	sqlFifty = `select p.id, p.code, p.title, p.stage, p.status, p.updated_at, r.name, c.name
 from (select id, code, title, stage, status, updated_at, region_code` + newestOfStage + `) p join regions r on r.code = p.region_code` +
		firstCommunity + ` order by p.updated_at desc, p.id desc`
	sqlNested             = `select id, code, title, stage` + newestOfStage
	sqlNestedStakeholders = `select u.o, x.* from unnest($1::uuid[]) with ordinality u(k, o) cross join lateral
 (select l.role, s.id, s.name from programme_stakeholders l join stakeholders s on s.id = l.stakeholder_id where l.programme_id = u.k order by l.id limit 10) x`
	sqlNestedEvents = `select u.o, x.* from unnest($1::uuid[]) with ordinality u(k, o) cross join lateral
 (select id, version, from_stage, to_stage, actor, occurred_at from programme_events where programme_id = u.k order by version desc limit 5) x`
	sqlBoard = `select stage, status, count(*) from programmes where province_code = $1 group by stage, status
 order by array_position(array['IDENTIFY', 'PLAN', 'TRAIN', 'MONITOR', 'REPORT'], stage), array_position(array['ACTIVE', 'ON_HOLD', 'COMPLETED', 'CANCELLED'], status)`
	sqlDeep = `select id, code, title, stage, updated_at from programmes where (updated_at, id) < ($1, $2) order by updated_at desc, id desc limit 51`
)

var programmeTag, communityTag, stakeholderTag, eventTag = gid.Tag("Programme"), gid.Tag("Community"), gid.Tag("Stakeholder"), gid.Tag("ProgrammeEvent")

func one(ctx context.Context, pool *pgxpool.Pool, a *answer, q *request) error {
	id, err := gid.UUID("Programme", q.Variables.ID)
	if err != nil {
		return err
	}
	var batch pgx.Batch
	batch.Queue(sqlOne, [16]byte(id))
	batch.Queue(sqlOneStakeholders, [16]byte(id))
	results := pool.SendBatch(ctx, &batch)
	defer results.Close()
	rows, err := results.Query()
	if err != nil {
		return err
	}
	for rows.Next() {
		v := rows.RawValues()
		a.id(`{"programme":{"id":`, programmeTag, v[0])
		a.text(`,"code":`, v[1])
		a.text(`,"title":`, v[2])
		a.text(`,"stage":`, v[3])
		a.text(`,"status":`, v[4])
		a.number(`,"version":`, v[5])
		a.text(`,"coordinator":`, v[6])
		a.date(`,"startDate":`, v[7])
		a.date(`,"endDate":`, v[8])
		a.instant(`,"createdAt":`, v[9])
		a.instant(`,"updatedAt":`, v[10])
		a.text(`,"region":{"code":`, v[11])
		a.text(`,"name":`, v[12])
		a.lit(`},"communities":{"nodes":[`)
		if v[13] != nil {
			a.id(`{"community":{"id":`, communityTag, v[13])
			a.text(`,"name":`, v[14])
			a.number(`,"households":`, v[15])
			a.lit(`}}`)
		}
	}
	rows.Close()
	if rows.CommandTag().RowsAffected() == 0 {
		a.lit(`{"programme":null}`)
		return rows.Err()
	}
	if rows, err = results.Query(); err != nil {
		return err
	}
	a.lit(`]},"stakeholders":{"nodes":[`)
	for n := 0; rows.Next(); n++ {
		if n > 0 {
			a.lit(",")
		}
		v := rows.RawValues()
		a.text(`{"role":`, v[0])
		a.id(`,"stakeholder":{"id":`, stakeholderTag, v[1])
		a.text(`,"name":`, v[2])
		a.text(`,"kind":`, v[3])
		a.lit(`}}`)
	}
	a.lit(`]}}}`)
	return rows.Err()
}

func fiftyOfStage(ctx context.Context, pool *pgxpool.Pool, a *answer, q *request) error {
	return fifty(ctx, pool, a, 5, openCursor, func(v [][]byte) {
		a.id(`{"id":`, programmeTag, v[0])
		a.text(`,"code":`, v[1])
		a.text(`,"title":`, v[2])
		a.text(`,"stage":`, v[3])
		a.text(`,"status":`, v[4])
		a.instant(`,"updatedAt":`, v[5])
		a.text(`,"region":{"name":`, v[6])
		a.lit(`},"communities":{"nodes":[`)
		if v[7] != nil {
			a.text(`{"community":{"name":`, v[7])
			a.lit(`}}`)
		}
		a.lit(`]}}`)
	}, sqlFifty, q.Variables.Province, q.Variables.Stage)
}

func deep(ctx context.Context, pool *pgxpool.Pool, a *answer, q *request) error {
	at, id, err := shapes.ReadOpenCursor(q.Variables.After)
	if err != nil {
		return err
	}
	return fifty(ctx, pool, a, 4, openCursor, func(v [][]byte) {
		a.id(`{"id":`, programmeTag, v[0])
		a.text(`,"code":`, v[1])
		a.text(`,"title":`, v[2])
		a.text(`,"stage":`, v[3])
		a.instant(`,"updatedAt":`, v[4])
		a.lit(`}`)
	}, sqlDeep, at, [16]byte(id))
}

func board(ctx context.Context, pool *pgxpool.Pool, a *answer, q *request) error {
	rows, err := pool.Query(ctx, sqlBoard, q.Variables.Province)
	if err != nil {
		return err
	}
	defer rows.Close()
	a.lit(`{"board":[`)
	for n := 0; rows.Next(); n++ {
		if n > 0 {
			a.lit(",")
		}
		v := rows.RawValues()
		a.text(`{"stage":`, v[0])
		a.text(`,"status":`, v[1])
		a.number(`,"count":`, v[2])
		a.lit(`}`)
	}
	a.lit(`]}`)
	return rows.Err()
}

func nested(ctx context.Context, pool *pgxpool.Pool, a *answer, q *request) error {
	c, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	rows, err := c.Query(ctx, sqlNested, q.Variables.Province, q.Variables.Stage)
	if err != nil {
		return err
	}
	ids := make([][16]byte, 0, page)
	heads := answer{make([]byte, 0, 8<<10)}
	starts := make([]int, 0, page+1)
	for rows.Next() {
		if len(ids) == page {
			continue
		}
		v := rows.RawValues()
		ids, starts = append(ids, [16]byte(v[0])), append(starts, len(heads.b))
		heads.id(`{"id":`, programmeTag, v[0])
		heads.text(`,"code":`, v[1])
		heads.text(`,"title":`, v[2])
		heads.text(`,"stage":`, v[3])
		heads.lit(`,"stakeholders":{"nodes":[`)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	starts = append(starts, len(heads.b))
	var batch pgx.Batch
	batch.Queue(sqlNestedStakeholders, ids)
	batch.Queue(sqlNestedEvents, ids)
	results := c.SendBatch(ctx, &batch)
	defer results.Close()
	if rows, err = results.Query(); err != nil {
		return err
	}
	stakeholders, err := gather(rows, len(ids), func(a *answer, v [][]byte) {
		a.text(`{"role":`, v[1])
		a.id(`,"stakeholder":{"id":`, stakeholderTag, v[2])
		a.text(`,"name":`, v[3])
		a.lit(`}}`)
	})
	if err != nil {
		return err
	}
	if rows, err = results.Query(); err != nil {
		return err
	}
	events, err := gather(rows, len(ids), func(a *answer, v [][]byte) {
		a.id(`{"id":`, eventTag, v[1])
		a.number(`,"version":`, v[2])
		a.text(`,"fromStage":`, v[3])
		a.text(`,"toStage":`, v[4])
		a.text(`,"actor":`, v[5])
		a.instant(`,"occurredAt":`, v[6])
		a.lit(`}`)
	})
	if err != nil {
		return err
	}
	a.lit(`{"programmes":{"nodes":[`)
	for n := range ids {
		if n > 0 {
			a.lit(",")
		}
		a.b = append(a.b, heads.b[starts[n]:starts[n+1]]...)
		stakeholders.write(a, n, false)
		a.lit(`]},"history":{"nodes":[`)
		events.write(a, n, true) // the newest are read, and shown oldest first
		a.lit(`]}}`)
	}
	a.lit(`]}}`)
	return nil
}
