package domain_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	_ "github.com/berdaya/berdaya/internal/seeded"
)

var needs = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) *domain.Need {
	return &domain.Need{
		Record:   domain.Record{ID: uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))},
		Severity: rapid.IntRange(1, 5).Draw(t, "severity"), Urgency: rapid.IntRange(1, 5).Draw(t, "urgency"),
		PeopleAffected: rapid.IntRange(0, domain.MaxPeople).Draw(t, "affected"), Votes: rapid.IntRange(0, 500).Draw(t, "votes"),
	}
}), 0, 12)

func TestRanksAreAPermutationWithScoresFrom0To100(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := needs.Draw(t, "needs")
		ranks := domain.RankNeeds(in, rapid.IntRange(0, domain.MaxPeople).Draw(t, "population"), domain.DefaultNeedWeights)
		if len(ranks) != len(in) {
			t.Fatalf("%d ranks of %d needs", len(ranks), len(in))
		}
		for i, r := range ranks {
			if r.Rank != i+1 || r.Score < 0 || r.Score > 100 {
				t.Fatalf("%+v at %d", r, i)
			}
			if i > 0 && ranks[i-1].Score < r.Score {
				t.Fatalf("%v is before %v", ranks[i-1], r)
			}
			if !slices.ContainsFunc(in, func(n *domain.Need) bool { return n.ID == r.NeedID }) {
				t.Fatalf("%v is no need", r.NeedID)
			}
		}
	})
}

func TestTheOrderInWhichNeedsComeDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := needs.Draw(t, "needs")
		population := rapid.IntRange(0, domain.MaxPeople).Draw(t, "population")
		first := domain.RankNeeds(in, population, domain.DefaultNeedWeights)
		rand.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
		if diff := cmp.Diff(first, domain.RankNeeds(in, population, domain.DefaultNeedWeights)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestAGraverNeedNeverScoresLower(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := needs.Draw(t, "needs")
		if len(in) == 0 {
			return
		}
		population := rapid.IntRange(1, domain.MaxPeople).Draw(t, "population")
		score := func() float64 {
			for _, r := range domain.RankNeeds(in, population, domain.DefaultNeedWeights) {
				if r.NeedID == in[0].ID {
					return r.Score
				}
			}
			return -1
		}
		before := score()
		in[0].Severity, in[0].Urgency = min(in[0].Severity+1, 5), min(in[0].Urgency+1, 5)
		in[0].PeopleAffected += rapid.IntRange(0, 1000).Draw(t, "more")
		if after := score(); after < before {
			t.Fatalf("%v became %v", before, after)
		}
	})
}

func TestScoresByHand(t *testing.T) {
	t.Parallel()
	a, b := uuid.UUID{1}, uuid.UUID{2}
	got := domain.RankNeeds([]*domain.Need{
		{Record: domain.Record{ID: a}, Severity: 3, Urgency: 1, PeopleAffected: 100, Votes: 0},
		{Record: domain.Record{ID: b}, Severity: 5, Urgency: 5, PeopleAffected: 2000, Votes: 7},
	}, 1000, domain.DefaultNeedWeights)
	// b: all of everything. a: 0.35×0.5 + 0.25×0.1.
	want := []domain.NeedRank{{NeedID: b, Score: 100, Rank: 1}, {NeedID: a, Score: 20, Rank: 2}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
