package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/internal/token"
)

func TestMetricsAreAskedForBesideTheAPIAndNowhereElse(t *testing.T) {
	t.Parallel()
	secret, err := token.ParseSecret(strings.Repeat("a counting secret ", 2))
	if err != nil {
		t.Fatal(err)
	}
	public, err := listen(t.Context(), "listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked, err := listenMetrics(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	sv, err := newServer(t.Context(), settings{DSN: dbtest.MigratedDSN(t), Secret: secret, Metrics: asked, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer sv.close()
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- sv.serve(ctx, public) }()
	get := func(address, path string) (int, string) {
		res, err := http.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	status, body := get(asked.Addr().String(), "/metrics")
	for _, part := range []string{`berdaya_programmes_in_stage{age="under_7_days",stage="IDENTIFY"} 0`, "go_goroutines "} {
		if status != http.StatusOK || !strings.Contains(body, part) {
			t.Errorf("%d, without %s:\n%s", status, part, body)
		}
	}
	if status, body := get(asked.Addr().String(), "/healthz"); status != http.StatusNotFound {
		t.Errorf("beside the metrics there is %d %s", status, body)
	}
	if _, body := get(public.Addr().String(), "/metrics"); strings.Contains(body, "berdaya_") {
		t.Error("everybody may ask for metrics")
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	until(t, time.Minute, "nobody listens any more", func() bool {
		res, err := http.Get("http://" + asked.Addr().String() + "/metrics")
		if err == nil {
			res.Body.Close()
		}
		return err != nil
	})
}
