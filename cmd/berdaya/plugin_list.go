package main

import (
	"cmp"
	"context"
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
	Name        string                             `json:"name"`
	Title       string                             `json:"title,omitempty"`
	Kind        string                             `json:"kind"`
	KindLabel   string                             `json:"kindLabel,omitempty"`
	RegionCode  string                             `json:"regionCode"`
	Versions    *struct{ Nodes []shownVersion }    `json:"versions,omitempty"`
	Activations *struct{ Nodes []shownActivation } `json:"activations,omitempty"`
	Events      *struct{ Nodes []shownEvent }      `json:"events,omitempty"`
}

type shownActivation struct {
	RegionCode  string        `json:"regionCode"`
	Revision    int           `json:"revision"`
	Mode        string        `json:"mode"`
	ModeLabel   string        `json:"modeLabel"`
	ActivatedBy string        `json:"activatedBy"`
	ActivatedAt time.Time     `json:"activatedAt"`
	EndedAt     *time.Time    `json:"endedAt"`
	Version     *shownVersion `json:"version"`
}

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
ready, RESTARTS and the last failure are those of all servers together; only admins and auditors of a region see them.`,
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
			activations(last: 100) { nodes { regionCode revision mode modeLabel activatedBy activatedAt endedAt version { version state stateLabel } } } } }
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
		all.RuleSets, all.Plugins = append(all.RuleSets, answer.RuleSets.Nodes...), answer.Plugins
		if !answer.RuleSets.PageInfo.HasNextPage {
			return all, nil
		}
		variables["after"] = answer.RuleSets.PageInfo.EndCursor
	}
}

// table writes what is at work and what is not.
func (a *asked) table(found *listed) error {
	out := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, (domain.Text{EN: "RULE SET\tVERSION\tREGION\tREVISION\tMODE\tSTATE\tHEALTH\tRESTARTS\tLAST FAILURE",
		ID: "KUMPULAN ATURAN\tVERSI\tWILAYAH\tREVISI\tMODE\tKEADAAN\tSIAP\tDIULANG\tKEGAGALAN TERAKHIR"}).In(a.locale))
	for _, p := range found.Plugins {
		if p.Revision == nil && !slices.ContainsFunc(found.Plugins, func(o shownProcess) bool { return o.RuleSet == p.RuleSet && o.Revision == nil && o.Server < p.Server }) {
			h := healthOf(found.Plugins, p.RuleSet, p.RegionCode, 0)
			fmt.Fprintf(out, "%s\t%s\t%s\t-\t-\t%s\t%s\t%d\t%s\n", p.RuleSet, p.Version, p.RegionCode, h.state, h.ready, h.restarts, h.failure)
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
		fmt.Fprintf(out, "%s\t%s\t%s\t%d\t%s\t%s\t%s\t%d\t%s\n", l.set.Name, l.a.Version.Version, l.a.RegionCode, l.a.Revision, modeOf(l.a.Mode), h.state, h.ready, h.restarts, h.failure)
	}
	for _, s := range idle {
		version, state := "-", "-"
		if s.Versions != nil && len(s.Versions.Nodes) > 0 {
			version, state = s.Versions.Nodes[0].Version, s.Versions.Nodes[0].State
		}
		fmt.Fprintf(out, "%s\t%s\t-\t-\t-\t%s\t-\t-\t\n", s.Name, version, state)
	}
	return out.Flush()
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
			h.failure = firstLine(p.LastError)
		}
	}
	if servers > 0 {
		h.ready = fmt.Sprintf("%d/%d", ready, servers)
	}
	return h
}

// firstLine keeps a table a table.
func firstLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if runes := []rune(text); len(runes) > 100 {
		return string(runes[:99]) + "…"
	}
	return strings.ReplaceAll(text, "\t", " ")
}

func newPluginShow() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show RULE-SET",
		Short: "Show a rule set: its versions with their rules and problems, where it was at work, and who did what",
		Long: `Shows a rule set with its newest 50 versions, activations and entries of the trail. Only admins and auditors of its region see problems
and the trail.`,
		Example: `  berdaya plugin show jawa-barat`,
		Args:    exactArgs(1, "the name of a rule set"),
	}
	return asking(cmd, func(ctx context.Context, a *asked, args []string) error {
		const query = `query($name: String!) { ruleSet(name: $name) { name title kind kindLabel regionCode
			versions(last: 50) { nodes { version state stateLabel uploadedBy approvedBy createdAt size note problems { message file line column } description { rules { code title } } } }
			activations(last: 50) { nodes { regionCode revision mode modeLabel activatedBy activatedAt endedAt version { version state stateLabel } } }
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
	word := func(en, id string) string { return (domain.Text{EN: en, ID: id}).In(a.locale) }
	fmt.Fprintf(a.out, "%s (%s, %s)\n", cmp.Or(s.Title, s.Name), s.KindLabel, s.RegionCode)
	out := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "\n"+word("VERSION\tSTATE\tUPLOADED\tBY\tAPPROVED BY\tNOTE", "VERSI\tKEADAAN\tDIUNGGAH\tOLEH\tDISETUJUI\tCATATAN"))
	for _, v := range s.Versions.Nodes {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\n", v.Version, v.StateLabel, v.CreatedAt.Format(time.DateTime), v.UploadedBy, cmp.Or(v.ApprovedBy, "-"), firstLine(v.Note))
		for _, p := range v.Problems {
			fmt.Fprintf(out, "  %s\n", firstLine(p.Message))
		}
	}
	if n := len(s.Versions.Nodes); n > 0 && s.Versions.Nodes[n-1].Description != nil {
		fmt.Fprintln(out, "\n"+word("RULE\tASKS FOR", "ATURAN\tMEMINTA"))
		for _, r := range s.Versions.Nodes[n-1].Description.Rules {
			fmt.Fprintf(out, "%s\t%s\n", r.Code, r.Title)
		}
	}
	if len(s.Activations.Nodes) > 0 {
		fmt.Fprintln(out, "\n"+word("REGION\tREVISION\tVERSION\tMODE\tSINCE\tBY\tENDED", "WILAYAH\tREVISI\tVERSI\tMODE\tSEJAK\tOLEH\tBERAKHIR"))
	}
	for _, x := range s.Activations.Nodes {
		version, ended := word("out of work", "nonaktif"), "-"
		if x.Version != nil {
			version = x.Version.Version
		}
		if x.EndedAt != nil {
			ended = x.EndedAt.Format(time.DateTime)
		}
		fmt.Fprintf(out, "%s\t%d\t%s\t%s\t%s\t%s\t%s\n", x.RegionCode, x.Revision, version, modeOf(x.Mode), x.ActivatedAt.Format(time.DateTime), x.ActivatedBy, ended)
	}
	if len(s.Events.Nodes) > 0 {
		fmt.Fprintln(out, "\n"+word("WHEN\tWHAT\tVERSION\tREGION\tWHO\tWHY", "KAPAN\tAPA\tVERSI\tWILAYAH\tSIAPA\tMENGAPA"))
	}
	for _, e := range s.Events.Nodes {
		version := "-"
		if e.Version != nil {
			version = e.Version.Version
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\n", e.CreatedAt.Format(time.DateTime), e.ActionLabel, version, e.RegionCode, e.Actor, firstLine(e.Reason))
	}
	return out.Flush()
}
