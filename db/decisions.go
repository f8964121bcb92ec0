package db

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Decisions is the store of the decision log.
type Decisions struct{ Commands }

// Decisions gives the store of the decision log.
func (d *DB) Decisions() Decisions { return Decisions{d.Commands()} }

// Facts that are said to be there already may have been deleted in between only where nothing has rested on them for months, so
// the day alone is enough for those.
const keepFactsQuery = `
with given as (
	select * from unnest($1::text[], $2::date[], $3::bytea[], $4::text[]) as g (hash, used_on, content, masked)
), used as (
	update decision_facts f set last_used = g.used_on from given g where f.hash = g.hash and f.last_used < g.used_on and g.content is null
)
insert into decision_facts (hash, last_used, content, masked)
select hash, used_on, content, array(select jsonb_array_elements_text(masked::jsonb)) from given where content is not null
on conflict (hash) do update set last_used = excluded.last_used where decision_facts.last_used < excluded.last_used`

const keepDecisionsQuery = `
insert into decisions (id, decided_at, last_at, count, actor, programme_id, region_code, stage, entered_at, move, to_stage, outcome, facts_hash,
	kinds, revisions, blocks, unavailable, waivers, took, programme_event_id, rules, repeats)
select id, decided_at, last_at, count, actor, programme_id, region_code, stage, entered_at, move, to_stage, outcome, facts_hash,
	kinds, revisions, blocks, unavailable, waivers, took, event, array(select jsonb_array_elements_text(rules)), repeats
from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::int[], $5::text[], $6::uuid[], $7::text[], $8::text[], $9::timestamptz[], $10::text[],
	$11::text[], $12::text[], $13::text[], $14::jsonb[], $15::jsonb[], $16::jsonb[], $17::jsonb[], $18::jsonb[], $19::bigint[], $20::uuid[], $21::jsonb[], $22::bytea[])
	as d (id, decided_at, last_at, count, actor, programme_id, region_code, stage, entered_at, move, to_stage, outcome, facts_hash,
		kinds, revisions, blocks, unavailable, waivers, took, event, rules, repeats)
where not exists (select from decisions there where there.id = d.id)
on conflict (repeats) do update set count = least(decisions.count::bigint + excluded.count, 2147483647)::int,
	decided_at = least(decisions.decided_at, excluded.decided_at), last_at = greatest(decisions.last_at, excluded.last_at)`

// Keep writes decisions and the facts that they rest on, all or none, in one round trip. It counts those that are the same again
// in the entries that there are. Facts without content are there already. Both must be sorted. What was written although nobody
// heard so may be written again.
func (s Decisions) Keep(ctx context.Context, facts []workflow.KeptFacts, all []workflow.KeptDecision) error {
	var batch pgx.Batch
	n := len(facts)
	hashes, days, contents, masked := make([]string, n), make([]string, n), make([][]byte, n), make([]string, n)
	for i, f := range facts {
		names, err := json.Marshal(append([]string{}, f.Masked...))
		if err != nil {
			return err
		}
		hashes[i], days[i], contents[i], masked[i] = f.Hash, string(f.UsedOn), f.Content, string(names)
	}
	batch.Queue(keepFactsQuery, hashes, days, contents, masked)
	c := columnsOfDecisions(len(all))
	for i := range all {
		if err := c.set(i, &all[i]); err != nil {
			return err
		}
	}
	batch.Queue(keepDecisionsQuery, c.id, c.decidedAt, c.lastAt, c.count, c.actor, c.programme, c.region, c.stage, c.enteredAt, c.move, c.toStage, c.outcome,
		c.hash, c.kinds, c.revisions, c.blocks, c.unavailable, c.waivers, c.took, c.event, c.rules, c.repeats)
	return Coded(s.DB.Pool.SendBatch(ctx, &batch).Close())
}

// decisionColumns are decisions column by column, as unnest takes them.
type decisionColumns struct {
	id, programme                                         []uuid.UUID
	decidedAt, lastAt, enteredAt                          []time.Time
	count                                                 []int
	took                                                  []int64
	actor, region, stage, move, toStage, outcome, hash    []string
	kinds, revisions, blocks, unavailable, waivers, rules []string
	event                                                 []*uuid.UUID
	repeats                                               [][]byte
}

