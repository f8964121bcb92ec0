//go:build unix

package deathsig

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// watchScript reads one line. Getting one means that the process has ended by itself; the end of the pipe without a line
// means that whoever held the other end is dead.
const watchScript = `read -r line || kill -"$1" "$2" 2>/dev/null`

// watch starts a shell that sends sig to the process when this process dies. It ends when the process ends, looked at once
// a second, so that a later process with the same number is not hit.
func watch(pid int, sig syscall.Signal) error {
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("watch process %d: %w", pid, err)
	}
	defer r.Close()
	sh := exec.Command("/bin/sh", "-c", watchScript, "sh", strconv.Itoa(int(sig)), strconv.Itoa(pid))
	sh.Stdin = r
	sh.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal's Ctrl-C ends us, not the watcher
	if err := sh.Start(); err != nil {
		w.Close()
		return fmt.Errorf("watch process %d: %w", pid, err)
	}
	go func() {
		for syscall.Kill(pid, 0) == nil {
			time.Sleep(time.Second)
		}
		_, _ = w.WriteString("ended\n")
		w.Close()
		_ = sh.Wait()
	}()
	return nil
}
