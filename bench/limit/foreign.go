package main

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The same five shapes over the tables of another harness (schema app: whole numbers as ids, plain lists where Berdaya has
// connections), so that this yardstick can be held against that harness's own.
var foreign = map[string]shape{"Q1": foreignOne, "Q2": foreignFifty, "Q3": foreignNested, "Q4": foreignBoard, "Q5": foreignDeep}

const (
	foreignNewest = ` from app.programme where province_code = $1 and stage = $2 order by updated_at desc, id desc limit 51`

	foreignSQLOne = `select p.id, p.code, p.title, p.stage, p.status, p.budget, p.version, p.coordinator, p.created_at, p.updated_at,
 c.id, c.name, c.households, r.code, r.name from app.programme p join app.community c on c.id = p.community_id join app.region r on r.code = p.region_code where p.id = $1`
	foreignSQLOneStakeholders = `select l.role, s.id, s.name, s.kind from app.programme_stakeholder l join app.stakeholder s on s.id = l.stakeholder_id
 where l.programme_id = $1 order by l.stakeholder_id limit 5`
	foreignSQLFifty = `select p.id, p.code, p.title, p.stage, p.status, p.updated_at, c.name, r.name
 from (select id, code, title, stage, status, updated_at, community_id, region_code` + foreignNewest + `) p
 join app.community c on c.id = p.community_id join app.region r on r.code = p.region_code order by p.updated_at desc, p.id desc`
	foreignSQLNested             = `select id, code, title, stage` + foreignNewest
	foreignSQLNestedStakeholders = `select u.o, x.* from unnest($1::bigint[]) with ordinality u(k, o) cross join lateral
 (select l.role, s.id, s.name from app.programme_stakeholder l join app.stakeholder s on s.id = l.stakeholder_id where l.programme_id = u.k order by l.stakeholder_id limit 10) x`
	foreignSQLNestedEvents = `select u.o, x.* from unnest($1::bigint[]) with ordinality u(k, o) cross join lateral
 (select id, from_stage, to_stage, actor, created_at from app.stage_history where programme_id = u.k order by id desc limit 5) x`
	foreignSQLBoard = `select stage, count(*) from app.programme where province_code = $1 group by stage order by stage`
	foreignSQLDeep  = `select id, code, title, stage, updated_at from app.programme where (updated_at, id) < ($1, $2) order by updated_at desc, id desc limit 51`
)

const foreignInstant = "2006-01-02T15:04:05.000000Z"

func foreignCursor(b, at, id []byte) []byte {
	var plain [64]byte
	c := append(instant(at).AppendFormat(plain[:0], foreignInstant), '|')
	return base64.StdEncoding.AppendEncode(b, strconv.AppendInt(c, whole(id), 10))
}

func foreignOne(ctx context.Context, pool *pgxpool.Pool, a *answer, q *request) error {
	id, err := strconv.ParseInt(q.Variables.ID, 10, 64)
	if err != nil {
		return err
	}
	var batch pgx.Batch
	batch.Queue(foreignSQLOne, id)
	batch.Queue(foreignSQLOneStakeholders, id)
	results := pool.SendBatch(ctx, &batch)
	defer results.Close()
	rows, err := results.Query()
	if err != nil {
		return err
	}
	for rows.Next() {
		v := rows.RawValues()
		a.quoted(`{"programme":{"id":`, v[0])
		a.text(`,"code":`, v[1])
		a.text(`,"title":`, v[2])
		a.text(`,"stage":`, v[3])
		a.text(`,"status":`, v[4])
		a.quoted(`,"budget":`, v[5])
		a.number(`,"version":`, v[6])
		a.text(`,"coordinator":`, v[7])
		a.instant(`,"createdAt":`, v[8])
		a.instant(`,"updatedAt":`, v[9])
		a.quoted(`,"community":{"id":`, v[10])
		a.text(`,"name":`, v[11])
		a.number(`,"households":`, v[12])
		a.text(`},"region":{"code":`, v[13])
		a.text(`,"name":`, v[14])
	}
	rows.Close()
	if rows, err = results.Query(); err != nil {
		return err
	}
	a.lit(`},"stakeholders":[`)
	for n := 0; rows.Next(); n++ {
		if n > 0 {
			a.lit(",")
		}
		v := rows.RawValues()
		a.text(`{"role":`, v[0])
		a.quoted(`,"stakeholder":{"id":`, v[1])
		a.text(`,"name":`, v[2])
		a.text(`,"kind":`, v[3])
		a.lit(`}}`)
	}
	a.lit(`]}}`)
	return rows.Err()
}

func foreignFifty(ctx context.Context, pool *pgxpool.Pool, a *answer, q *request) error {
	return fifty(ctx, pool, a, 5, foreignCursor, func(v [][]byte) {
		a.quoted(`{"id":`, v[0])
		a.text(`,"code":`, v[1])
		a.text(`,"title":`, v[2])
		a.text(`,"stage":`, v[3])
		a.text(`,"status":`, v[4])
		a.instant(`,"updatedAt":`, v[5])
		a.text(`,"community":{"name":`, v[6])
		a.text(`},"region":{"name":`, v[7])
		a.lit(`}}`)
	}, foreignSQLFifty, q.Variables.Province, q.Variables.Stage)
}

func foreignDeep(ctx context.Context, pool *pgxpool.Pool, a *answer, q *request) error {
	plain, err := base64.StdEncoding.DecodeString(q.Variables.After)
	if err != nil {
		return err
	}
	when, which, ok := strings.Cut(string(plain), "|")
	if !ok {
		return errors.New("a cursor holds an instant and an id")
	}
	at, err := time.Parse(time.RFC3339Nano, when)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(which, 10, 64)
	if err != nil {
		return err
	}
	return fifty(ctx, pool, a, 4, foreignCursor, func(v [][]byte) {
		a.quoted(`{"id":`, v[0])
		a.text(`,"code":`, v[1])
		a.text(`,"title":`, v[2])
		a.text(`,"stage":`, v[3])
		a.instant(`,"updatedAt":`, v[4])
		a.lit(`}`)
	}, foreignSQLDeep, at, id)
}

func foreignBoard(ctx context.Context, pool *pgxpool.Pool, a *answer, q *request) error {
	rows, err := pool.Query(ctx, foreignSQLBoard, q.Variables.Province)
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
		a.number(`,"count":`, v[1])
		a.lit(`}`)
	}
	a.lit(`]}`)
	return rows.Err()
}

