package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/berdaya/berdaya/bench/load"
	"github.com/berdaya/berdaya/internal/deathsig"
)

// peer is a server that is measured: a process of its own.
type peer struct {
	name   string
	target load.Target
	cmd    *exec.Cmd
	done   chan struct{}
}

func (p *peer) pid() int { return p.cmd.Process.Pid }

func (p *peer) ask(body []byte) ([]byte, error) { return load.Ask(p.target, body) }

// Of starting a peer and stopping it.
const (
	startBound = 30 * time.Second
	endBound   = 10 * time.Second
)

var servingAt = regexp.MustCompile(`^serving http://([^/]+)/graphql`)

// launch starts a server that prints "serving http://host:port/graphql" and waits for that line. What it says else goes to a
// file in dir, named after it. It dies with us.
func launch(ctx context.Context, name, dir string, env []string, header http.Header, command ...string) (*peer, error) {
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p := &peer{name: name, cmd: exec.Command(command[0], command[1:]...), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = log
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.cmd.Stdout = in
	err = deathsig.Start(p.cmd, syscall.SIGKILL)
	in.Close()
	if err != nil {
		out.Close()
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	address := make(chan string, 1)
	go func() {
		defer out.Close()
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if found := servingAt.FindStringSubmatch(lines.Text()); found != nil {
				address <- found[1]
				_, _ = io.Copy(io.Discard, out)
				return
			}
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, startBound)
	defer cancel()
	select {
	case at := <-address:
		p.target = load.Target{Address: at, Path: "/graphql", Header: header}
		return p, nil
	case <-p.done:
		said, _ := os.ReadFile(log.Name())
		return nil, fmt.Errorf("%s ended at once: %.2000s", name, said)
	case <-ctx.Done():
		p.stop()
		return nil, fmt.Errorf("%s did not start: %w", name, ctx.Err())
	}
}

func (p *peer) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(endBound):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// moduleDir is the folder of this module.
func moduleDir(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("run this from Berdaya's folder (go list -m: %w)", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// build compiles a program, and gives its path.
func build(ctx context.Context, dir, out string, args ...string) (string, error) {
	path := filepath.Join(out, filepath.Base(args[len(args)-1]))
	cmd := exec.CommandContext(ctx, "go", append([]string{"build", "-o", path}, args...)...)
	cmd.Dir = dir
	if said, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w\n%s", strings.Join(args, " "), err, said)
	}
	return path, nil
}

// profiled is added to the program when it is built for a profile, and to no other build: it listens for those who fetch one.
const profiled = `package main

import (
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
)

func init() {
	if len(os.Args) < 2 || os.Args[1] != "serve" {
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	if err := os.WriteFile(os.Getenv("BENCH_PROFILE_ADDRESS"), fmt.Append(nil, l.Addr()), 0o600); err != nil {
		panic(err)
	}
	go http.Serve(l, nil)
}
`

// buildProfiled compiles the server from the same sources with a way to fetch profiles.
func buildProfiled(ctx context.Context, module, out string) (string, error) {
	return buildWith(ctx, module, filepath.Join(out, "profiled"), map[string]string{"profiled.go": profiled})
}

// buildWith compiles the server from the same sources with some files more.
func buildWith(ctx context.Context, module, out string, files map[string]string) (string, error) {
	overlay, err := overlaid(module, out, files)
	if err != nil {
		return "", err
	}
	return build(ctx, module, out, "-overlay", overlay, "./cmd/berdaya")
}

// overlaid writes files of the server's main package, and the overlay by which the go command finds them there.
func overlaid(module, out string, files map[string]string) (string, error) {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return "", err
	}
	replace := map[string]string{}
	for name, text := range files {
		added := filepath.Join(out, name)
		if err := os.WriteFile(added, []byte(text), 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(module, "cmd", "berdaya", name)] = added
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(out, "overlay.json")
	return file, os.WriteFile(file, text, 0o600)
}

// migrateUp has a binary bring a database to its own schema, which may be newer than that of a portfolio made before.
func migrateUp(ctx context.Context, binary, dsn string) error {
	cmd := exec.CommandContext(ctx, binary, "migrate", "up")
	cmd.Env = append(os.Environ(), "DATABASE_URL="+dsn)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("berdaya migrate up: %w: %s", err, said)
	}
	return nil
}

// berdayaServer starts the server as people run it, to be asked in a reader's name.
func berdayaServer(ctx context.Context, name, binary, dir, dsn, reader string, env ...string) (*peer, error) {
	token, err := tokenOf(reader)
	if err != nil {
		return nil, err
	}
	env = append(env, "DATABASE_URL="+dsn, "BERDAYA_TOKEN_SECRET="+secretText)
	return launch(ctx, name, dir, env, http.Header{"Authorization": {"Bearer " + token}}, binary, "serve", "--listen", "127.0.0.1:0")
}

// limitServer starts the yardstick.
func limitServer(ctx context.Context, binary, dir, dsn, schema string) (*peer, error) {
	return launch(ctx, "limit", dir, []string{"DATABASE_URL=" + dsn}, nil, binary, "--listen", "127.0.0.1:0", "--schema", schema)
}
