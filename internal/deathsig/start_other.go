//go:build unix && !linux

package deathsig

import (
	"os/exec"
	"syscall"
)

// Start starts cmd, which gets sig when this process dies. Wait is called as after [exec.Cmd.Start].
func Start(cmd *exec.Cmd, sig syscall.Signal) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := watch(cmd.Process.Pid, sig); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return err
	}
	return nil
}
