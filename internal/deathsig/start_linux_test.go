package deathsig

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// The signal comes with the end of the thread that forked, whatever its process does.
func TestStartedProcessOutlivesTheThreadThatAskedForIt(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("sleep", "60")
	asked := make(chan int)
	ask := func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if err := Start(cmd, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
		asked <- syscall.Gettid()
	}
	go func() {
		runtime.LockOSThread()
		if syscall.Gettid() == os.Getpid() { // a process's first thread never ends: it is held here, so ask gets another
			defer runtime.UnlockOSThread()
			held := make(chan struct{})
			go func() { defer close(held); ask() }()
			<-held
			return
		}
		ask()
	}()
	thread := <-asked
	if t.Failed() {
		return
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	waitUntil(t, 30*time.Second, func() bool {
		_, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", thread))
		return err != nil
	})
	if !runs(cmd.Process.Pid) {
		t.Error("the process ended with the thread")
	}
}
