package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/domain"
)

// shownDecision is an entry of the decision log as a server shows it.
type shownDecision struct {
	ID         string    `json:"id"`
	DecidedAt  time.Time `json:"decidedAt"`
	LastAt     time.Time `json:"lastAt"`
	Count      int       `json:"count"`
	Actor      string    `json:"actor"`
	RegionCode string    `json:"regionCode"`
	Programme  *struct {
		Code  string `json:"code"`
		Title string `json:"title"`
	} `json:"programme"`
	StageLabel   string `json:"stageLabel"`
	MoveLabel    string `json:"moveLabel"`
	Outcome      string `json:"outcome"`
	OutcomeLabel string `json:"outcomeLabel"`
	Took         int    `json:"took"`
	FactsHash    string `json:"factsHash"`
	Blocks       []struct {
		RuleSet  string          `json:"ruleSet"`
		Rule     string          `json:"rule"`
		Severity domain.Severity `json:"severity"`
		Waived   bool            `json:"waived"`
		Message  string          `json:"message"`
	} `json:"blocks"`
	Unavailable []struct {
		RuleSet string `json:"ruleSet"`
		Reason  string `json:"reason"`
	} `json:"unavailable"`
	Revisions []domain.DecisionRevision `json:"revisions"`
	Facts     *struct {
		Content json.RawMessage `json:"content"`
		Masked  []string        `json:"masked"`
	} `json:"facts,omitempty"`
}

const decisionFields = `id decidedAt lastAt count actor regionCode programme { code title } stageLabel moveLabel outcome outcomeLabel took factsHash
	blocks { ruleSet rule severity waived message } unavailable { ruleSet reason } revisions { ruleSet version region revision }`

// outcomes are the outcomes as people write them.
var outcomes = map[string]domain.DecisionOutcome{"moved": domain.DecisionMoved, "blocked": domain.DecisionBlocked, "unavailable": domain.DecisionUnavailable}

func newDecisions() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "decisions",
		Short: "Read the decision log: what rules said to moves, and on which facts",
		Example: `  berdaya decisions list --region 32 --outcome blocked
  berdaya decisions show kQGa...`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newDecisionsList(), newDecisionsShow())
	return cmd
}

// sought says which decisions are listed.
type sought struct {
	programme, region, ruleSet, rule, outcome, from, to string
	mine                                                bool
	first                                               int
}

const (
	decisionsPage = 100
	mostDecisions = 1000
)

func newDecisionsList() *cobra.Command {
	var s sought
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List decisions, newest first",
		Long: `Lists decisions on ADVANCE and REOPEN, newest first: admins and auditors see those of their regions, coordinators those on a programme of
theirs with --programme, or on all with --mine. RULES names who stopped the move, with ? for those that did not answer. The same failure again is one line,
with the time of the first; TIMES says how often. Decisions are kept for 90 days unless the operator says otherwise; what happened is in the programme's history.

Times are days (2026-05-01, from its beginning in UTC) or instants (2026-05-01T08:00:00+07:00).`,
		Example: `  berdaya decisions list --region 32 --from 2026-05-01
  berdaya decisions list --rule-set jawa-barat --rule WOMEN_HEARD --outcome blocked
  berdaya decisions list --programme AIR-0012 --json`,
		Args: noArgs,
	}
	asking(cmd, func(ctx context.Context, a *asked, _ []string) error {
		variables, err := s.variables()
		if err != nil {
			return err
		}
		all, more, err := a.decisions(ctx, variables, s.first)
		if err != nil {
			return err
		}
		if a.json {
			return a.show(all)
		}
		a.decisionTable(all)
		if more {
			a.say("there are more: --first shows up to %d, --to %s those before", "masih ada lagi: --first menampilkan sampai %d, --to %s yang sebelumnya",
				mostDecisions, all[len(all)-1].DecidedAt.UTC().Format(time.RFC3339Nano))
		}
		return nil
	})
	regionFlag(cmd, &s.region)
	cmd.Flags().Lookup("region").Usage = "only those in this region and below"
	f := cmd.Flags()
	f.StringVar(&s.programme, "programme", "", "only those on the programme with this code")
	f.BoolVar(&s.mine, "mine", false, "only those on programmes whose coordinator you are")
	f.StringVar(&s.ruleSet, "rule-set", "", "only those that this rule set held something against, or did not answer to")
	f.StringVar(&s.rule, "rule", "", "only those that this rule of --rule-set held something against, such as WOMEN_HEARD")
	f.StringVar(&s.outcome, "outcome", "", "only those that were moved, blocked, or unavailable because rules did not answer")
	f.StringVar(&s.from, "from", "", "only those first made then or later")
	f.StringVar(&s.to, "to", "", "only those first made before")
	f.IntVar(&s.first, "first", 20, fmt.Sprintf("how many to list, 1 to %d", mostDecisions))
	return cmd
}

