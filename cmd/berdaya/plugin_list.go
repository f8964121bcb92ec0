package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/domain"
)

// shownRuleSet is a rule set as a server shows it.
type shownRuleSet struct {
	Name        string                 `json:"name"`
	Title       string                 `json:"title,omitempty"`
	Kind        string                 `json:"kind"`
	KindLabel   string                 `json:"kindLabel,omitempty"`
	RegionCode  string                 `json:"regionCode"`
	Versions    *page[shownVersion]    `json:"versions,omitempty"`
	Activations *page[shownActivation] `json:"activations,omitempty"`
	Events      *page[shownEvent]      `json:"events,omitempty"`
}

// page is a page of what a server shows.
type page[T any] struct {
	PageInfo struct {
		HasPreviousPage bool
		StartCursor     *string
	} `json:"-"`
	Nodes []T `json:"nodes"`
}

type shownActivation struct {
	RegionCode  string          `json:"regionCode"`
	Revision    int             `json:"revision"`
	Restores    *int            `json:"restores"`
	Mode        string          `json:"mode"`
	ModeLabel   string          `json:"modeLabel"`
	ActivatedBy string          `json:"activatedBy"`
	ActivatedAt time.Time       `json:"activatedAt"`
	EndedAt     *time.Time      `json:"endedAt"`
	Parameters  json.RawMessage `json:"parameters,omitempty"`
	Version     *shownVersion   `json:"version"`
}

const activationFields = "regionCode revision restores mode modeLabel activatedBy activatedAt endedAt parameters version { version state stateLabel }"

type shownEvent struct {
	CreatedAt   time.Time     `json:"createdAt"`
	RegionCode  string        `json:"regionCode"`
	ActionLabel string        `json:"actionLabel"`
	Actor       string        `json:"actor"`
	Reason      string        `json:"reason"`
	Version     *shownVersion `json:"version"`
}

type shownProcess struct {
	Server     string `json:"server"`
	RuleSet    string `json:"ruleSet"`
	RegionCode string `json:"regionCode"`
	Version    string `json:"version"`
	Revision   *int   `json:"revision"`
	Waiting    bool   `json:"waiting"`
	State      string `json:"state"`
	Restarts   int    `json:"restarts"`
	LastError  string `json:"lastError"`
}

// listed is what a server says of its catalogue and of how it fares.
type listed struct {
	RuleSets []shownRuleSet `json:"ruleSets"`
	Plugins  []shownProcess `json:"plugins"`
}

// listPage is how many rule sets are asked for at once.
const listPage = 50

func newPluginList() *cobra.Command {
	var region string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List rule sets, where they are at work, and how they fare",
		Long: `Lists what is at work, from the nation downwards, and rule sets that are at work nowhere. HEALTH is on how many servers a rule set is
ready, RESTARTS and the last failure, below the table, are those of all servers together; only admins and auditors of a region see them.`,
		Example: `  berdaya plugin list
  berdaya plugin list --region 32 --json`,
		Args: noArgs,
	}
	asking(cmd, func(ctx context.Context, a *asked, _ []string) error {
		found, err := a.list(ctx, region)
		if err != nil {
			return err
		}
		if a.json {
			return a.show(found)
		}
		return a.table(found)
	})
	regionFlag(cmd, &region)
	cmd.Flags().Lookup("region").Usage = "only those that belong to this region and below"
	return cmd
}

