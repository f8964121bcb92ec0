package host

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// The limits on what a rule set may log: longer lines are cut, more lines are counted instead of kept.
const (
	longestLine = 4 << 10 // bytes
	mostLines   = 200     // in each logWindow
	logWindow   = 10 * time.Second
)

// lines passes what a process writes on to the log, line by line. It never fails and never waits.
type lines struct {
	log  *slog.Logger
	also func(line string) // gets each line as it was written; nil: nobody asks

	mu      sync.Mutex
	line    []byte
	last    string // the last line that was not empty, for whoever asks why the process ended
	since   time.Time
	written int
}

// Write takes a piece of output.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for rest := p; len(rest) > 0; {
		part, after, ended := bytes.Cut(rest, []byte{'\n'})
		l.line = append(l.line, part[:min(len(part), longestLine-len(l.line))]...)
		if ended {
			l.end()
		}
		rest = after
	}
	return len(p), nil
}

// lastLine gives the last line that says something.
func (l *lines) lastLine() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

func (l *lines) end() {
	line := clip(strings.TrimSpace(strings.ToValidUTF8(string(l.line), "�")), longestLine)
	l.line = l.line[:0]
	if line == "" {
		return
	}
	if l.also != nil {
		l.also(line)
	}
	if now := time.Now(); now.Sub(l.since) > logWindow {
		if l.written > mostLines {
			l.log.Warn("the rule set logged too much; lines were left out", "lines", l.written-mostLines)
		}
		l.since, l.written = now, 0
	}
	if l.written++; l.written > mostLines {
		return
	}
	level, message := levelOf(line)
	l.last = message
	l.log.Log(context.Background(), level, message)
}

// levelOf reads a line of log/slog's JSON, even one that was cut; any other line is itself, for information.
func levelOf(line string) (slog.Level, string) {
	if line[0] != '{' {
		return slog.LevelInfo, line
	}
	entry, whole := fields(line)
	name, _ := entry["level"].(string)
	message, _ := entry["msg"].(string)
	level := slog.LevelInfo
	if name == "" || message == "" && whole || level.UnmarshalText([]byte(name)) != nil {
		return slog.LevelInfo, line
	}
	if message == "" {
		if len(line) < longestLine {
			return slog.LevelInfo, line // not cut by us: it never was JSON
		}
		return level, line
	}
	if fault, ok := entry["fault"]; ok {
		message = fmt.Sprintf("%s: %v", message, fault)
	}
	return level, message
}

// fields reads the members of an object, as far as they are there, and tells whether all were.
func fields(line string) (entry map[string]any, whole bool) {
	entry = map[string]any{}
	d := json.NewDecoder(strings.NewReader(line))
	if _, err := d.Token(); err != nil {
		return entry, false
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return entry, false
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return entry, false
		}
		if name, ok := key.(string); ok {
			entry[name] = value
		}
	}
	return entry, true
}
