package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/berdaya/berdaya/domain"
)

// shown shows a trial with what it found.
func (a *asked) shown(ctx context.Context, id string, first int) error {
	t, err := a.trial(ctx, id, first)
	if err != nil {
		return err
	}
	if a.json {
		return a.show(t)
	}
	a.summary(t)
	a.rules(t)
	a.differences(t)
	if t.State == domain.TrialFailed {
		return domain.Errorf(domain.CodeRulesUnavailable, "it failed: %s", t.LastError).In("gagal: " + t.LastError)
	}
	return nil
}

// summary says in a few lines what came of a trial.
func (a *asked) summary(t *shownTrial) {
	took := time.Since(t.CreatedAt)
	if t.FinishedAt != nil {
		took = t.FinishedAt.Sub(t.CreatedAt)
	}
	what, id := "programmes", "program"
	if t.Kind != string(domain.Simulation) {
		what, id = "decisions", "keputusan"
	}
	a.say("%s: %s@%s in %s, %s, %d of %d "+what+", %s", "%s: %s@%s di %s, %s, %d dari %d "+id+", %s",
		t.KindLabel, t.RuleSet.Name, t.Version.Version, t.RegionCode, strings.ToLower(t.StateLabel), t.Done, t.Total, took.Round(10*time.Millisecond))
	a.say("newly blocked %d, freed %d, unchanged %d, could not be judged %d", "baru terhalang %d, terbebas %d, tetap %d, tidak dapat dinilai %d",
		t.NewlyBlocked, t.Freed, t.Unchanged, t.NotJudged)
	if t.Masked > 0 {
		a.say("%d rest on facts in which a text was masked: a rule that reads it may say something else", "%d berdasarkan fakta yang teksnya ditutup: aturan yang membacanya mungkin berkata lain", t.Masked)
	}
	if t.Missed > 0 {
		a.say("%d decisions were missed, because the version was too slow", "%d keputusan terlewat karena versi ini terlalu lambat", t.Missed)
	}
	if t.State == domain.TrialRunning && t.Until != nil {
		a.say("it runs until %s", "berjalan sampai %s", t.Until.UTC().Format(time.RFC3339))
	}
}

func (a *asked) columns() *tabwriter.Writer { return tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0) }

// rules shows what each rule does otherwise.
func (a *asked) rules(t *shownTrial) {
	if len(t.Rules) == 0 {
		return
	}
	w := a.columns()
	defer w.Flush()
	fmt.Fprintln(w, "\n"+domain.Text{EN: "RULE\tBLOCKS\tFREES\tREMARKS\tREMARKS GONE", ID: "ATURAN\tMENGHALANGI\tMEMBEBASKAN\tCATATAN\tCATATAN HILANG"}.In(a.locale))
	for _, r := range t.Rules {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\n", r.Rule, r.Blocks, r.Frees, r.Remarks, r.RemarksGone)
	}
}

// differences shows the first programmes.
func (a *asked) differences(t *shownTrial) {
	if t.Differences == nil || len(t.Differences.Nodes) == 0 {
		return
	}
	w := a.columns()
	decisions := t.Kind != string(domain.Simulation) // a programme may have several
	decided := ""
	if decisions {
		decided = a.in("DECIDED\t", "DIPUTUSKAN\t")
	}
	fmt.Fprintln(w, "\n"+decided+domain.Text{EN: "PROGRAMME\tREGION\tCHANGE\tRULE\tEFFECT\tMESSAGE", ID: "PROGRAM\tWILAYAH\tPERUBAHAN\tATURAN\tAKIBAT\tPESAN"}.In(a.locale))
	for _, d := range t.Differences.Nodes {
		code, region := "-", "-"
		if d.Programme != nil {
			code, region = d.Programme.Code, d.Programme.RegionCode
		}
		if decisions {
			decided = when(d.DecidedAt) + "\t"
		}
		fmt.Fprintf(w, "%s%s\t%s\t%s\t%s\t%s\t%s\n", decided, code, region, d.ChangeLabel, d.Rule, d.EffectLabel, strings.ReplaceAll(d.Message, "\n", " "))
	}
	_ = w.Flush()
	switch rest := t.Listed - len(t.Differences.Nodes); {
	case t.More:
		a.say("and more than %d others; all that are listed are in the API: RuleTrial.differences", "dan lebih dari %d lainnya; semua yang tercatat ada di API: RuleTrial.differences", rest)
	case rest > 0:
		a.say("and %d others: --first shows up to 100, all are in the API: RuleTrial.differences", "dan %d lainnya: --first menampilkan sampai 100, semuanya ada di API: RuleTrial.differences", rest)
	}
}