// variables gives what a server is asked for.
func (s *sought) variables() (map[string]any, error) {
	if s.first < 1 || s.first > mostDecisions {
		return nil, usagef("--first is from 1 to %d, not %d", "--first antara 1 dan %d, bukan %d", mostDecisions, s.first)
	}
	v := map[string]any{"mine": s.mine}
	for name, text := range map[string]string{"programmeCode": s.programme, "ruleSet": s.ruleSet, "rule": s.rule} {
		if text != "" {
			v[name] = text
		}
	}
	if s.rule != "" && s.ruleSet == "" {
		return nil, usagef("--rule is given together with --rule-set", "--rule diberikan bersama --rule-set")
	}
	if s.region != "" {
		v["region"] = map[string]any{"under": s.region}
	}
	if s.outcome != "" {
		outcome, there := outcomes[s.outcome]
		if !there {
			return nil, usagef("--outcome is moved, blocked or unavailable, not %q", "--outcome berisi moved, blocked atau unavailable, bukan %q", s.outcome)
		}
		v["outcome"] = outcome
	}
	for name, text := range map[string]string{"from": s.from, "to": s.to} {
		at, err := instantOf(name, text)
		if err != nil {
			return nil, err
		}
		if at != nil {
			v[name] = at
		}
	}
	return v, nil
}

// decisions gives so many of the newest decisions, and whether there are more.
func (a *asked) decisions(ctx context.Context, variables map[string]any, most int) (all []shownDecision, more bool, err error) {
	const query = `query($programmeCode: String, $mine: Boolean!, $region: RegionFilter, $ruleSet: String, $rule: String, $outcome: DecisionOutcome, $from: DateTime, $to: DateTime, $first: Int, $after: String) {
		decisions(programmeCode: $programmeCode, mine: $mine, region: $region, ruleSet: $ruleSet, rule: $rule, outcome: $outcome, from: $from, to: $to, first: $first, after: $after) {
			pageInfo { hasNextPage endCursor } nodes { ` + decisionFields + ` } } }`
	for all = []shownDecision{}; ; {
		variables["first"] = min(decisionsPage, most-len(all))
		var answer struct {
			Decisions struct {
				PageInfo struct {
					HasNextPage bool
					EndCursor   *string
				}
				Nodes []shownDecision
			}
		}
		if err := a.client.Ask(ctx, query, variables, &answer); err != nil {
			return nil, false, err
		}
		page := answer.Decisions
		if all = append(all, page.Nodes...); len(all) == most || !page.PageInfo.HasNextPage {
			return all, page.PageInfo.HasNextPage, nil
		}
		variables["after"] = page.PageInfo.EndCursor
	}
}

// code gives the programme's code, as far as the reader may see it.
func (d *shownDecision) code() string {
	if d.Programme == nil {
		return "-"
	}
	return d.Programme.Code
}

// stoppers names who stopped the move.
func (d *shownDecision) stoppers() string {
	var names []string
	for _, b := range d.Blocks {
		if b.Severity == domain.SeverityBlock && !b.Waived {
			names = append(names, b.RuleSet+"/"+b.Rule)
		}
	}
	for _, u := range d.Unavailable {
		names = append(names, u.RuleSet+"?")
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names) == 0 {
		return "-"
	}
	return strings.Join(names, " ")
}

