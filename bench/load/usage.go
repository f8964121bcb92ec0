package load

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticks is how many of /proc's units of CPU time make a second; Linux shows a hundred on every machine that Go knows.
const ticks = 100

// process is what /proc says of one.
type process struct {
	pid, parent int
	own         float64 // CPU seconds, user and system
	ended       float64 // of children that ended and were waited for
	resident    int64   // bytes
}

func parseStat(pid int, raw []byte) (process, bool) {
	end := bytes.LastIndexByte(raw, ')') // the name may hold blanks and brackets
	if end < 0 {
		return process{}, false
	}
	f := strings.Fields(string(raw[end+1:]))
	if len(f) < 22 {
		return process{}, false
	}
	number := func(i int) float64 {
		n, _ := strconv.ParseFloat(f[i], 64)
		return n
	}
	return process{pid: pid, parent: int(number(1)), own: (number(11) + number(12)) / ticks, ended: (number(13) + number(14)) / ticks,
		resident: int64(number(21)) * int64(os.Getpagesize())}, true
}

func processes() (map[int]process, error) {
	dir, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("CPU time is read from /proc, which Linux has: %w", err)
	}
	all := map[int]process{}
	for _, e := range dir {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		raw, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue // it has ended
		}
		if p, ok := parseStat(pid, raw); ok {
			all[pid] = p
		}
	}
	return all, nil
}

// Usage is what a process has used since it started, with all that it started, also what has ended.
type Usage struct {
	CPU      float64 // seconds
	Resident int64   // bytes, now; of PostgreSQL shared memory is counted once for each process
}

// Of gives the usage of several processes at one moment.
func Of(pids ...int) ([]Usage, error) {
	all, err := processes()
	if err != nil {
		return nil, err
	}
	used := make([]Usage, len(pids))
	for i, pid := range pids {
		if _, there := all[pid]; !there {
			return nil, fmt.Errorf("process %d has ended", pid)
		}
		used[i] = sum(all, pid)
	}
	return used, nil
}

// sum gives the usage of a process with all below it.
func sum(all map[int]process, pid int) Usage {
	u := Usage{all[pid].own + all[pid].ended, all[pid].resident}
	for _, p := range all {
		if p.parent == pid {
			c := sum(all, p.pid)
			u.CPU, u.Resident = u.CPU+c.CPU, u.Resident+c.Resident
		}
	}
	return u
}

// Parts gives the CPU time of a server by its parts: what it used itself, without anything that it started, and each process
// that it started with all below that one, by a word of its command line. Processes whose command line has none of the words
// are left out.
func Parts(pid int, words ...string) (own float64, parts map[string]float64, err error) {
	all, err := processes()
	if err != nil {
		return 0, nil, err
	}
	server, there := all[pid]
	if !there {
		return 0, nil, fmt.Errorf("process %d has ended", pid)
	}
	parts = map[string]float64{}
	for _, p := range all {
		if p.parent != pid {
			continue
		}
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.pid))
		if err != nil {
			continue // it has ended
		}
		for _, word := range words {
			if bytes.Contains(line, []byte(word)) {
				parts[word] += sum(all, p.pid).CPU
			}
		}
	}
	return server.own, parts, nil
}

// Peaks gives the memory at its highest, in bytes, of a server by its parts, which are those of [Parts].
func Peaks(pid int, words ...string) (own int64, parts map[string]int64, err error) {
	all, err := processes()
	if err != nil {
		return 0, nil, err
	}
	if own, err = peak(pid); err != nil {
		return 0, nil, err
	}
	parts = map[string]int64{}
	for _, p := range all {
		if p.parent != pid {
			continue
		}
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.pid))
		if err != nil {
			continue // it has ended
		}
		for _, word := range words {
			if bytes.Contains(line, []byte(word)) {
				most, err := peak(p.pid)
				if err != nil {
					continue
				}
				parts[word] += most
			}
		}
	}
	return own, parts, nil
}

// peak gives the memory of a process at its highest, in bytes.
func peak(pid int) (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if rest, found := strings.CutPrefix(line, "VmHWM:"); found {
			kilobytes, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/status has no VmHWM", pid)
}

// Parent gives the parent of a process.
func Parent(pid int) (int, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	p, ok := parseStat(pid, raw)
	if !ok {
		return 0, fmt.Errorf("/proc/%d/stat cannot be read", pid)
	}
	return p.parent, nil
}

// Busy gives the CPU seconds that all of the machine has worked since it started.
func Busy() (float64, error) {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	var sum float64
	for i, text := range strings.Fields(line)[1:] {
		n, _ := strconv.ParseFloat(text, 64)
		if i != 3 && i != 4 && i < 8 { // idle, waiting for a disk; guests are counted already
			sum += n
		}
	}
	return sum / ticks, nil
}

// Self gives the CPU seconds that this process has used, without what it started.
func Self() float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()).Seconds()
}
