package host

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
	"github.com/berdaya/berdaya/workflow"
)

// serveEndless plays a program that answers Evaluate with a message of 2 GiB. gRPC for Go would put that together in memory first, so
// it speaks HTTP/2 by itself, without TLS.
func serveEndless() {
	socket := filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "endless")
	l, err := net.Listen("unix", socket)
	if err != nil {
		panic(err)
	}
	fmt.Printf("1|1|unix|%s|grpc\n", socket)
	others := grpc.NewServer()
	rulespb.RegisterRulesServer(others, &raw{part: "endless", stdout: os.Stdout, stderr: os.Stderr})
	protocols := &http.Protocols{}
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Protocols: protocols, Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if !strings.HasSuffix(q.URL.Path, "/Evaluate") {
			others.ServeHTTP(w, q)
			return
		}
		w.Header().Set("Content-Type", "application/grpc")
		var prefix [5]byte
		binary.BigEndian.PutUint32(prefix[1:], 2<<30-1)
		_, err := w.Write(prefix[:])
		for piece := make([]byte, 1<<20); err == nil; {
			_, err = w.Write(piece)
		}
	})}
	panic(server.Serve(l))
}

// harms are what a program of region 33 does, and whether its region's moves go on all the same.
var harms = map[string]bool{
	"crash loop": false, // crashes soon after each start
	"dies":       false, // crashes whenever it is asked
	"late":       false, // never answers
	"mute":       false, // never even says who it is
	"talker":     false, // says rubbish in place of the handshake
	"floods":     true,  // logs without end
	"eats":       false, // takes memory without end
	"forks":      true,  // starts as many processes as it can
	"silent":     false, // gives no verdict
	"severity":   false, // gives one that there is not
	"wrong id":   false, // answers for another programme
	"endless":    false, // answers with 2 GiB
}

// harmed gives a host with good rules for the nation and for region 32, and the program that does harm at work for 33.
func harmed(t testing.TB, harm string) (*catalogue, *Host) {
	c := newCatalogue(t)
	h := c.followed(func(o *Options) { o.StartTimeout, o.CallTimeout = 15*time.Second, 5*time.Second }, nation)
	ready(t, h)
	c.activate("32", "barat", c.upload(domain.RuleProgram, "barat", "1", ""), domain.Everyone, "")
	c.activate("34", "yogya", c.upload(domain.RuleFile, "yogya", "1", ""), domain.Everyone, "")
	c.untilSays(h, question("32"), "barat", "1 32 {}")
	c.untilSays(h, question("34"), "yogya", "1 34 {}")
	if harm != "" {
		c.harm(harm)
	}
	return c, h
}

// harm puts a program that does harm to work for region 33.
func (c *catalogue) harm(part string) {
	v := c.upload(domain.RuleProgram, "raw", "1", part)
	c.holds(v, c.pack("raw", "1", part))
	c.activate("33", "raw", v, domain.Everyone, "")
}

// others are the regions whose rules must judge as ever, and what they say.
var others = map[string]string{"32": "barat", "34": "yogya"}

// judgedWell judges a programme of another region and fails the test unless all is as ever.
func judgedWell(t testing.TB, h *Host, region string) {
	j := h.Judge(context.Background(), []workflow.Question{question(region)})[0]
	if len(j.Unavailable) > 0 || len(j.Revisions) != 2 || len(j.Blocks) != 4 || says(t, j, others[region]) != "1 "+region+" {}" {
		t.Errorf("in %s: %+v", region, j)
	}
}

// slow are the harms that take seconds to be done; tests of their own show them as well.
var slow = []string{"eats", "forks", "mute", "silent", "severity"}

