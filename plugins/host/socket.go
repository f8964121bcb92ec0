package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// A program says by itself where it listens. If it named another program's socket, we would ask that one in its place, and at last tell
// it to end: we may go where the program may not. So its socket must be in its own folder, and whoever answers there must be the
// user that the program runs as, whatever the name has become since.

// ownSocket gives the path of a program's socket, which must be in its folder.
func ownSocket(at net.Addr, dir string) (string, error) {
	if at.Network() != "unix" {
		return "", fmt.Errorf("it listens on %s; it must listen on a Unix socket in the folder that PLUGIN_UNIX_SOCKET_DIR names", clip(at.Network()+" "+at.String(), 100))
	}
	own, err := os.Stat(dir)
	if err != nil {
		return "", err
	}
	if in, err := os.Stat(filepath.Dir(at.String())); err != nil || !os.SameFile(own, in) {
		return "", fmt.Errorf("its socket %s is not in the folder that PLUGIN_UNIX_SOCKET_DIR names", clip(at.String(), 100))
	}
	return at.String(), nil
}

// dial connects to the program.
func (p *process) dial(ctx context.Context, as identity) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", p.socket)
	if err != nil {
		return nil, err
	}
	user := os.Geteuid()
	if as.user != nil {
		user = int(as.user.Uid)
	}
	if listens, known := listener(conn.(*net.UnixConn)); known && listens != user {
		conn.Close()
		return nil, errors.New("its socket leads to a process of another user")
	}
	return conn, nil
}
