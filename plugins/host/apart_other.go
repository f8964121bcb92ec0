//go:build !linux

package host

import "syscall"

func setApart(*syscall.SysProcAttr) {}

func canBeApart() bool { return false }
