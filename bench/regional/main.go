// Command regional is the rule set of one province, as an office would write it: three rules that look at needs, activities and
// trainings. The bench binds it beside the national rules, in a process of its own.
package main

import (
	"github.com/berdaya/berdaya/plugins/rules"
)

func main() { rules.Serve(set) }

var identify, advance = []string{rules.Identify}, []string{rules.Advance}

var set = &rules.Set{
	Name: "jawa-barat", Version: "1.0.0",
	Title: rules.Text{EN: "Rules of West Java", ID: "Aturan Jawa Barat"},
	Facts: []string{rules.Needs, rules.Activities, rules.Trainings},
	Rules: []rules.Rule{
		{
			Code: "THREE_NEEDS_VOTED", Title: rules.Text{EN: "People voted on three needs", ID: "Warga memilih di antara tiga kebutuhan"},
			Stages: identify, Moves: advance, Severity: rules.Block, Waivable: rules.ByRegion, Path: []string{"needs", "votes"}, Check: threeNeedsVoted,
		},
		{
			Code: "TRAINING_FOR_BOTH", Title: rules.Text{EN: "Women and men are in a training", ID: "Perempuan dan laki-laki mengikuti pelatihan"},
			Stages: identify, Moves: advance, Severity: rules.Block, Waivable: rules.ByRegion, Path: []string{"trainingEvents", "participants"}, Check: trainingForBoth,
		},
		{
			Code: "OWN_MONEY", Title: rules.Text{EN: "People bring in money of their own", ID: "Warga berswadaya"},
			Stages: identify, Moves: advance, Severity: rules.Warn, Waivable: rules.ByRegion, Path: []string{"activities", "budgetLines"}, Check: ownMoney,
		},
	},
	Stages: map[string]rules.StageWork{rules.Plan: {Days: 40, Checklist: []rules.Item{
		{Code: "VILLAGE_BUDGET", Title: rules.Text{EN: "Take the plan into the village's budget", ID: "Masukkan rencana ke anggaran desa"}},
	}}},
}

// threeNeedsVoted asks for three needs that people gave votes to.
func threeNeedsVoted(q *rules.Question) rules.Text {
	voted := 0
	for _, n := range q.GetFacts().GetNeeds() {
		if n.GetVotes() > 0 {
			voted++
		}
	}
	if voted >= 3 {
		return rules.Passed
	}
	return rules.Textf("Needs with votes: %d. Let people vote on three or more.",
		"Kebutuhan yang mendapat suara: %d. Biarkan warga memilih di antara tiga atau lebih.", voted)
}

// trainingForBoth asks for a training with women and men in it.
func trainingForBoth(q *rules.Question) rules.Text {
	for _, t := range q.GetFacts().GetTrainingEvents() {
		sexes := map[string]bool{}
		for _, p := range t.GetParticipants() {
			sexes[p.GetSex()] = true
		}
		if len(sexes) == 2 {
			return rules.Passed
		}
	}
	return rules.Textf("Trainings: %d; with both women and men: 0. Invite both.",
		"Pelatihan: %d; yang diikuti perempuan dan laki-laki: 0. Undang keduanya.", len(q.GetFacts().GetTrainingEvents()))
}

// ownMoney asks for money that people bring in themselves for half of the activities.
func ownMoney(q *rules.Question) rules.Text {
	activities, own := q.GetFacts().GetActivities(), 0
	for _, a := range activities {
		for _, l := range a.GetBudgetLines() {
			if l.GetSourceOfFunds() == "Swadaya warga" {
				own++
				break
			}
		}
	}
	if 2*own >= len(activities) {
		return rules.Passed
	}
	return rules.Textf("Activities: %d; with money of people's own: %d. Half of them should have some.",
		"Kegiatan: %d; dengan swadaya warga: %d. Separuhnya sebaiknya berswadaya.", len(activities), own)
}