func (a *asked) list(ctx context.Context, region string) (*listed, error) {
	const query = `query($region: RegionFilter, $first: Int, $after: String) {
		ruleSets(region: $region, first: $first, after: $after) { pageInfo { hasNextPage endCursor } nodes { name title kind kindLabel regionCode
			versions(last: 1) { nodes { version state stateLabel } }
			activations(last: 100) { pageInfo { hasPreviousPage startCursor } nodes { ` + activationFields + ` } } } }
		plugins { server ruleSet regionCode version revision waiting state restarts lastError } }`
	variables := map[string]any{"first": listPage}
	if region != "" {
		variables["region"] = map[string]any{"under": region}
	}
	all := &listed{RuleSets: []shownRuleSet{}}
	for {
		var answer struct {
			RuleSets struct {
				PageInfo struct {
					HasNextPage bool
					EndCursor   *string
				}
				Nodes []shownRuleSet
			}
			Plugins []shownProcess
		}
		if err := a.client.Ask(ctx, query, variables, &answer); err != nil {
			return nil, err
		}
		for _, s := range answer.RuleSets.Nodes {
			if err := a.earlier(ctx, &s); err != nil {
				return nil, err
			}
			all.RuleSets = append(all.RuleSets, s)
		}
		all.Plugins = answer.Plugins
		if !answer.RuleSets.PageInfo.HasNextPage {
			return all, nil
		}
		variables["after"] = answer.RuleSets.PageInfo.EndCursor
	}
}

// earlier adds the activations of a rule set before its newest hundred: what is at work in many regions has more.
func (a *asked) earlier(ctx context.Context, s *shownRuleSet) error {
	const query = `query($name: String!, $before: String) { ruleSet(name: $name) { activations(last: 100, before: $before) {
		pageInfo { hasPreviousPage startCursor } nodes { ` + activationFields + ` } } } }`
	for s.Activations.PageInfo.HasPreviousPage {
		var answer struct {
			RuleSet struct{ Activations page[shownActivation] }
		}
		if err := a.client.Ask(ctx, query, map[string]any{"name": s.Name, "before": s.Activations.PageInfo.StartCursor}, &answer); err != nil {
			return err
		}
		more := answer.RuleSet.Activations
		s.Activations.PageInfo, s.Activations.Nodes = more.PageInfo, slices.Concat(more.Nodes, s.Activations.Nodes)
	}
	return nil
}

// table writes what is at work and what is not.
func (a *asked) table(found *listed) error {
	out := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, a.in("RULE SET\tVERSION\tREGION\tREVISION\tMODE\tSTATE\tHEALTH\tRESTARTS", "KUMPULAN ATURAN\tVERSI\tWILAYAH\tREVISI\tMODE\tKEADAAN\tSIAP\tDIULANG"))
	var failures []string
	failed := func(ruleSet, region, failure string) {
		if failure != "" {
			failures = append(failures, fmt.Sprintf("%s %s: %s", ruleSet, region, failure))
		}
	}
	for _, p := range found.Plugins {
		if p.Revision == nil && !slices.ContainsFunc(found.Plugins, func(o shownProcess) bool { return o.RuleSet == p.RuleSet && o.Revision == nil && o.Server < p.Server }) {
			h := healthOf(found.Plugins, p.RuleSet, p.RegionCode, 0)
			fmt.Fprintf(out, "%s\t%s\t%s\t-\t-\t%s\t%s\t%d\n", p.RuleSet, p.Version, p.RegionCode, h.state, h.ready, h.restarts)
			failed(p.RuleSet, p.RegionCode, h.failure)
		}
	}
	type line struct {
		set shownRuleSet
		a   shownActivation
	}
	var lines []line
	idle := found.RuleSets[:0:0]
	for _, s := range found.RuleSets {
		before := len(lines)
		if s.Activations != nil {
			for _, x := range s.Activations.Nodes {
				if x.EndedAt == nil && x.Version != nil {
					lines = append(lines, line{s, x})
				}
			}
		}
		if len(lines) == before {
			idle = append(idle, s)
		}
	}
	place := func(region string) string { return strings.TrimPrefix(region, domain.NationCode) } // the nation first
	slices.SortFunc(lines, func(x, y line) int {
		return cmp.Or(strings.Compare(place(x.a.RegionCode), place(y.a.RegionCode)), strings.Compare(x.set.Name, y.set.Name), cmp.Compare(x.a.Revision, y.a.Revision))
	})
	for _, l := range lines {
		h := healthOf(found.Plugins, l.set.Name, l.a.RegionCode, l.a.Revision)
		fmt.Fprintf(out, "%s\t%s\t%s\t%d\t%s\t%s\t%s\t%d\n", l.set.Name, l.a.Version.Version, l.a.RegionCode, l.a.Revision, modeOf(l.a.Mode), h.state, h.ready, h.restarts)
		failed(l.set.Name, l.a.RegionCode, h.failure)
	}
	for _, s := range idle {
		version, state := "-", "-"
		if s.Versions != nil && len(s.Versions.Nodes) > 0 {
			version, state = s.Versions.Nodes[0].Version, s.Versions.Nodes[0].State
		}
		fmt.Fprintf(out, "%s\t%s\t-\t-\t-\t%s\t-\t-\n", s.Name, version, state)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if len(failures) > 0 {
		fmt.Fprintf(a.out, "\n%s\n%s\n", a.in("What went wrong last:", "Kegagalan terakhir:"), strings.Join(failures, "\n"))
	}
	if len(found.RuleSets) == 0 {
		a.say("There is no rule set of an office; upload one with: berdaya plugin upload", "Belum ada kumpulan aturan daerah; unggah dengan: berdaya plugin upload")
	}
	return nil
}

