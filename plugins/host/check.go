package host

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/berdaya/berdaya/plugins/conformance"
	"github.com/berdaya/berdaya/plugins/rules"
)

// Checked is what came of trying a program.
type Checked struct {
	Description *rules.Description // nil where it never said who it is
	Findings    []conformance.Finding
}

// Check runs a program once, confined as a rule set at work is, tries whether it keeps the contract, asks it to end, and leaves
// nothing of it behind. The error is about us: what is wrong with the program is a finding.
func (h *Host) Check(ctx context.Context, c Command, o conformance.Options) (*Checked, error) {
	program, err := keep(h.programs(), c.Path)
	if err != nil {
		return nil, fmt.Errorf("the program %s cannot be kept to be run: %w", c.Path, err)
	}
	defer program.release()
	as := h.identities.take()
	defer h.identities.giveBack(as)
	as.apart = false // in a namespace of its own all that it leaves behind would end with it, unseen
	seen := &seen{}
	p := &process{calls: make(chan struct{}, h.options.CallsInFlight), log: h.options.Logger}
	p.output = &lines{log: h.options.Logger, also: seen.line}

	checked, run := &Checked{}, conformance.Run{}
	if err := p.launch(ctx, &h.options, h.place, as, program.path, c.Args); err != nil {
		run.Failure = err.Error()
	} else {
		checked.Description, checked.Findings = conformance.Check(ctx, p.rules, o)
		family := familyOf(p.pid(), as)
		run.Ended = p.asksToEnd(ctx, h.options.StopTimeout)
		run.Left = stillThere(family)
		p.stop(h.options.StopTimeout)
	}
	if p.runner != nil {
		p.runner.mu.Lock()
		run.FirstLine = p.runner.first
		p.runner.mu.Unlock()
	}
	sweep(run.Left, as)
	run.Log = seen.all()
	checked.Findings = run.With(checked.Findings)
	return checked, ctx.Err()
}

// asksToEnd asks the process to end, as go-plugin does, and tells whether it did within the time.
func (p *process) asksToEnd(ctx context.Context, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	_ = p.conn.Invoke(ctx, "/plugin.GRPCController/Shutdown", &emptypb.Empty{}, &emptypb.Empty{}) // it may end before it answers
	select {
	case <-p.runner.exited:
		return true
	case <-ctx.Done():
		return false
	}
}

// seen keeps the first lines that a program logs.
type seen struct {
	mu    sync.Mutex
	lines []string
}

func (s *seen) line(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.lines) < mostLines && len(text) < longestLine-1 { // one that was cut is no JSON any more
		s.lines = append(s.lines, text)
	}
}

func (s *seen) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lines
}

// relative is a process, told from a later one with its number by when it began.
type relative struct{ pid, began string }

// familyOf gives the processes that one started, at any remove: those of its own user where it has one, and its descendants. It
// gives none on systems without /proc.
func familyOf(pid int, as identity) []relative {
	family := []string{strconv.Itoa(pid)}
	var list []relative
	for grown := true; grown; {
		grown = false
		stats, _ := filepath.Glob("/proc/[0-9]*/stat")
		for _, stat := range stats {
			info, err := os.Stat(stat)
			if err != nil {
				continue
			}
			of, ok := info.Sys().(*syscall.Stat_t)
			own := ok && as.processes > 0 && of.Uid == as.user.Uid
			one, parent, _ := readStat(stat)
			if one.pid != "" && !slices.Contains(family, one.pid) && (own || slices.Contains(family, parent)) {
				family, list, grown = append(family, one.pid), append(list, one), true
			}
		}
	}
	return list
}

// stillThere gives the numbers of those that run yet; a zombie does not.
func stillThere(family []relative) []int {
	var left []int
	for _, one := range family {
		now, _, state := readStat("/proc/" + one.pid + "/stat")
		if now == one && state != "Z" && state != "X" {
			pid, _ := strconv.Atoi(one.pid)
			left = append(left, pid)
		}
	}
	return left
}

// readStat reads a process's number, when it began, its parent and its state; nothing where it is gone.
func readStat(file string) (one relative, parent, state string) {
	text, _ := os.ReadFile(file)
	pid, rest, _ := strings.Cut(string(text), " (")
	if i := strings.LastIndex(rest, ") "); i >= 0 { // the name between the brackets may hold anything
		if fields := strings.Fields(rest[i+2:]); len(fields) > 19 {
			return relative{pid, fields[19]}, fields[1], fields[0]
		}
	}
	return relative{}, "", ""
}

// sweep ends what a program left behind, and all of its user where it has one of its own.
func sweep(left []int, as identity) {
	for _, pid := range left {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	if as.processes == 0 {
		return
	}
	for deadline := time.Now().Add(tail); time.Now().Before(deadline); { // it may start others while we end some
		family := familyOf(0, as)
		if family = slices.DeleteFunc(family, func(r relative) bool { return len(stillThere([]relative{r})) == 0 }); len(family) == 0 {
			return
		}
		for _, pid := range stillThere(family) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
