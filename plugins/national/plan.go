package national

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// objectiveMeasurable asks for an objective with an indicator.
func objectiveMeasurable(q *rules.Question) rules.Text {
	objectives := q.Facts.Objectives
	if len(objectives) == 0 {
		return rules.Text{
			EN: "No objective is set yet. Set at least one, with an indicator that shows whether it is reached.",
			ID: "Belum ada tujuan yang ditetapkan. Tetapkan sedikitnya satu, dengan indikator yang menunjukkan ketercapaiannya.",
		}
	}
	for _, o := range objectives {
		if len(o.Indicators) > 0 {
			return rules.Passed
		}
	}
	return rules.Textf("0 of %d objectives have an indicator. Give at least one objective an indicator that shows whether it is reached.",
		"0 dari %d tujuan memiliki indikator. Beri sedikitnya satu tujuan indikator yang menunjukkan ketercapaiannya.", len(objectives))
}

// activityDatedAndBudgeted asks for an activity with a planned start and end and with planned money.
func activityDatedAndBudgeted(q *rules.Question) rules.Text {
	activities := q.Facts.Activities
	dated, budgeted := 0, 0
	for _, a := range activities {
		hasDates := a.PlannedStart != nil && a.PlannedEnd != nil
		hasBudget := slices.ContainsFunc(a.BudgetLines, func(l *rulespb.BudgetLine) bool { return nanos(l.Planned).Sign() > 0 })
		switch {
		case hasDates && hasBudget:
			return rules.Passed
		case hasDates:
			dated++
		case hasBudget:
			budgeted++
		}
	}
	if len(activities) == 0 {
		return rules.Text{
			EN: "No activity is planned yet. Plan at least one, with a start, an end and a budget.",
			ID: "Belum ada kegiatan yang direncanakan. Rencanakan sedikitnya satu, dengan tanggal mulai, tanggal selesai dan anggaran.",
		}
	}
	return rules.Textf("Activities planned: %d; with dates only: %d; with a budget only: %d. At least one must have a start, an end and a budget.",
		"Kegiatan direncanakan: %d; hanya dengan jadwal: %d; hanya dengan anggaran: %d. Sedikitnya satu harus memiliki tanggal mulai, tanggal selesai dan anggaran.",
		len(activities), dated, budgeted)
}

// halfBuildsCapacity asks that half or more of the activities build capacity, by count. A plan without activities is the
// business of the rule before.
func halfBuildsCapacity(q *rules.Question) rules.Text {
	builds := 0
	for _, a := range q.Facts.Activities {
		if a.BuildsCapacity {
			builds++
		}
	}
	if 2*builds >= len(q.Facts.Activities) {
		return rules.Passed
	}
	return rules.Textf("%d of %d activities build people's own capacity; at least half must.",
		"%d dari %d kegiatan membangun kapasitas masyarakat sendiri; sedikitnya separuh harus demikian.", builds, len(q.Facts.Activities))
}

// aidUnderHalf warns where direct aid takes half or more of what is planned in a currency.
func aidUnderHalf(q *rules.Question) rules.Text {
	aid, all := map[string]*big.Int{}, map[string]*big.Int{}
	var currencies []string
	for _, a := range q.Facts.Activities {
		for _, l := range a.BudgetLines {
			currency := l.Planned.GetCurrency()
			if all[currency] == nil {
				aid[currency], all[currency] = new(big.Int), new(big.Int)
				currencies = append(currencies, currency)
			}
			all[currency].Add(all[currency], nanos(l.Planned))
			if a.Kind == "DIRECT_AID" {
				aid[currency].Add(aid[currency], nanos(l.Planned))
			}
		}
	}
	slices.Sort(currencies)
	for _, c := range currencies {
		twice := new(big.Int).Lsh(aid[c], 1)
		if all[c].Sign() <= 0 || twice.Cmp(all[c]) < 0 {
			continue
		}
		percent := new(big.Int).Div(new(big.Int).Mul(aid[c], big.NewInt(100)), all[c])
		return rules.Text{
			EN: fmt.Sprintf("Direct aid is %s %s of the %s %s planned (%d%%). Aid that outweighs the rest seldom leaves people able to go on by themselves.",
				c, grouped(aid[c], ","), c, grouped(all[c], ","), percent),
			ID: fmt.Sprintf("Bantuan langsung mencapai %s %s dari %s %s yang direncanakan (%d%%). Bantuan yang melebihi kegiatan lain jarang membuat masyarakat mandiri.",
				c, grouped(aid[c], "."), c, grouped(all[c], "."), percent),
		}
	}
	return rules.Passed
}

// nanos gives money in billionths, so that sums are exact however large.
func nanos(m *rulespb.Money) *big.Int {
	n := new(big.Int).Mul(big.NewInt(m.GetUnits()), big.NewInt(1e9))
	return n.Add(n, big.NewInt(int64(m.GetNanos())))
}

// grouped writes the whole units of an amount in groups of three digits.
func grouped(nanos *big.Int, separator string) string {
	digits := new(big.Int).Quo(nanos, big.NewInt(1e9)).String()
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	return strings.Join(append([]string{digits}, groups...), separator)
}
