package host

import (
	"os/exec"
	"sync"
	"syscall"
)

// setApart puts a process in a namespace of process numbers of its own, as its first: when that ends, the kernel ends all others
// in it, even those that left its group.
func setApart(attr *syscall.SysProcAttr) { attr.Cloneflags |= syscall.CLONE_NEWPID }

// canBeApart tries it, since many containers forbid it.
var canBeApart = sync.OnceValue(func() bool {
	cmd := exec.Command("/bin/sh", "-c", ":")
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	setApart(cmd.SysProcAttr)
	return cmd.Run() == nil
})
