package read_test

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/domain"
)

// today is the day on which these tests ask: some of what the portfolio holds is late by then, and some is not.
var today = time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)

type atToday struct{}

func (atToday) Now() time.Time { return today }

func daysSince(day string) int {
	at, err := time.Parse(time.DateOnly, day[:10])
	if err != nil {
		panic(err)
	}
	return max(int(today.Truncate(24*time.Hour).Sub(at).Hours())/24, 0)
}

// utcDay gives the day of an instant.
func utcDay(instant any) string {
	at, err := time.Parse(time.RFC3339Nano, instant.(string))
	if err != nil {
		panic(err)
	}
	return at.UTC().Format(time.DateOnly)
}

// withAges adds the figures of a list of days: the least that so many of them do not exceed.
func withAges(r row, days []int) row {
	slices.Sort(days)
	r["median_days"], r["p90_days"], r["max_days"] = nil, nil, nil
	if n := len(days); n > 0 {
		r["median_days"], r["p90_days"], r["max_days"] = figure(days[(n-1)/2]), figure(days[(9*n+9)/10-1]), figure(days[n-1])
	}
	return r
}

func figure(n int) json.Number { return json.Number(jsonOf(n)) }

func (n *naive) board(region any, selection ast.SelectionSet) any {
	cells := []any{}
	for _, stage := range domain.Stages {
		for _, status := range domain.Statuses {
			count, late := 0, 0
			var days []int
			for _, r := range n.rows["Programme"] {
				if r["stage"] != stage.Code || r["status"] != status.Code || !n.fits("Programme", r, map[string]any{"region": region}) {
					continue
				}
				count++
				if _, is := lateSince(r); is {
					late++
				}
				if status.Code == "ACTIVE" || status.Code == "ON_HOLD" {
					days = append(days, daysSince(utcDay(r["stage_entered_at"])))
				}
			}
			if count > 0 {
				r := row{"stage": stage.Code, "status": status.Code, "count": figure(count), "overdue": figure(late)}
				cells = append(cells, n.object("BoardCell", withAges(r, days), selection))
			}
		}
	}
	return cells
}

// lateSince tells since which day a programme is late, if it is.
func lateSince(r row) (string, bool) {
	column := map[any]string{"ACTIVE": "due_on", "ON_HOLD": "review_on"}[r["status"]]
	day, ok := r[column].(string)
	if !ok || day >= today.Format(time.DateOnly) {
		return "", false
	}
	at, _ := time.Parse(time.DateOnly, day)
	return at.AddDate(0, 0, 1).Format(time.DateOnly), true
}

// stuck counts what stands still, one programme and reason at a time.
func (n *naive) stuck(region any, selection ast.SelectionSet) any {
	type reason struct{ stage, set, rule, region string }
	found := map[reason]row{}
	days := map[reason][]int{}
	count := func(why reason, since, waivable string) {
		r := found[why]
		if r == nil {
			r = row{"stage": why.stage, "rule_set": why.set, "rule": why.rule, "rule_region": why.region, "severity": "BLOCK", "title": n.titles[why.set+why.rule+why.region][n.actor.Locale],
				"waivable": waivable, "oldest_since": since}
			if why.region == "" {
				r["rule_region"], r["severity"], r["title"] = nil, "WARN", domain.StandingCodes.Label(why.rule, n.actor.Locale)
			} else if r["title"] == "" {
				r["title"] = nil
			}
			found[why] = r
		}
		if instant(since).Before(instant(r["oldest_since"].(string))) {
			r["oldest_since"] = since
		}
		r["waivable"] = min(r["waivable"].(string), waivable)
		days[why] = append(days[why], daysSince(utcDay(since)))
	}
	here := map[string]any{"region": region}
	for _, b := range n.rows["ProgrammeBlock"] {
		if n.fits("ProgrammeBlock", b, here) {
			count(reason{b["stage"].(string), b["rule_set"].(string), b["rule"].(string), b["rule_region"].(string)}, b["since"].(string), b["waivable"].(string))
		}
	}
	for _, p := range n.rows["Programme"] {
		if since, late := lateSince(p); late && n.fits("Programme", p, here) {
			rule := map[any]string{"ACTIVE": "OVERDUE", "ON_HOLD": "HOLD_REVIEW_PASSED"}[p["status"]]
			count(reason{p["stage"].(string), "workflow", rule, ""}, since+"T00:00:00Z", "NO")
		}
	}
	var all []reason
	for why := range found {
		found[why] = withAges(found[why], days[why])
		found[why]["programmes"] = figure(len(days[why]))
		all = append(all, why)
	}
	stages := domain.Stages.Codes()
	slices.SortFunc(all, func(a, b reason) int {
		if d := len(days[b]) - len(days[a]); d != 0 {
			return d
		}
		if d := slices.Index(stages, a.stage) - slices.Index(stages, b.stage); d != 0 {
			return d
		}
		return strings.Compare(a.set+"\x00"+a.rule+"\x00"+a.region, b.set+"\x00"+b.rule+"\x00"+b.region)
	})
	rows := []any{}
	for _, why := range all {
		rows = append(rows, n.object("StuckRow", found[why], selection))
	}
	return rows
}

func instant(text string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return at
}
