package domain

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"github.com/google/uuid"
)

// NeedRank is a need's score and place among the needs of its programme.
type NeedRank struct {
	NeedID uuid.UUID
	Score  float64 // 0 to 100, two decimals
	Rank   int     // 1 is first
}

// RankNeeds scores the needs of one programme and puts them in order, highest score first; equal scores are in the order of
// their ids, so that the same needs always give the same ranks. It changes nothing.
//
// A score is the weighted mean of four parts between 0 and 1, times 100:
//
//   - severity and urgency, (s-1)/4: the slightest counts nothing and the gravest all, so that scores use the whole range;
//   - people affected, as a share of the people in the programme's communities, at most 1. Where their number is not known (0)
//     it is the share of the largest number affected by any of the needs;
//   - votes, as a share of all votes for the programme's needs. Where nobody voted it is 0 for all.
func RankNeeds(needs []*Need, population int, w NeedWeights) []NeedRank {
	people, votes := population, 0
	for _, n := range needs {
		votes += n.Votes
		if population <= 0 {
			people = max(people, n.PeopleAffected)
		}
	}
	ranks := make([]NeedRank, len(needs))
	for i, n := range needs {
		score := w.Severity*part(n.Severity-1, 4) + w.Affected*part(n.PeopleAffected, people) + w.Urgency*part(n.Urgency-1, 4) + w.Votes*part(n.Votes, votes)
		total := w.Severity + w.Affected + w.Urgency + w.Votes
		ranks[i] = NeedRank{NeedID: n.ID, Score: math.Round(score/total*10_000) / 100}
	}
	slices.SortFunc(ranks, func(a, b NeedRank) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), bytes.Compare(a.NeedID[:], b.NeedID[:]))
	})
	for i := range ranks {
		ranks[i].Rank = i + 1
	}
	return ranks
}

// part gives n as a share of all, between 0 and 1; 0 of nothing.
func part(n, all int) float64 {
	if all <= 0 {
		return 0
	}
	return min(max(float64(n)/float64(all), 0), 1)
}