// modeOf gives a mode as people write it.
func modeOf(mode string) string {
	for name, m := range modes {
		if string(m) == mode {
			return name
		}
	}
	return mode
}

// health is how a rule set fares on all servers together.
type health struct {
	state, ready, failure string
	restarts              int
}

// healthOf puts together what servers say of a revision.
func healthOf(all []shownProcess, ruleSet, region string, revision int) health {
	h := health{state: "-", ready: "-"}
	servers, ready := 0, 0
	for _, p := range all {
		if p.RuleSet != ruleSet || p.RegionCode != region || p.Revision != nil && *p.Revision != revision || p.Revision == nil && revision != 0 {
			continue
		}
		servers++
		if p.State == "READY" {
			ready++
		}
		if h.state == "-" || p.State != "READY" {
			h.state = p.State
		}
		h.restarts += p.Restarts
		if p.LastError != "" {
			h.failure = brief(p.LastError, lineWidth)
		}
	}
	if servers > 0 {
		h.ready = fmt.Sprintf("%d/%d", ready, servers)
	}
	return h
}

// firstLine keeps a list a list.
func firstLine(text string) string { return brief(text, 100) }

// brief is the first line of a text, of at most so many characters.
func brief(text string, most int) string {
	text, _, _ = strings.Cut(text, "\n")
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most-1]) + "…"
	}
	return strings.ReplaceAll(text, "\t", " ")
}

// Of texts in lists: in a column, and on a line of their own.
const (
	columnWidth = 40
	lineWidth   = 300
)

// when gives an instant as the clock on the wall has it.
func when(at time.Time) string { return at.Local().Format(time.DateTime) }

func newPluginShow() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show RULE-SET",
		Short: "Show a rule set: its versions with their rules and problems, where it was at work, and who did what",
		Long: `Shows a rule set with its newest 50 versions, activations and entries of the trail. Only admins and auditors of its region see problems
and the trail.`,
		Example: `  berdaya plugin show jawa-barat`,
		Args:    oneArg("the name of a rule set", "nama kumpulan aturan"),
	}
	return asking(cmd, func(ctx context.Context, a *asked, args []string) error {
		const query = `query($name: String!) { ruleSet(name: $name) { name title kind kindLabel regionCode
			versions(last: 50) { nodes { version state stateLabel uploadedBy approvedBy createdAt sha256 size note problems { message file line column } description { rules { code title } } } }
			activations(last: 50) { nodes { ` + activationFields + ` } }
			events(last: 50) { nodes { createdAt regionCode actionLabel actor reason version { version } } } } }`
		var answer struct{ RuleSet *shownRuleSet }
		if err := a.client.Ask(ctx, query, map[string]any{"name": args[0]}, &answer); err != nil {
			return err
		}
		s := answer.RuleSet
		switch {
		case s == nil:
			return domain.Errorf(domain.CodeNotFound, "there is no rule set %s; 'berdaya plugin list' shows those there are", args[0]).
				In("tidak ada kumpulan aturan " + args[0] + "; 'berdaya plugin list' menampilkan yang ada")
		case a.json:
			return a.show(s)
		}
		return a.detail(s)
	})
}

