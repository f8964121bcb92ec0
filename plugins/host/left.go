package host

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// relative is a process, told from a later one with its number by when it began.
type relative struct {
	pid   int
	began string
}

// familyOf gives the processes that one started, at any remove, and those of its own user where it has one; not itself. It gives
// none on systems without /proc.
func familyOf(pid int, as identity) []relative {
	if pid <= 1 { // everything descends from these
		return nil
	}
	family := []int{pid}
	list := slices.DeleteFunc(ofUser(as), func(r relative) bool { return r.pid == pid })
	for grown := true; grown; {
		grown = false
		for _, one := range processes() {
			if slices.Contains(family, one.parent) && !slices.Contains(family, one.pid) {
				family, grown = append(family, one.pid), true
				if !slices.Contains(list, one.relative) {
					list = append(list, one.relative)
				}
			}
		}
	}
	return list
}

// ofUser gives the processes of an identity that has a user of its own; none where it shares its user with anybody.
func ofUser(as identity) []relative {
	if as.user == nil || as.processes == 0 || as.user.Uid < firstUser || as.user.Uid >= firstUser+users {
		return nil
	}
	var list []relative
	for _, one := range processes() {
		if one.user == as.user.Uid {
			list = append(list, one.relative)
		}
	}
	return list
}

// listed is a process as /proc has it.
type listed struct {
	relative
	parent int
	user   uint32
}

// processes lists those that run; a zombie does not.
func processes() []listed {
	var list []listed
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		info, err := os.Stat(stat)
		if err != nil {
			continue
		}
		text, err := os.ReadFile(stat)
		of, ok := info.Sys().(*syscall.Stat_t)
		if err != nil || !ok {
			continue
		}
		number, rest, _ := strings.Cut(string(text), " (")
		i := strings.LastIndex(rest, ") ") // the name between the brackets may hold anything
		if i < 0 {
			continue
		}
		fields := strings.Fields(rest[i+2:])
		pid, err := strconv.Atoi(number)
		if err != nil || len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
			continue
		}
		parent, err := strconv.Atoi(fields[1])
		if err == nil {
			list = append(list, listed{relative{pid, fields[19]}, parent, of.Uid})
		}
	}
	return list
}

// stillThere gives those that run yet.
func stillThere(family []relative) []relative {
	var left []relative
	for _, one := range processes() {
		if slices.Contains(family, one.relative) {
			left = append(left, one.relative)
		}
	}
	return left
}

// sweep ends what a program left behind, and all of its user where it has one of its own, and waits until they have ended. They
// may start others meanwhile.
func sweep(left []relative, as identity) {
	for deadline := time.Now().Add(sweeping); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		all := append(stillThere(left), ofUser(as)...)
		if len(all) == 0 {
			return
		}
		end(all)
	}
}

// sweeping is how long that may take.
const sweeping = 2 * time.Second

func end(all []relative) {
	for _, one := range all {
		if one.pid > 1 {
			_ = syscall.Kill(one.pid, syscall.SIGKILL)
		}
	}
}