// Whatever a program does, its own region gets a clear block, or nothing at all, and every judgement elsewhere is as ever.
func TestWhateverAProgramDoesItsOwnRegionAlonePays(t *testing.T) {
	t.Parallel()
	for harm, goesOn := range harms {
		if slices.Contains(slow, harm) && !long() {
			continue
		}
		t.Run(harm, func(t *testing.T) {
			t.Parallel()
			c, h := harmed(t, harm)
			ctx, stop := context.WithCancel(t.Context())
			var beside sync.WaitGroup
			var judged atomic.Int64
			for region := range others {
				beside.Go(func() {
					for ctx.Err() == nil {
						judgedWell(t, h, region)
						judged.Add(1)
						time.Sleep(pace)
					}
				})
			}
			until(t, "it has done its harm", func() bool {
				j := judge(t, h, "33")
				went := !slices.ContainsFunc(j.Unavailable, func(u workflow.Unavailable) bool { return u.RuleSet == "raw" })
				if went && !goesOn && len(j.Revisions) > 1 && harm != "crash loop" {
					t.Errorf("it was believed: %+v", j)
				}
				if len(j.Blocks) != 3 || len(j.Unavailable) > 1 {
					t.Errorf("the nation's rules are not heard: %+v", j)
				}
				s := statusOf(h, "raw", "33")
				return len(s) == 1 && judged.Load() > 50 && (goesOn && went && len(j.Revisions) == 2 || !goesOn && !went && len(s[0].Failures) > 0)
			})
			for _, f := range statusOf(h, "raw", "33")[0].Failures {
				t.Logf("%d times: %s", f.Count, f.Error)
			}
			c.activate("33", "raw", nil, domain.Everyone, "")
			c.untilSays(h, question("33"), "raw", "")
			stop()
			beside.Wait()
			until(t, "nothing of it is left", func() bool { return len(h.Status()) == 3 && len(processesOf(h)) == 3 })
			for _, s := range h.Status() {
				if s.Restarts > 0 || len(s.Failures) > 0 {
					t.Errorf("%+v", s)
				}
			}
		})
	}
}

// How long other regions wait and how much memory the server has, with each harm and without. A machine with two processors shares
// them with the harm itself, so the median is what is compared.
func TestOtherRegionsAreJudgedWithinTwiceTheirTime(t *testing.T) {
	if !long() {
		t.Skip("BERDAYA_LONG=1 measures")
	}
	c, h := harmed(t, "")
	measure := func() (median, tail time.Duration) {
		var took []time.Duration
		for began := time.Now(); time.Since(began) < 4*time.Second; {
			one := time.Now()
			judgedWell(t, h, "32")
			took = append(took, time.Since(one))
			time.Sleep(2 * time.Millisecond)
		}
		slices.Sort(took)
		return took[len(took)/2], took[len(took)*99/100]
	}
	measure()
	for _, harm := range slices.Sorted(func(yield func(string) bool) {
		for harm := range harms {
			if !yield(harm) {
				return
			}
		}
	}) {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		normal, normalTail := measure()
		c.harm(harm)
		until(t, "it is at work, or not", func() bool {
			s := statusOf(h, "raw", "33")
			return len(s) == 1 && (s[0].State == Ready || s[0].LastError != "")
		})
		ctx, stop := context.WithCancel(t.Context())
		var asking sync.WaitGroup
		asking.Go(func() {
			for ctx.Err() == nil {
				h.Judge(context.Background(), []workflow.Question{question("33")})
				time.Sleep(10 * time.Millisecond)
			}
		})
		during, duringTail := measure()
		stop()
		asking.Wait()
		runtime.GC()
		runtime.ReadMemStats(&after)
		grown := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) >> 10
		t.Logf("%-11s median %s, then %s (%.2f times); 99th in a hundred %s, then %s; heap grown by %d KiB, taken from the system %d MiB", harm,
			normal, during, float64(during)/float64(normal), normalTail, duringTail, grown, after.Sys>>20)
		if during > 2*normal {
			t.Errorf("%s makes others wait %s in place of %s", harm, during, normal)
		}
		if grown > 8<<10 {
			t.Errorf("%s costs the server %d KiB", harm, grown)
		}
		if s := statusOf(h, "raw", "33"); len(s) == 1 && s[0].PID != 0 {
			_ = syscall.Kill(s[0].PID, syscall.SIGKILL)
		}
		c.activate("33", "raw", nil, domain.Everyone, "")
		until(t, "nothing of it is left", func() bool { return len(h.Status()) == 3 && len(processesOf(h)) == 3 })
	}
}