func foreignNested(ctx context.Context, pool *pgxpool.Pool, a *answer, q *request) error {
	c, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	rows, err := c.Query(ctx, foreignSQLNested, q.Variables.Province, q.Variables.Stage)
	if err != nil {
		return err
	}
	ids := make([]int64, 0, page)
	heads := answer{make([]byte, 0, 8<<10)}
	starts := make([]int, 0, page+1)
	for rows.Next() {
		if len(ids) == page {
			continue
		}
		v := rows.RawValues()
		ids, starts = append(ids, whole(v[0])), append(starts, len(heads.b))
		heads.quoted(`{"id":`, v[0])
		heads.text(`,"code":`, v[1])
		heads.text(`,"title":`, v[2])
		heads.text(`,"stage":`, v[3])
		heads.lit(`,"stakeholders":[`)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	starts = append(starts, len(heads.b))
	var batch pgx.Batch
	batch.Queue(foreignSQLNestedStakeholders, ids)
	batch.Queue(foreignSQLNestedEvents, ids)
	results := c.SendBatch(ctx, &batch)
	defer results.Close()
	if rows, err = results.Query(); err != nil {
		return err
	}
	stakeholders, err := gather(rows, len(ids), func(a *answer, v [][]byte) {
		a.text(`{"role":`, v[1])
		a.quoted(`,"stakeholder":{"id":`, v[2])
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
		a.quoted(`{"id":`, v[1])
		a.text(`,"fromStage":`, v[2])
		a.text(`,"toStage":`, v[3])
		a.text(`,"actor":`, v[4])
		a.instant(`,"createdAt":`, v[5])
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
		a.lit(`],"history":[`)
		events.write(a, n, false)
		a.lit(`]}`)
	}
	a.lit(`]}}`)
	return nil
}
