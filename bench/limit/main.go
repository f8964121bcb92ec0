// Command limit is the practical limit of GraphQL over PostgreSQL on a machine, the yardstick of the benchmark: a server written
// by hand for five requests and nothing else.
//
// It parses no GraphQL (it knows a request by its operation's name), checks nobody's token, has no rules and no errors worth
// the name. Each shape is fixed SQL, prepared, and its rows become JSON by code that knows their columns. What a real server
// does beyond that is what it costs more.
//
//	DATABASE_URL=postgres://… limit --listen 127.0.0.1:9401 --schema berdaya
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:9401", "where to listen; an address of this machine alone")
	schema := flag.String("schema", "berdaya", "whose tables to read: berdaya, or foreign for those of the yardstick's own comparison")
	connections := flag.Int("connections", 16, "to the database; 1 to 200")
	flag.Parse()
	if err := run(*listen, *schema, *connections); err != nil {
		fmt.Fprintln(os.Stderr, "limit:", err)
		os.Exit(1)
	}
}

func run(listen, schema string, connections int) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	kinds := map[string]map[string]shape{"berdaya": berdaya, "foreign": foreign}
	shapes, ok := kinds[schema]
	if !ok {
		return fmt.Errorf("--schema is berdaya or foreign, not %q", schema)
	}
	if host, _, err := net.SplitHostPort(listen); err != nil || !net.ParseIP(host).IsLoopback() {
		return fmt.Errorf("--listen takes an address of this machine alone, such as 127.0.0.1:9401, not %q", listen)
	}
	if connections < 1 || connections > 200 {
		return fmt.Errorf("--connections is 1 to 200, not %d", connections)
	}
	pool, err := open(ctx, os.Getenv("DATABASE_URL"), connections)
	if err != nil {
		return err
	}
	defer pool.Close()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return err
	}
	web := &http.Server{Handler: server{pool: pool, shapes: shapes}, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = web.Close() })
	fmt.Printf("serving http://%s/graphql\n", l.Addr())
	if err := web.Serve(l); ctx.Err() == nil {
		return err
	}
	return nil
}
