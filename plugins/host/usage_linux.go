package host

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// ticks is how many a second the kernel counts processor time in, whatever the machine: its USER_HZ.
const ticks = 100

// usage gives the memory and the processor time that a process has and has had; 0 where that is not known.
func usage(pid int) (memory uint64, cpu time.Duration) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0
	}
	// The second field is the program's name in brackets, with whatever is in that.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	number := func(field int) uint64 { // as proc(5) counts them, from 1
		if i := field - 3; i < len(fields) {
			n, _ := strconv.ParseUint(string(fields[i]), 10, 63)
			return n
		}
		return 0
	}
	return number(24) * uint64(os.Getpagesize()), time.Duration(number(14)+number(15)) * time.Second / ticks
}
