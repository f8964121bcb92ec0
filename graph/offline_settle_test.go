package graph_test

import (
	"sync"
	"testing"
)

// moving has a move kept as a draft and gives the draft, the move and its programme.
func (v *village) moving(code string) (draft string, advance command, programme string) {
	v.Helper()
	programme = newID()
	for _, r := range v.submit("ani", false, begin(newID(), programme, code)...) {
		if r.Outcome != "DONE" {
			v.Fatalf("%+v", r)
		}
	}
	v.rules.answer.Store(blocking)
	advance = with(on("moveProgramme", command{"programmeId": programme, "move": "ADVANCE"}), command{"expectedVersion": 1})
	draft = v.draft("ani", advance)
	v.rules.answer.Store(nil)
	return draft, advance, programme
}

func TestADraftThatIsDroppedWhileRulesThinkAboutItsMoveMovesNothing(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	draft, advance, programme := v.moving("WATER-1")
	var once sync.Once
	v.rules.thinks = func() {
		once.Do(func() {
			if s := v.settle("citra", dropQuery, command{"draftId": draft, "reason": "Not agreed"}); s.code() != "" {
				t.Errorf("%+v", s)
			}
		})
	}
	s := v.settle("ani", mergeQuery, command{"draftId": draft, "command": advance, "idempotencyKey": "m"})
	if s.code() != "CONFLICT input.draftId" || s.ID != "" || s.Draft.State != "DROPPED" {
		t.Errorf("%+v", s)
	}
	if n := v.count(`select version from programmes where id = $1`, programme); n != 1 {
		t.Errorf("version %d: it was moved though the draft was dropped", n)
	}
}

func TestOfThoseWhoMergeAndDropAMoveAtOnceOneDoes(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	for _, code := range []string{"WATER-1", "WATER-2", "WATER-3", "WATER-4"} {
		draft, advance, programme := v.moving(code)
		var merges, drops [2]settled
		var all sync.WaitGroup
		for i, subject := range []string{"ani", "budi"} {
			all.Go(func() {
				merges[i] = v.settle(subject, mergeQuery, command{"draftId": draft, "command": advance, "idempotencyKey": code})
			})
			all.Go(func() { drops[i] = v.settle(subject, dropQuery, command{"draftId": draft, "reason": "Not agreed"}) })
		}
		all.Wait()
		merged, dropped := 0, 0
		for i := range 2 {
			for count, s := range map[*int]settled{&merged: merges[i], &dropped: drops[i]} {
				switch s.code() {
				case "":
					*count++
				case "CONFLICT input.draftId":
				default:
					t.Errorf("%+v", s)
				}
			}
		}
		moved, settledAs := v.count(`select version - 1 from programmes where id = $1`, programme), v.count(`select count(*) from drafts where state = 'MERGED' and programme_id = $1`, programme)
		if merged+dropped != 1 || moved != merged || settledAs != merged {
			t.Errorf("%d merged it, %d dropped it, %d moves, %d drafts merged", merged, dropped, moved, settledAs)
		}
	}
}
