package host

import (
	"net"
	"syscall"
)

// listener gives the user whose process listens at the other end.
func listener(conn *net.UnixConn) (user int, known bool) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return -1, true
	}
	var peer *syscall.Ucred
	if controlled := raw.Control(func(fd uintptr) {
		peer, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); controlled != nil || err != nil {
		return -1, true
	}
	return int(peer.Uid), true
}
