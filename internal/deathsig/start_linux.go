package deathsig

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// Start starts cmd, which gets sig when this process dies. Wait is called as after [exec.Cmd.Start].
func Start(cmd *exec.Cmd, sig syscall.Signal) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = sig
	done := make(chan error, 1)
	starter() <- func() { done <- cmd.Start() }
	return <-done
}

// starter gives the way into the one thread that starts processes.
var starter = sync.OnceValue(func() chan<- func() {
	starts := make(chan func())
	go func() {
		runtime.LockOSThread()
		for start := range starts {
			start()
		}
	}()
	return starts
})
