package bulk

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/workflow"
)

// capture gives the items of a bulk move as it begins, and the least region that holds all programmes in it.
func (b *Bulk) capture(ctx context.Context, actor access.Actor, c *Command) ([]*domain.BulkMoveItem, *string, error) {
	if c.Filter == nil {
		return b.listed(ctx, actor, c.ProgrammeIDs)
	}
	f := *c.Filter
	f.Within = narrowed(actor.Reads(), f.Within)
	found, err := b.Store.Matching(ctx, f, domain.MaxBulk+1)
	switch {
	case err != nil:
		return nil, nil, err
	case len(found) == 0:
		return nil, nil, empty().At("filter")
	case len(found) > domain.MaxBulk:
		return nil, nil, tooMany().At("filter")
	case c.ExpectedCount != nil && unlike(len(found), *c.ExpectedCount):
		return nil, nil, mismatch(len(found), *c.ExpectedCount)
	}
	items := make([]*domain.BulkMoveItem, len(found))
	for i := range found {
		items[i] = item(i, &found[i])
	}
	return items, home(found), nil
}

// listed captures programmes by their ids. One that the actor does not see has its result at once, the same as one that is not
// there, and nothing of it is kept.
func (b *Bulk) listed(ctx context.Context, actor access.Actor, ids []uuid.UUID) ([]*domain.BulkMoveItem, *string, error) {
	found, err := b.Store.Listed(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	seen := make(map[uuid.UUID]*workflow.BulkCandidate, len(found))
	var visible []workflow.BulkCandidate
	for i := range found {
		if access.MaySee(actor, found[i].RegionCode) == nil {
			seen[found[i].ProgrammeID] = &found[i]
			visible = append(visible, found[i])
		}
	}
	items := make([]*domain.BulkMoveItem, len(ids))
	for i, id := range ids {
		items[i] = item(i, seen[id])
	}
	return items, home(visible), nil
}

func item(i int, c *workflow.BulkCandidate) *domain.BulkMoveItem {
	if c != nil {
		return &domain.BulkMoveItem{Position: i + 1, ProgrammeID: &c.ProgrammeID, Version: &c.Version, Outcome: domain.BulkPending, Blocks: []domain.Block{}}
	}
	e := access.NotFound()
	return &domain.BulkMoveItem{Position: i + 1, Outcome: domain.BulkRefused, Code: &e.Code, MessageEN: &e.Text.EN, MessageID: &e.Text.ID, Blocks: []domain.Block{}}
}

// narrowed gives the part of a scope that lies in these regions; all of it where none is named.
func narrowed(scope access.Scope, within []string) []string {
	if within == nil {
		return scope
	}
	var regions []string
	for _, w := range within {
		regions = append(regions, scope.Within(w)...)
	}
	return access.NewScope(regions...)
}

// home gives the least region that holds all these programmes.
func home(found []workflow.BulkCandidate) *string {
	if len(found) == 0 {
		return nil
	}
	code := found[0].RegionCode
	for _, c := range found[1:] {
		for !domain.Under(c.RegionCode, code) {
			code = domain.ParentOf(code)
		}
	}
	return &code
}

// unlike tells whether two counts differ by more than a tenth of the one expected. A portfolio changes while people look at it;
// a filter that was meant differently matches another number altogether.
func unlike(matched, expected int) bool {
	off := matched - expected
	if off < 0 {
		off = -off
	}
	return off*10 > expected
}

// once refuses a list that names a programme twice.
func once(ids []uuid.UUID) error {
	seen := make(map[uuid.UUID]bool, len(ids))
	for i, id := range ids {
		if seen[id] {
			return domain.Errorf(domain.CodeBadUserInput, "this programme is in the list twice; name it once").
				In("program ini disebut dua kali; sebutkan sekali saja").At("programmeIds", strconv.Itoa(i))
		}
		seen[id] = true
	}
	return nil
}

func empty() *domain.Error {
	return domain.Errorf(domain.CodeBulkEmpty, "this matches no programme that you see; change the filter or the list").
		In("tidak ada program yang cocok dan dapat Anda lihat; ubah saringan atau daftarnya")
}

func tooMany() *domain.Error {
	e := domain.Errorf(domain.CodeTooLarge, "one bulk move takes at most %d programmes; narrow it, for instance by region or stage", domain.MaxBulk).
		In(fmt.Sprintf("satu langkah massal paling banyak %d program; persempit, misalnya menurut wilayah atau tahap", domain.MaxBulk))
	e.Params = map[string]any{"limit": domain.MaxBulk, "of": "programmes"}
	return e
}

func mismatch(matched, expected int) *domain.Error {
	e := domain.Errorf(domain.CodeBulkCountMismatch, "the filter matches %d programmes, and you expected %d; look at them, then expect %d or change the filter",
		matched, expected, matched).
		In(fmt.Sprintf("saringan cocok dengan %d program, sedangkan Anda memperkirakan %d; periksa dahulu, lalu perkirakan %d atau ubah saringan", matched, expected, matched))
	e.Params = map[string]any{"matched": matched, "expected": expected}
	return e.At("expectedCount")
}