func columnsOfDecisions(n int) *decisionColumns {
	texts := func() []string { return make([]string, n) }
	times := func() []time.Time { return make([]time.Time, n) }
	return &decisionColumns{
		id: make([]uuid.UUID, n), programme: make([]uuid.UUID, n), decidedAt: times(), lastAt: times(), enteredAt: times(), count: make([]int, n),
		took: make([]int64, n), actor: texts(), region: texts(), stage: texts(), move: texts(), toStage: texts(), outcome: texts(), hash: texts(),
		kinds: texts(), revisions: texts(), blocks: texts(), unavailable: texts(), waivers: texts(), rules: texts(),
		event: make([]*uuid.UUID, n), repeats: make([][]byte, n),
	}
}

func (c *decisionColumns) set(i int, d *workflow.KeptDecision) error {
	revisions, err := json.Marshal(append([]domain.DecisionRevision{}, d.Revisions...))
	if err != nil {
		return err
	}
	blocks, err := json.Marshal(append([]domain.Block{}, d.Blocks...))
	if err != nil {
		return err
	}
	rules, err := json.Marshal(append([]string{}, d.Rules...))
	if err != nil {
		return err
	}
	c.id[i], c.programme[i], c.decidedAt[i], c.lastAt[i], c.enteredAt[i] = d.ID, d.ProgrammeID, d.DecidedAt, d.LastAt, d.EnteredAt
	c.count[i], c.took[i], c.actor[i], c.region[i], c.stage[i] = d.Count, d.Took, d.Actor, d.RegionCode, string(d.Stage)
	c.move[i], c.toStage[i], c.outcome[i], c.hash[i] = string(d.Move), string(d.ToStage), string(d.Outcome), d.FactsHash
	c.kinds[i], c.revisions[i], c.blocks[i], c.unavailable[i], c.waivers[i] = string(d.Kinds), string(revisions), string(blocks), string(d.Unavailable), string(d.Waivers)
	c.rules[i], c.event[i], c.repeats[i] = string(rules), d.EventID, d.Repeats
	return nil
}

// What is being used again at this moment is locked and is left alone: it would be deleted in its new state otherwise.
const forgetDecisionsQuery = `delete from decisions where id in (select id from decisions where last_at < $1 order by last_at, id limit $2 for update skip locked)`

// A decision that is kept was made on the day that its facts were last used, or before.
const forgetFactsQuery = `delete from decision_facts where hash in (select hash from decision_facts where last_used < ($1::timestamptz at time zone 'UTC')::date
	order by last_used, hash limit $2 for update skip locked)`

// Forget deletes at most so many decisions that were last made before then, and as many facts that none rests on, and tells
// whether there may be more.
func (s Decisions) Forget(ctx context.Context, before time.Time, most int) (bool, error) {
	gone, err := s.DB.Pool.Exec(ctx, forgetDecisionsQuery, before, most)
	if err != nil {
		return false, Coded(err)
	}
	facts, err := s.DB.Pool.Exec(ctx, forgetFactsQuery, before, most)
	return gone.RowsAffected() == int64(most) || facts.RowsAffected() == int64(most), Coded(err)
}

// Facts gives the facts of decisions and the regions that these were made in, by the decisions' ids; it leaves out those that are
// not there.
func (s Decisions) Facts(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]workflow.FactsIn, error) {
	rows, err := s.DB.Pool.Query(ctx, `select d.id, d.region_code, f.content, f.masked from decisions d join decision_facts f on f.hash = d.facts_hash where d.id = any($1)`, ids)
	if err != nil {
		return nil, Coded(err)
	}
	all := make(map[uuid.UUID]workflow.FactsIn, len(ids))
	for rows.Next() {
		var id uuid.UUID
		var f workflow.FactsIn
		if err := rows.Scan(&id, &f.RegionCode, &f.Content, &f.Masked); err != nil {
			rows.Close()
			return nil, err
		}
		all[id] = f
	}
	return all, Coded(rows.Err())
}
