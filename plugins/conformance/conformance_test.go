package conformance_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/berdaya/berdaya/plugins/conformance"
	"github.com/berdaya/berdaya/plugins/host"
)

// The test program plays the rule sets that are tried: the first argument says so, the second which clause it breaks.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "play" {
		play(os.Args[2])
		return
	}
	os.Exit(m.Run())
}

// TestAProgramThatBreaksAClauseFailsThatClauseAndNoOther runs one wrong program for each clause, as a process, and one without a
// fault.
func TestAProgramThatBreaksAClauseFailsThatClauseAndNoOther(t *testing.T) {
	t.Parallel()
	h, err := host.New(host.Options{Logger: slog.New(slog.DiscardHandler), StartTimeout: time.Minute, StopTimeout: 8 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close(context.WithoutCancel(t.Context())) })
	at := make(chan struct{}, 6) // programs that run at a time: they wait more than they work
	var all sync.WaitGroup
	for _, clause := range append(slices.Clone(conformance.Clauses), conformance.Clause{Code: "NO_FAULT"}) {
		all.Go(func() {
			at <- struct{}{}
			defer func() { <-at }()
			fails(t, h, clause)
		})
	}
	all.Wait()
}

// fails runs the program that breaks a clause.
func fails(t *testing.T, h *host.Host, clause conformance.Clause) {
	command, err := host.Own("play", clause.Code)
	if err != nil {
		t.Error(err)
		return
	}
	o := conformance.Options{Patience: 30 * time.Second, Later: 50 * time.Millisecond}
	switch clause.Code {
	case "SAME_LATER":
		o.Later = 12 * time.Second
	case "IN_TIME":
		o.Patience = 8 * time.Second // it is waited for in full
	}
	checked, err := h.CheckCommand(t.Context(), command, o)
	if err != nil {
		t.Error(err)
		return
	}
	var found []string
	for _, f := range checked.Findings {
		if f.Severity == conformance.Skipped {
			continue
		}
		found = append(found, f.Clause)
		if f.Severity != clause.Severity || f.EN == "" || f.ID == "" || strings.Contains(f.EN+f.ID, "%!") {
			t.Errorf("%s: %+v", clause.Code, f)
		}
	}
	if got := strings.Join(found, " "); clause.Code == "NO_FAULT" && got != "" || clause.Code != "NO_FAULT" && got != clause.Code {
		t.Errorf("the program that breaks %s fails %q: %+v", clause.Code, got, checked.Findings)
	}
	if conformance.Kept(checked.Findings) != (clause.Severity != conformance.Error) {
		t.Errorf("%s: whether it may go live is told wrongly", clause.Code)
	}
}

var update = flag.Bool("update", false, "write the table of clauses in the guide anew")

// TestTheGuideListsTheClauses keeps the guide's table as the suite has it.
func TestTheGuideListsTheClauses(t *testing.T) {
	t.Parallel()
	const guide, begin, end = "../../docs/regional-offices.md", "<!-- clauses: written by go test ./plugins/conformance -update -->\n", "<!-- end of clauses -->"
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	has, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no place for the clauses", guide)
	}
	table := "| clause | what holds | severity |\n|---|---|---|\n"
	for _, c := range conformance.Clauses {
		table += fmt.Sprintf("| `%s` | %s | %s |\n", c.Code, c.Title.EN, strings.ToLower(string(c.Severity)))
	}
	if *update {
		if err := os.WriteFile(guide, []byte(before+begin+table+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if has != table {
		t.Errorf("the guide lists other clauses; run with -update:\n%s", table)
	}
}

// TestEachClauseHoldsToASentenceOfTheContract keeps what clauses quote from drifting away from what is written.
func TestEachClauseHoldsToASentenceOfTheContract(t *testing.T) {
	t.Parallel()
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(strings.Fields(strings.ReplaceAll(string(text), "//", " ")), " ")
	}
	contract, guide := read("../rules/rules.proto"), read("../../docs/regional-offices.md")
	for _, c := range conformance.Clauses {
		if where := map[bool]string{false: contract, true: guide}[c.Process]; !strings.Contains(where, c.Says) {
			t.Errorf("%s: nobody says %q", c.Code, c.Says)
		}
	}
}