// detail writes a rule set for people.
func (a *asked) detail(s *shownRuleSet) error {
	fmt.Fprintf(a.out, "%s (%s, %s)\n", cmp.Or(s.Title, s.Name), s.KindLabel, s.RegionCode)
	out := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\n"+a.in("VERSION\tSTATE\tUPLOADED\tBY\tAPPROVED BY\tNOTE", "VERSI\tKEADAAN\tDIUNGGAH\tOLEH\tDISETUJUI\tCATATAN"))
	for _, v := range s.Versions.Nodes {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\n", v.Version, v.StateLabel, when(v.CreatedAt), v.UploadedBy, cmp.Or(v.ApprovedBy, "-"), brief(v.Note, columnWidth))
	}
	_ = out.Flush()
	for _, v := range s.Versions.Nodes {
		for i, p := range v.Problems {
			if i == 0 {
				fmt.Fprintf(a.out, "\n%s %s:\n", a.in("What is wrong with", "Yang salah dengan"), v.Version)
			}
			fmt.Fprintf(a.out, "  %s\n", brief(p.Message, lineWidth))
		}
	}
	if n := len(s.Versions.Nodes); n > 0 {
		newest := s.Versions.Nodes[n-1]
		fmt.Fprintf(a.out, "\n%s %s: SHA-256 %s, %d %s\n", a.in("Content of", "Isi"), newest.Version, newest.SHA256, newest.Size, a.in("bytes", "bita"))
		if newest.Description != nil {
			fmt.Fprintln(out, "\n"+a.in("RULE\tASKS FOR", "ATURAN\tMEMINTA"))
			for _, r := range newest.Description.Rules {
				fmt.Fprintf(out, "%s\t%s\n", r.Code, brief(r.Title, lineWidth))
			}
		}
	}
	if len(s.Activations.Nodes) > 0 {
		fmt.Fprintln(out, "\n"+a.in("REGION\tREVISION\tVERSION\tMODE\tSINCE\tBY\tENDED\tPARAMETERS", "WILAYAH\tREVISI\tVERSI\tMODE\tSEJAK\tOLEH\tBERAKHIR\tPARAMETER"))
	}
	for _, x := range s.Activations.Nodes {
		version, ended, parameters := a.in("out of work", "nonaktif"), "-", "-"
		if x.Version != nil {
			version = x.Version.Version
		}
		if x.EndedAt != nil {
			ended = when(*x.EndedAt)
		}
		if text := string(x.Parameters); text != "null" && text != "" {
			parameters = brief(text, columnWidth)
		}
		fmt.Fprintf(out, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", x.RegionCode, x.Revision, version, modeOf(x.Mode), when(x.ActivatedAt), x.ActivatedBy, ended, parameters)
	}
	if len(s.Events.Nodes) > 0 {
		fmt.Fprintln(out, "\n"+a.in("WHEN\tWHAT\tVERSION\tREGION\tWHO\tWHY", "KAPAN\tAPA\tVERSI\tWILAYAH\tSIAPA\tMENGAPA"))
	}
	for _, e := range s.Events.Nodes {
		version := "-"
		if e.Version != nil {
			version = e.Version.Version
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\n", when(e.CreatedAt), e.ActionLabel, version, e.RegionCode, e.Actor, cmp.Or(brief(e.Reason, columnWidth), "-"))
	}
	return out.Flush()
}
