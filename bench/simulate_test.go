package main

import (
	"strings"
	"testing"

	"github.com/berdaya/berdaya/plugins/declarative"
)

func TestTheTableOfASimulationStandsBesideThePlainBatch(t *testing.T) {
	t.Parallel()
	var all []simulated
	for n := range 3 {
		all = append(all, simulated{Programmes: 1000, Seconds: 2, Self: 0.2, National: 0.1, Rules: 0.1, Database: float64(n) / 10, SelfPeak: 64 << 20, NationalPeak: 32 << 20, RulePeak: 48 << 20,
			Plain: 2000, PlainSeconds: 0.5, PlainSelf: 0.1, PlainRules: 0.1})
	}
	var out strings.Builder
	simulationTable(&out, all)
	for _, want := range []string{"1000 programmes, medians of 3 rounds", "| plain gRPC batch | 0.2 | 0.050 + 0 + 0.050 + 0 | 1.00 | |",
		"| simulation | 2.0 | 0.200 + 0.100 + 0.100 + 0.100 | **5.00** (4.00–6.00) | 64 + 32 + 48 |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestWhatIsSimulatedIsBounded(t *testing.T) {
	t.Parallel()
	if err := (simulateOptions{part: 100, rounds: 3}).check(); err != nil {
		t.Fatal(err)
	}
	for _, o := range []simulateOptions{{part: 0, rounds: 1}, {part: 1001, rounds: 1}, {part: 1, rounds: 0}, {part: 1, rounds: 101}} {
		if o.check() == nil {
			t.Errorf("%+v has no bound", o)
		}
	}
}

func TestTheRuleThatIsSimulatedIsOne(t *testing.T) {
	t.Parallel()
	if problems := declarative.Check(t.Context(), []byte(aRule)); len(problems) > 0 {
		t.Error(problems)
	}
}
