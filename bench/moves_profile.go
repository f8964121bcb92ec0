package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/berdaya/berdaya/bench/load"
	"github.com/berdaya/berdaya/bench/ripe"
)

// profile takes a CPU profile of a server built for it while so many clients move all programmes, and prints what costs most.
func (r *race) profile(ctx context.Context, say io.Writer, module string, clients int) error {
	servers, err := buildRuled(ctx, module, filepath.Join(r.servers.dir, "profiled"), map[string]string{"profiled.go": profiled})
	if err != nil {
		return err
	}
	dsn, err := r.ground.fresh(ctx, ripeTemplate, "raced")
	if err != nil {
		return err
	}
	addressFile := filepath.Join(servers.dir, "profile-address")
	server, err := servers.serve(ctx, dsn, r.coordinator, "BENCH_PROFILE_ADDRESS="+addressFile)
	if err != nil {
		return err
	}
	defer server.stop()
	address, err := os.ReadFile(addressFile)
	if err != nil {
		return err
	}
	lists := make([][][]byte, clients)
	for i := range r.options.programmes {
		body, err := moveBody(ripe.First + i)
		if err != nil {
			return err
		}
		lists[i%clients] = append(lists[i%clients], body)
	}
	driven := make(chan error, 1)
	go func() {
		sent, err := load.Once(ctx, server.target, lists, moved)
		if err == nil {
			err = sent.FirstFail
		}
		driven <- err
	}()
	file := filepath.Join(os.TempDir(), "berdaya-bench-moves.pprof")
	err = fetch(ctx, fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", address, int(profileFor/time.Second)), file)
	if driveErr := <-driven; err == nil {
		err = driveErr
	}
	if err != nil {
		return err
	}
	return printProfile(ctx, say, "moves by "+clientsShape(clients), servers.binary, file)
}
