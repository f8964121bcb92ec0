package load_test

import (
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/bench/load"
	_ "github.com/berdaya/berdaya/internal/seeded"
)

func TestTheMedianHasAsManyFiguresBelowAsAbove(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		figures := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 1, 50).Draw(t, "figures")
		m := load.Median(figures)
		below, above := 0, 0
		for _, f := range figures {
			if f < m {
				below++
			}
			if f > m {
				above++
			}
		}
		if below > len(figures)/2 || above > len(figures)/2 {
			t.Fatalf("%v: %d below, %d above", m, below, above)
		}
	})
	if got := load.Median([]float64{4, 1, 3, 2}); got != 2.5 {
		t.Error(got)
	}
	if got := load.Median(nil); !math.IsNaN(got) {
		t.Error(got)
	}
}

func TestAPercentileIsOneOfTheDurations(t *testing.T) {
	t.Parallel()
	var all []time.Duration
	for i := 100; i > 0; i-- {
		all = append(all, time.Duration(i))
	}
	for part, want := range map[float64]time.Duration{0: 1, 0.01: 1, 0.5: 50, 0.501: 51, 0.99: 99, 1: 100} {
		if got := load.Percentile(all, part); got != want {
			t.Errorf("%v: %d, want %d", part, got, want)
		}
	}
	if all[0] != 100 {
		t.Error("the durations were changed")
	}
	if got := load.Percentile(nil, 0.5); got != 0 {
		t.Error(got)
	}
}

func TestARatioComparesRoundsOfTheSameMoment(t *testing.T) {
	t.Parallel()
	round := func(n int, server, database float64) load.Round {
		return load.Round{Shape: "One", Round: n, Server: server, Database: database}
	}
	// The machine is twice as slow in the second round, for both.
	yardstick := []load.Round{round(1, 1, 1), round(2, 2, 2), round(3, 1, 1)}
	peer := []load.Round{round(2, 4, 4), round(1, 3, 1), round(3, 1, 0), round(4, 9, 9)}
	if got := load.Beside(peer, yardstick); got != (load.Ratio{Median: 0.5, Least: 0.5, Most: 2}) {
		t.Error(got)
	}
	if got := load.Beside(yardstick, yardstick); got != (load.Ratio{Median: 1, Least: 1, Most: 1}) {
		t.Error(got)
	}
	if got := load.Beside(nil, yardstick); !math.IsNaN(got.Median) {
		t.Error(got)
	}
}

func TestLoadStaysOnThisMachineAndWithinBounds(t *testing.T) {
	t.Parallel()
	bodies := [][]byte{[]byte("{}")}
	plan := load.Plan{Connections: 1, For: time.Second}
	for _, address := range []string{"192.0.2.1:80", "example.org:80", "0.0.0.0:80", "127.0.0.1", ""} {
		if _, err := load.Drive(t.Context(), load.Target{Address: address}, bodies, plan); err == nil {
			t.Errorf("load was sent to %q", address)
		}
		if _, err := load.Ask(load.Target{Address: address}, bodies[0]); err == nil {
			t.Errorf("a request was sent to %q", address)
		}
	}
	here := load.Target{Address: "127.0.0.1:1"}
	for _, p := range []load.Plan{{For: time.Second}, {Connections: 257, For: time.Second}, {Connections: 1}, {Connections: 1, For: time.Hour}, {Connections: 1, For: time.Second, Rate: 1e6}} {
		if _, err := load.Drive(t.Context(), here, bodies, p); err == nil {
			t.Errorf("%+v was accepted", p)
		}
	}
	if _, err := load.Drive(t.Context(), here, nil, plan); err == nil {
		t.Error("nothing was sent")
	}
}

func TestEveryRequestIsAnsweredAndCounted(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	target := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer x" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		if string(body) == "long" { // without a length, in chunks
			_, _ = io.WriteString(w, strings.Repeat("x", 5000))
			w.(http.Flusher).Flush()
		}
		_, _ = io.WriteString(w, `{"data":{}}`)
	})
	target.Header = http.Header{"Authorization": {"Bearer x"}}
	sent, err := load.Drive(t.Context(), target, [][]byte{[]byte("short"), []byte("long")}, load.Plan{Connections: 4, For: 200 * time.Millisecond, Rate: 200})
	if err != nil || sent.Failed > 0 || sent.Answered != 40 || len(sent.Latencies) != 40 || seen.Load() != 40 || sent.Bytes != 20*11+20*5011 {
		t.Errorf("%d answered, %d failed (%v), %d seen, %d bytes, %v", sent.Answered, sent.Failed, sent.FirstFail, seen.Load(), sent.Bytes, err)
	}
	target.Header = nil
	sent, err = load.Drive(t.Context(), target, [][]byte{[]byte("short")}, load.Plan{Connections: 2, For: 50 * time.Millisecond})
	if err != nil || sent.Answered > 0 || sent.Failed == 0 || sent.FirstFail == nil {
		t.Error("a refusal counted as an answer")
	}
}

func TestAnAnswerWithErrorsIsNoAnswer(t *testing.T) {
	t.Parallel()
	target := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"errors":[{"message":"no"}]}`)
	})
	if _, err := load.Ask(target, []byte("{}")); err == nil || !strings.Contains(err.Error(), "no") {
		t.Error(err)
	}
}

func TestWorkOfEndedChildrenCounts(t *testing.T) {
	t.Parallel()
	before, err := load.Of(os.Getpid())
	if err != nil {
		t.Skip(err)
	}
	if err := exec.Command("sh", "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done").Run(); err != nil {
		t.Fatal(err)
	}
	after, err := load.Of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if did := after[0].CPU - before[0].CPU; did < 0.05 {
		t.Errorf("a child worked, and %v s were counted", did)
	}
	if after[0].Resident == 0 {
		t.Error("this process takes no memory")
	}
	if parent, err := load.Parent(os.Getpid()); err != nil || parent != os.Getppid() {
		t.Error(parent, err)
	}
}

func serve(t *testing.T, h http.HandlerFunc) load.Target {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return load.Target{Address: strings.TrimPrefix(s.URL, "http://"), Path: "/graphql"}
}
