package host

import (
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhoeverStreamsOutputWithoutEndIsTakenAtAPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &process{runner: &runner{exited: make(chan struct{})}, output: &lines{log: slog.New(slog.DiscardHandler)}}
		out, began := &pacedOutput{process: p}, time.Now()
		write := func(windows int) {
			for range windows * pacedBytes / len(zeroLine) {
				if n, err := out.Write([]byte(zeroLine)); err != nil || n != len(zeroLine) {
					t.Fatal(n, err)
				}
			}
		}
		if write(11); time.Since(began) < 10*paceWindow || time.Since(began) > 11*paceWindow {
			t.Errorf("eleven windows' worth took %s", time.Since(began))
		}
		close(p.runner.exited)
		began = time.Now()
		if write(11); time.Since(began) != 0 {
			t.Errorf("what a process left behind took %s", time.Since(began))
		}
	})
}

var zeroLine = strings.Repeat("0", 1<<12-1) + "\n"

// zeros never end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestWhoeverLogsWithoutEndIsReadAtAPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan struct{})
		p := &paced{Reader: zeros{}, ended: ended}
		began := time.Now()
		read := func(n int64) {
			if _, err := io.CopyN(io.Discard, p, n); err != nil {
				t.Fatal(err)
			}
		}
		if read(pacedBytes); time.Since(began) != 0 {
			t.Errorf("as much as a window allows took %s", time.Since(began))
		}
		if read(10 * pacedBytes); time.Since(began) < 9*paceWindow || time.Since(began) > 11*paceWindow {
			t.Errorf("eleven windows' worth took %s", time.Since(began))
		}
		close(ended)
		began = time.Now()
		if read(10 * pacedBytes); time.Since(began) != 0 {
			t.Errorf("what a process left behind took %s", time.Since(began))
		}
	})
}