func (a *asked) decisionTable(all []shownDecision) {
	if len(all) == 0 {
		a.say("There are none that you see; coordinators see them with --mine or --programme.", "Tidak ada yang dapat Anda lihat; koordinator melihatnya dengan --mine atau --programme.")
		return
	}
	w := a.columns()
	defer w.Flush()
	fmt.Fprintln(w, domain.Text{EN: "WHEN\tPROGRAMME\tREGION\tSTAGE\tMOVE\tOUTCOME\tTIMES\tRULES\tWHO\tID", ID: "KAPAN\tPROGRAM\tWILAYAH\tTAHAP\tLANGKAH\tHASIL\tKALI\tATURAN\tSIAPA\tID"}.In(a.locale))
	for i := range all {
		d := &all[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", when(d.DecidedAt), d.code(), d.RegionCode, d.StageLabel, d.MoveLabel, d.OutcomeLabel, d.Count, d.stoppers(), d.Actor, d.ID)
	}
}

func newDecisionsShow() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show a decision: what each rule said, who judged, and with --json the facts that they saw",
		Example: `  berdaya decisions show kQGa...
  berdaya decisions show kQGa... --json`,
		Args: oneArg("the id of a decision, as 'berdaya decisions list' shows it", "id sebuah keputusan, seperti yang ditampilkan 'berdaya decisions list'"),
	}
	return asking(cmd, func(ctx context.Context, a *asked, args []string) error {
		fields := decisionFields
		if a.json {
			fields += " facts { content masked }"
		}
		var answer struct {
			Node *shownDecision `json:"node"`
		}
		if err := a.client.Ask(ctx, "query($id: ID!) { node(id: $id) { ... on Decision { "+fields+" } } }", map[string]any{"id": args[0]}, &answer); err != nil {
			return err
		}
		d := answer.Node
		if d == nil || d.ID == "" {
			return domain.Errorf(domain.CodeNotFound, "there is no such decision, or you may not see it").In("tidak ada keputusan itu, atau Anda tidak boleh melihatnya")
		}
		if a.json {
			return a.show(d)
		}
		a.decided(d)
		return nil
	})
}

// decided shows a decision in words.
func (a *asked) decided(d *shownDecision) {
	a.say("%s in %s: %s, %s: %s", "%s di %s: %s, %s: %s", d.code(), d.RegionCode, d.StageLabel, d.MoveLabel, d.OutcomeLabel)
	took := time.Duration(d.Took) * time.Microsecond
	if d.Count == 1 {
		a.say("by %s at %s; the rules took %s", "oleh %s pada %s; aturan memerlukan %s", d.Actor, when(d.DecidedAt), took)
	} else {
		a.say("by %s at %s, %d times, last at %s; the rules took %s", "oleh %s pada %s, %d kali, terakhir %s; aturan memerlukan %s", d.Actor, when(d.DecidedAt), d.Count, when(d.LastAt), took)
	}
	a.say("facts %s", "fakta %s", d.FactsHash)
	w := a.columns()
	fmt.Fprintln(w, "\n"+a.in("RULE SET\tVERSION\tREGION\tREVISION", "KUMPULAN ATURAN\tVERSI\tWILAYAH\tREVISI"))
	for _, r := range d.Revisions {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\n", r.RuleSet, r.Version, r.Region, r.Revision)
	}
	for _, u := range d.Unavailable {
		fmt.Fprintf(w, "%s\t?\t%s\n", u.RuleSet, firstLine(u.Reason))
	}
	_ = w.Flush()
	for _, b := range d.Blocks { // in full, for what is to be done stands at the end
		severity := domain.Severities.Label(string(b.Severity), a.locale)
		if b.Waived {
			severity += a.in(", waived", ", dikecualikan")
		}
		fmt.Fprintf(a.out, "\n%s/%s: %s\n  %s\n", b.RuleSet, b.Rule, severity, strings.ReplaceAll(b.Message, "\n", "\n  "))
	}
}
