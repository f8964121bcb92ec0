package host

import (
	"log/slog"
	"strings"
	"testing"
)

func TestLinesKeepTheirLevelEvenIfTheyAreCut(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	l := &lines{log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	long := strings.Repeat("x", 100<<10)
	for _, line := range []string{
		`{"time":"2026-03-02T00:00:00Z","level":"WARN","msg":"short"}`,
		`{"time":"2026-03-02T00:00:00Z","level":"ERROR","msg":"the rest is long","fault":"` + long + `"}`,
		`{"time":"2026-03-02T00:00:00Z","level":"ERROR","msg":"` + long + `"}`,
		`{"level":1,"msg":2}`, `{"level":"ERROR","msg":`, "plain " + long,
	} {
		_, _ = l.Write([]byte(line + "\n"))
	}
	written := strings.Split(strings.TrimSpace(log.String()), "\n")
	for i, want := range []string{"level=WARN msg=short", `level=ERROR msg="the rest is long"`, `level=ERROR msg="{`, `level=INFO msg="{`, `level=INFO msg="{`, `level=INFO msg="plain`} {
		if i >= len(written) || !strings.Contains(written[i], want) || len(written[i]) > 2*longestLine {
			t.Errorf("line %d: %.200s, want %s", i, written[i], want)
		}
	}
}
