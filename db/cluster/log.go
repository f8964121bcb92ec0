package cluster

import (
	"bytes"
	"os"
	"strings"
	"sync"
)

const (
	logRoom  = 1 << 20 // the bytes a log file may have before it is put aside
	tailRoom = 4 << 10 // the bytes kept in memory, to show when a start fails
)

// boundedLog writes to a file, puts it aside as name.1 when it is full, and remembers the last of what was written.
// It never fails its writer: PostgreSQL must not stop because a disk is full.
type boundedLog struct {
	name string
	as   *account

	mu   sync.Mutex
	file *os.File
	size int64
	tail []byte
}

func openLog(name string, as *account) *boundedLog {
	l := &boundedLog{name: name, as: as}
	l.open()
	return l
}

func (l *boundedLog) open() {
	f, err := os.OpenFile(l.name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return
	}
	_ = l.as.give(l.name)
	if info, err := f.Stat(); err == nil {
		l.size = info.Size()
	}
	l.file = f
}

// Write takes what PostgreSQL says.
func (l *boundedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tail = append(l.tail, p...)
	if extra := len(l.tail) - tailRoom; extra > 0 {
		l.tail = append(l.tail[:0], l.tail[extra:]...)
	}
	if l.file != nil && l.size+int64(len(p)) > logRoom {
		l.file.Close()
		l.file, l.size = nil, 0
		if os.Rename(l.name, l.name+".1") == nil {
			l.open()
		}
	}
	if l.file != nil {
		n, _ := l.file.Write(p)
		l.size += int64(n)
	}
	return len(p), nil
}

// last gives the last whole lines written, at most n.
func (l *boundedLog) last(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.Split(string(bytes.TrimSpace(l.tail)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

func (l *boundedLog) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
}
