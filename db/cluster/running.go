package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Running gives the connection string of a database in the cluster of a folder that another process is running; false where
// none is, or its folder may not be read. The string holds the password: never log it.
func Running(dir, database string) (string, bool) {
	data := filepath.Join(dir, "data")
	pid, ready := postmaster(data)
	if pid == 0 || !ready || syscall.Kill(pid, 0) != nil {
		return "", false
	}
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return "", false
	}
	lines := strings.Split(string(b), "\n") // ready: it has at least eight; the fourth is the port, the fifth the sockets' folder
	password, err := readPassword(filepath.Join(dir, "password"))
	if err != nil {
		return "", false
	}
	return address(password, strings.TrimRight(lines[4], "\r\n"), strings.TrimSpace(lines[3]), database), true
}
