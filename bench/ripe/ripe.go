// Package ripe makes programmes that are ready to move: they stand in IDENTIFY, their history is begun as the engine begins it,
// and they hold what rules ask for before a programme goes on to PLAN. Each is of the size that people work with: 5 needs, 10
// activities, a training of 32 people, 240 rows in all.
//
// Their ids can be computed. A programme has a number of twelve decimal digits, which serve as hexadecimal at the end of a UUID,
// and so does every row that belongs to it: whoever can count can ask for the next one.
package ripe

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// First is the number of the first programme: the least with twelve digits.
const First = 100_000_000_000

// kinds of rows that Go makes; those that SQL makes have others.
const (
	programmes, stakeholders, communities = 0, 50, 51
	roles, members, beginnings            = 60, 61, 62
)

// ID is the id of the programme with a number.
func ID(number int) uuid.UUID { return id(programmes, 0, number) }

func id(kind, row, number int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("%08d-0000-7000-8000-%012d", kind*100_000+row, number))
}

func record(id uuid.UUID, at time.Time) domain.Record {
	return domain.Record{ID: id, CreatedAt: at, UpdatedAt: at}
}

// numbered gives the rows of one kind of a programme their ids.
type numbered struct{ kind, row, number int }

func (n *numbered) New() uuid.UUID {
	n.row++
	return id(n.kind, n.row, n.number)
}

// batch is how many programmes one transaction makes.
const batch = 1000

//go:embed content.sql
var content string

// Make makes so many programmes, governed by these regions in turn, begun at a time in the name of a coordinator.
func Make(ctx context.Context, d *db.DB, coordinator string, regions []string, count int, at time.Time) error {
	if len(regions) == 0 {
		return fmt.Errorf("programmes need a region")
	}
	at = at.UTC().Truncate(time.Second)
	var groups []domain.Community
	var helpers []domain.Stakeholder
	for i, region := range regions {
		groups = append(groups, domain.Community{Record: record(id(communities, i, First), at), RegionCode: region, Kind: "FARMERS_GROUP",
			Name: "Kelompok Tani " + region, Population: 300, PopulationFemale: 150, PopulationMale: 150, Households: 90})
		helpers = append(helpers, domain.Stakeholder{Record: record(id(stakeholders, i, First), at), RegionCode: region, Kind: "NGO", Name: "Yayasan Warga " + region})
	}
	if err := d.Demo().Load(ctx, groups, helpers); err != nil {
		return err
	}
	for from := 0; from < count; from += batch {
		if err := load(ctx, d, coordinator, regions, from, min(from+batch, count), at); err != nil {
			return err
		}
	}
	return fill(ctx, d, count, at)
}

// load makes the programmes from one up to another with what Go makes of them.
func load(ctx context.Context, d *db.DB, coordinator string, regions []string, from, to int, at time.Time) error {
	var all []domain.Programme
	var events []domain.ProgrammeEvent
	var stays []domain.StageVisit
	var timers []domain.Timer
	var taking []domain.ProgrammeCommunity
	var helping []domain.ProgrammeStakeholder
	for i := from; i < to; i++ {
		number, place := First+i, i%len(regions)
		start := domain.DateOf(at)
		p := domain.Programme{Record: record(ID(number), at), RegionCode: regions[place],
			Code: fmt.Sprintf("SIAP-%012d", number), Title: "Air bersih kelola warga", Goal: "Warga mengurus air bersihnya sendiri.",
			StartDate: start, EndDate: start.AddDays(600), Coordinator: coordinator}
		began := workflow.Created(workflow.Default, p.ID, p.RegionCode, coordinator, at)
		began.Seal(&numbered{beginnings, 0, number}, "")
		began.After.Apply(&p)
		p.FactsVersion = p.Version
		all, events, stays = append(all, p), append(events, *began.Event), append(stays, *began.Effects.BeginVisit)
		timers = append(timers, began.Effects.Timers...)
		taking = append(taking, domain.ProgrammeCommunity{Record: record(id(members, 1, number), at), ProgrammeID: p.ID,
			CommunityID: id(communities, place, First), Primary: true})
		helping = append(helping, domain.ProgrammeStakeholder{Record: record(id(roles, 1, number), at), ProgrammeID: p.ID,
			StakeholderID: id(stakeholders, place, First), Role: "mendampingi pelatihan", Power: 3, Interest: 5})
	}
	return d.Demo().Load(ctx, all, taking, helping, events, stays, timers)
}

// fill gives the programmes their content, set by set within PostgreSQL. Nobody checks what they refer to row by row: all of it
// is made here.
func fill(ctx context.Context, d *db.DB, count int, at time.Time) error {
	return pgx.BeginFunc(ctx, d.Pool, func(tx pgx.Tx) error {
		for _, sql := range []string{`set local statement_timeout = 0`, `set local session_replication_role = replica`,
			`create temporary table ripe (n bigint, programme uuid, at timestamptz) on commit drop`} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"ripe"}, []string{"n", "programme", "at"}, pgx.CopyFromSlice(count, func(i int) ([]any, error) {
			return []any{First + i, [16]byte(ID(First + i)), at}, nil
		})); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, content, pgx.QueryExecModeSimpleProtocol)
		return err
	})
}
