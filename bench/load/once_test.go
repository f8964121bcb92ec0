package load_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/berdaya/berdaya/bench/load"
)

func TestEachListIsSentOnceAndInOrder(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string][]string{} // by connection
	target := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		seen[r.RemoteAddr] = append(seen[r.RemoteAddr], string(body))
		_, _ = fmt.Fprintf(w, `{"data":%q}`, body)
	})
	lists := make([][][]byte, 5)
	for c := range lists {
		for i := range 20 {
			lists[c] = append(lists[c], []byte(strconv.Itoa(100*c+i)))
		}
	}
	sent, err := load.Once(t.Context(), target, lists, func([]byte) error { return nil })
	if err != nil || sent.Answered != 100 || sent.Failed != 0 || len(sent.Latencies) != 100 || len(seen) != 5 {
		t.Fatalf("%d answered over %d connections, %d failed, %v", sent.Answered, len(seen), sent.Failed, err)
	}
	for _, bodies := range seen {
		from, _ := strconv.Atoi(bodies[0])
		for i, b := range bodies {
			if b != strconv.Itoa(from+i) || len(bodies) != 20 {
				t.Fatalf("one connection sent %v", bodies)
			}
		}
	}
	refuse := func(body []byte) error {
		if strings.Contains(string(body), `"105"`) {
			return fmt.Errorf("no")
		}
		return nil
	}
	if sent, err = load.Once(t.Context(), target, lists, refuse); err != nil || sent.Failed != 1 || sent.FirstFail == nil || sent.Answered != 86 {
		t.Errorf("%d answered, %d failed, %v", sent.Answered, sent.Failed, err)
	}
	for _, lists := range [][][][]byte{nil, make([][][]byte, 257)} {
		if _, err := load.Once(t.Context(), target, lists, refuse); err == nil {
			t.Errorf("%d lists were taken", len(lists))
		}
	}
}

func TestPartsOfAServerAreToldApart(t *testing.T) {
	t.Parallel()
	if _, _, err := load.Parts(os.Getpid()); err != nil {
		t.Skip(err)
	}
	busy := exec.Command("sh", "-c", "while true; do :; done", "busy-part")
	idle := exec.Command("sleep", "600.25")
	for _, cmd := range []*exec.Cmd{busy, idle} {
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}()
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		_, parts, err := load.Parts(os.Getpid(), "busy-part", "600.25", "absent")
		if err != nil {
			t.Fatal(err)
		}
		if _, there := parts["absent"]; there {
			t.Fatal("a part that is not there was counted")
		}
		if parts["busy-part"] >= 0.05 && parts["600.25"] < parts["busy-part"] {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("counted %v", parts)
		}
	}
}

func TestMovesASecondAreComparedRoundByRound(t *testing.T) {
	t.Parallel()
	round := func(n, answered int, rules float64) load.Round {
		return load.Round{Shape: "8 clients", Round: n, Answered: answered, Seconds: 2, Server: 1, Rules: map[string]float64{"national": rules}}
	}
	yardstick, peer := []load.Round{round(1, 200, 0), round(2, 100, 0)}, []load.Round{round(1, 100, 1), round(2, 100, 3)}
	if got := load.Faster(peer, yardstick); got != (load.Ratio{Median: 0.75, Least: 0.5, Most: 1}) {
		t.Error(got)
	}
	if got := load.Beside(peer, yardstick); got != (load.Ratio{Median: 0.375, Least: 0.25, Most: 0.5}) {
		t.Error("the work of rule processes does not count: ", got)
	}
}
