package main

import (
	"math"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// capacityShare compares, in each currency, the planned money of activities that build capacity with that of direct aid.
func capacityShare(q *rules.Question, p *parameters) rules.Text {
	capacity, both := map[string]*big.Int{}, map[string]*big.Int{}
	var currencies []string
	for _, a := range q.GetFacts().GetActivities() {
		if !a.GetBuildsCapacity() && a.GetKind() != "DIRECT_AID" {
			continue
		}
		for _, l := range a.GetBudgetLines() {
			c := l.GetPlanned().GetCurrency()
			if both[c] == nil {
				capacity[c], both[c] = new(big.Int), new(big.Int)
				currencies = append(currencies, c)
			}
			both[c].Add(both[c], nanos(l.GetPlanned()))
			if a.GetBuildsCapacity() {
				capacity[c].Add(capacity[c], nanos(l.GetPlanned()))
			}
		}
	}
	slices.Sort(currencies)
	for _, c := range currencies {
		hundredfold := new(big.Int).Mul(capacity[c], big.NewInt(100))
		if both[c].Sign() <= 0 || hundredfold.Cmp(new(big.Int).Mul(both[c], big.NewInt(p.LeastCapacityPercent))) >= 0 {
			continue
		}
		units, percent := new(big.Int).Quo(capacity[c], billion), hundredfold.Quo(hundredfold, both[c])
		text := rules.Values{"currency": c, "capacity": units, "percent": percent, "needed": p.LeastCapacityPercent}.Text(
			"{currency} "+grouped(units, ",")+" builds capacity, {percent}% of what goes to capacity and direct aid; at least {needed}% must. Plan more training, mentoring or organising.",
			"{currency} "+grouped(units, ".")+" membangun kapasitas, {percent}% dari dana untuk kapasitas dan bantuan langsung; sedikitnya {needed}%. Rencanakan lebih banyak pelatihan, pendampingan, atau pengorganisasian.")
		return text
	}
	return rules.Passed
}

// quorumAttended looks at each session that was held.
func quorumAttended(q *rules.Question, p *parameters) rules.Text {
	held, below := 0, 0
	for _, e := range q.GetFacts().GetTrainingEvents() {
		for _, s := range e.GetSessions() {
			if s.GetStatus() != "HELD" {
				continue
			}
			held++
			present := int64(0)
			for _, a := range s.GetAttendances() {
				if a.GetPresent() {
					present++
				}
			}
			if present*100 < p.QuorumPercent*int64(len(e.GetParticipants())) {
				below++
			}
		}
	}
	switch {
	case held == 0:
		return rules.Values{"held": 0}.Text("No session was held yet. Hold the training, and record who attended.",
			"Belum ada sesi yang terlaksana. Laksanakan pelatihan, dan catat kehadirannya.")
	case below > 0:
		return rules.Values{"below": below, "held": held, "quorum": p.QuorumPercent}.Text(
			"In {below} of {held} sessions fewer than {quorum}% of the participants were present. Hold them again, or complete the attendance.",
			"Pada {below} dari {held} sesi, peserta yang hadir kurang dari {quorum}%. Adakan ulang, atau lengkapi daftar hadirnya.").
			At("trainingEvents", "sessions", "attendances")
	}
	return rules.Passed
}

// learnt compares the tests of those who took both. A score outside 0 to 100 is none.
func learnt(q *rules.Question, p *parameters) rules.Text {
	score := func(v *float64) bool { return v != nil && *v >= 0 && *v <= 100 }
	tested, gain := 0, 0.0
	for _, e := range q.GetFacts().GetTrainingEvents() {
		for _, one := range e.GetParticipants() {
			if score(one.PreTest) && score(one.PostTest) {
				tested++
				gain += *one.PostTest - *one.PreTest
			}
		}
	}
	if tested == 0 {
		return rules.Values{"tested": 0}.Text("Nobody was tested both before and after the training, so nobody knows what was learnt.",
			"Belum ada peserta yang mengikuti prates dan pascates, sehingga hasil belajar tidak diketahui.")
	}
	mean := gain / float64(tested)
	if mean >= p.LeastGain {
		return rules.Passed
	}
	return rules.Values{"tested": tested, "gain": int(math.Floor(mean)), "needed": int(math.Floor(p.LeastGain))}.Text(
		"The {tested} participants who were tested gained {gain} points on average; at least {needed} are expected. Ask them what they missed, and hold another session.",
		"{tested} peserta yang diuji rata-rata naik {gain} poin; diharapkan sedikitnya {needed}. Tanyakan apa yang kurang, dan adakan sesi tambahan.")
}

// followedUp asks for mentoring that began after the last session that was held, once there was time for it.
func followedUp(q *rules.Question, p *parameters) rules.Text {
	last := ""
	for _, e := range q.GetFacts().GetTrainingEvents() {
		for _, s := range e.GetSessions() {
			if s.GetStatus() == "HELD" && s.GetEndsAt() != nil {
				last = max(last, rules.Day(s.GetEndsAt().AsTime()))
			}
		}
	}
	if last == "" {
		return rules.Passed // what there is to be held is another rule's business
	}
	day, err := time.Parse(time.DateOnly, last)
	if err != nil {
		panic(err) // we wrote it above
	}
	until := day.AddDate(0, 0, p.FollowUpDays).Format(time.DateOnly)
	for _, a := range q.GetFacts().GetActivities() {
		if a.GetKind() == "MENTORING" && a.ActualStart != nil && a.GetActualStart() >= last {
			return rules.Passed
		}
	}
	if rules.Day(q.GetAt().AsTime()) <= until {
		return rules.Passed
	}
	return rules.Values{"last": last, "until": until}.Text(
		"The last session was held on {last}, and no mentoring began since; it was due by {until}. Go back to those who were trained, and record the mentoring as an activity.",
		"Sesi terakhir terlaksana pada {last}, dan sejak itu belum ada pendampingan; tenggatnya {until}. Dampingi kembali para peserta, dan catat pendampingannya sebagai kegiatan.")
}

var billion = big.NewInt(1e9)

// nanos gives money in billionths, so that sums are exact however large.
func nanos(m *rulespb.Money) *big.Int {
	n := new(big.Int).Mul(big.NewInt(m.GetUnits()), billion)
	return n.Add(n, big.NewInt(int64(m.GetNanos())))
}

// grouped writes an amount in groups of three digits.
func grouped(units *big.Int, separator string) string {
	sign, digits := "", units.String()
	if units.Sign() < 0 {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(separator)
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}
