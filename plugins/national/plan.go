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
		return rules.Values{"objectives": 0, "withIndicator": 0}.Text(
			"No objective is set yet. Set at least one, with an indicator that shows whether it is reached.",
			"Belum ada tujuan yang ditetapkan. Tetapkan sedikitnya satu, dengan indikator yang menunjukkan ketercapaiannya.").At("objectives")
	}
	for _, o := range objectives {
		if len(o.Indicators) > 0 {
			return rules.Passed
		}
	}
	return rules.Values{"objectives": len(objectives), "withIndicator": 0}.Text(
		"{withIndicator} of {objectives} objectives have an indicator. Give at least one objective an indicator that shows whether it is reached.",
		"{withIndicator} dari {objectives} tujuan memiliki indikator. Beri sedikitnya satu tujuan indikator yang menunjukkan ketercapaiannya.")
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
		return rules.Values{"activities": 0}.Text("No activity is planned yet. Plan at least one, with a start, an end and a budget.",
			"Belum ada kegiatan yang direncanakan. Rencanakan sedikitnya satu, dengan tanggal mulai, tanggal selesai dan anggaran.")
	}
	text := rules.Values{"activities": len(activities), "datedOnly": dated, "budgetedOnly": budgeted}.Text(
		"Activities planned: {activities}; with dates only: {datedOnly}; with a budget only: {budgetedOnly}. At least one must have a start, an end and a budget.",
		"Kegiatan direncanakan: {activities}; hanya dengan jadwal: {datedOnly}; hanya dengan anggaran: {budgetedOnly}. Sedikitnya satu harus memiliki tanggal mulai, tanggal selesai dan anggaran.")
	if dated > 0 {
		return text.At("activities", "budgetLines")
	}
	return text.At("activities", "plannedStart")
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
	all := len(q.Facts.Activities)
	return rules.Values{"buildCapacity": builds, "activities": all, "needed": (all + 1) / 2}.Text(
		"{buildCapacity} of {activities} activities build people's own capacity; at least half ({needed}) must.",
		"{buildCapacity} dari {activities} kegiatan membangun kapasitas masyarakat sendiri; sedikitnya separuh ({needed}) harus demikian.")
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
		return rules.Values{"currency": c, "aid": grouped(aid[c], ""), "planned": grouped(all[c], ""), "percent": percent}.Text(
			fmt.Sprintf("Direct aid is {currency} %s of the {currency} %s planned ({percent}%%). Aid that outweighs the rest seldom leaves people able to go on by themselves.",
				grouped(aid[c], ","), grouped(all[c], ",")),
			fmt.Sprintf("Bantuan langsung mencapai {currency} %s dari {currency} %s yang direncanakan ({percent}%%). Bantuan yang melebihi kegiatan lain jarang membuat masyarakat mandiri.",
				grouped(aid[c], "."), grouped(all[c], ".")))
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
