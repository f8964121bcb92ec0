package host

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/berdaya/berdaya/internal/deathsig"
)

// tail is how long what a process wrote last is read after its end. Something it started may hold its pipes open for ever.
const tail = 500 * time.Millisecond

// runner is one process of a rule set, as go-plugin's runner.Runner wants it. It differs from go-plugin's own in four things: the
// process leads a group of its own, it dies with this server, it ends for us when it ends even if something that it started
// still holds its pipes, and a line of any length on its standard output stops nobody.
type runner struct {
	cmd *exec.Cmd
	out io.Writer // for what it writes on standard output after the handshake

	stdout, stderr *os.File
	closing        sync.Once
	exited         chan struct{} // closed when the process has ended
	err            error         // how it ended; read after exited is closed

	mu     sync.Mutex
	pid    int    // 0 before it started
	doomed bool   // to be killed, even if it has not started yet
	gone   bool   // its group was ended with it: another process may have the number by now
	first  string // line of its standard output
}

// confined is a shell that bounds itself and then becomes the program: data in KiB, processes where they are counted, open
// files, the size of a file that it writes in blocks of 512 bytes, no core dumps. Nobody may set limits on a process of another
// user, but everybody may lower their own. A limit that is lower already stays. The address space is not bounded: a Go program
// reserves far more of it than it uses. Shells differ in the letter for processes.
const confined = `for limit in "-d $1" "-n 256" "-f 32768" "-c 0"; do ulimit $limit; done 2>/dev/null
if [ "$2" -gt 0 ]; then ulimit -u "$2" 2>/dev/null || ulimit -p "$2" 2>/dev/null; fi; shift 2; exec "$@"`

// newRunner prepares the process of a program, with the environment that go-plugin wants, in a folder, with at most so many bytes
// of data.
func newRunner(program string, args, environment []string, dir string, as identity, memory uint64) *runner {
	kib, processes := strconv.FormatUint(memory>>10, 10), strconv.Itoa(as.processes)
	cmd := exec.Command("/bin/sh", append([]string{"-c", confined, "sh", kib, processes, program}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(environment, "HOME="+dir, "TMPDIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: as.user}
	if as.apart {
		setApart(cmd.SysProcAttr)
	}
	return &runner{cmd: cmd, exited: make(chan struct{})}
}

// Start starts the process and watches for its end.
func (r *runner) Start(context.Context) error {
	var writers [2]*os.File
	for i, end := range []**os.File{&r.stdout, &r.stderr} {
		var err error
		if *end, writers[i], err = os.Pipe(); err != nil {
			return err
		}
		defer writers[i].Close()
	}
	r.cmd.Stdout, r.cmd.Stderr = writers[0], writers[1]
	if err := deathsig.Start(r.cmd, syscall.SIGKILL); err != nil {
		r.stdout.Close()
		r.stderr.Close()
		return err
	}
	r.mu.Lock()
	r.pid = r.cmd.Process.Pid
	r.mu.Unlock()
	if r.isDoomed() {
		r.kill()
	}
	go func() {
		r.err = r.cmd.Wait()
		r.kill() // whatever it started ends with it
		r.mu.Lock()
		r.gone = true
		r.mu.Unlock()
		for _, pipe := range []*os.File{r.stdout, r.stderr} {
			_ = pipe.SetReadDeadline(time.Now().Add(tail))
		}
		close(r.exited)
	}()
	return nil
}

// kill ends the process and whatever it started in its group, or keeps it from living if it has yet to start.
func (r *runner) kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.doomed = true; r.pid != 0 && !r.gone {
		_ = syscall.Kill(-r.pid, syscall.SIGKILL)
	}
}

func (r *runner) isDoomed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.doomed
}

// Wait waits for the end of the process.
func (r *runner) Wait(ctx context.Context) error {
	select {
	case <-r.exited:
		r.close()
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close closes our ends of the pipes. go-plugin calls Wait, which calls it, after it has read both to their end.
func (r *runner) close() {
	r.closing.Do(func() {
		r.stdout.Close()
		r.stderr.Close()
	})
}

// Kill ends the process at once.
func (r *runner) Kill(context.Context) error {
	r.kill()
	return nil
}

// Stdout gives the handshake, which is the first line, and passes the rest on to the log.
func (r *runner) Stdout() io.ReadCloser { return &handshake{runner: r} }

// Stderr gives what the process logs.
func (r *runner) Stderr() io.ReadCloser {
	return struct {
		io.Reader
		io.Closer
	}{r.paced(r.stderr), r.stderr}
}

func (r *runner) paced(in io.Reader) io.Reader { return &paced{Reader: in, ended: r.exited} }

// Name gives the program's path.
func (r *runner) Name() string { return r.cmd.Path }

// ID gives the process id.
func (r *runner) ID() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strconv.Itoa(r.pid)
}

// Diagnose adds to an error at the start.
func (r *runner) Diagnose(context.Context) string {
	return "the program wrote no handshake; is it a rule set that serves with plugins/rules?"
}

// PluginToHost and HostToPlugin: both see the same files.
func (r *runner) PluginToHost(network, address string) (string, string, error) {
	return network, address, nil
}

// HostToPlugin is the way back.
func (r *runner) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}

// handshake reads the first line of a process's standard output, up to 16 KiB, and pours the rest into the log.
type handshake struct {
	*runner
	line *bytes.Reader
}

const longestHandshake = 16 << 10

func (h *handshake) Read(p []byte) (int, error) {
	if h.line == nil {
		in := bufio.NewReaderSize(h.stdout, longestHandshake)
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			line = []byte(fmt.Sprintf("a first line of more than %d bytes\n", longestHandshake))
		}
		h.line = bytes.NewReader(bytes.Clone(line))
		h.mu.Lock()
		h.first = strings.TrimSpace(strings.ToValidUTF8(string(line), "�"))
		h.mu.Unlock()
		go func() { _, _ = io.Copy(h.out, h.paced(in)) }() // ends with the process: the pipe has a deadline then
	}
	if h.line.Len() > 0 {
		return h.line.Read(p)
	}
	<-h.exited
	return 0, io.EOF
}

// Close leaves the pipe to Wait.
func (h *handshake) Close() error { return nil }
