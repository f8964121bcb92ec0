package main

import (
	"context"

	"github.com/berdaya/berdaya/bench/load"
)

// bound is added to the program when it is built to be measured with rules, and to no other build: it serves as `berdaya serve
// --no-work` does, with the rule set of a region bound beside the national one.
const bound = `package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/berdaya/berdaya/internal/token"
	"github.com/berdaya/berdaya/plugins/host"
)

func init() {
	program := os.Getenv("BENCH_RULES")
	if program == "" || len(os.Args) < 2 || os.Args[1] != "serve" {
		return
	}
	if err := serveBound(host.Binding{RuleSet: "jawa-barat", Region: os.Getenv("BENCH_REGION"), Command: host.Command{Path: program}}); err != nil {
		fmt.Fprintln(os.Stderr, "berdaya:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serveBound(b host.Binding) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	secret, err := token.ParseSecret(os.Getenv("BERDAYA_TOKEN_SECRET"))
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	sv, err := newServer(ctx, settings{DSN: os.Getenv("DATABASE_URL"), Secret: secret, NoWork: true, Log: slog.New(slog.NewJSONHandler(os.Stderr, nil))})
	if err != nil {
		return err
	}
	defer sv.close()
	if err := sv.rules.Bind(b); err != nil {
		return err
	}
	if err := sv.rules.Ready(ctx); err != nil {
		return err
	}
	fmt.Printf("serving http://%s/graphql\n", l.Addr())
	return sv.serve(ctx, l)
}
`

// servingFile comes after profiled.go by name, and so begins after it.
const servingFile = "serving.go"

// province is where the programmes lie that are moved, and whose rules bind them beside the nation's.
const province = "32"

// ruled starts servers with the national rules and those of the province, each in a process of its own.
type ruled struct {
	binary, rules, dir string
}

// buildRuled compiles the server and the province's rules.
func buildRuled(ctx context.Context, module, out string, more map[string]string) (ruled, error) {
	files := map[string]string{servingFile: bound}
	for name, text := range more {
		files[name] = text
	}
	binary, err := buildWith(ctx, module, out, files)
	if err != nil {
		return ruled{}, err
	}
	rules, err := build(ctx, module, out, "./bench/regional")
	return ruled{binary, rules, out}, err
}

// serve starts a server, to be asked in somebody's name.
func (r ruled) serve(ctx context.Context, dsn, subject string, env ...string) (*peer, error) {
	return berdayaServer(ctx, "berdaya", r.binary, r.dir, dsn, subject, append(env, "BENCH_RULES="+r.rules, "BENCH_REGION="+province)...)
}

// The words in the command lines of the rule processes, by which their CPU time is told apart.
const (
	nationalProcess = "plugin-process"
	regionalProcess = "regional"
)

// spent is CPU seconds by part.
type spent struct{ server, national, regional, database float64 }

// spending gives what a server with rules has used so far, and the database whose postmaster is named.
func spending(server *peer, database int) (spent, error) {
	own, rules, err := load.Parts(server.pid(), nationalProcess, regionalProcess)
	if err != nil {
		return spent{}, err
	}
	used, err := load.Of(database)
	if err != nil {
		return spent{}, err
	}
	return spent{own, rules[nationalProcess], rules[regionalProcess], used[0].CPU}, nil
}
