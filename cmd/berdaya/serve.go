package main

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/db/migrate"
	"github.com/berdaya/berdaya/internal/token"
	"github.com/berdaya/berdaya/plugins/host"
)

const (
	defaultListen = "127.0.0.1:8080"
	secretEnv     = "BERDAYA_TOKEN_SECRET"
)

func newServe() *cobra.Command {
	var address, metricsAt, secretPath, data string
	var noWork bool
	var verify time.Duration
	var kept decisionsKept
	var keep map[string]string
	var runtimes map[string]string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve GraphQL in production",
		Long: `Serves GraphQL at /graphql, GraphiQL at / and its health at /healthz, on the database that DATABASE_URL names. It makes no
demo, takes no development tokens, and refuses a schema that it does not know: run 'berdaya migrate up' first.

Tokens are JWTs (HS256, issuer and audience "berdaya") signed with the secret in BERDAYA_TOKEN_SECRET or --token-secret-file;
their subject is a member in the database.

Put a reverse proxy with TLS before it; it listens on this machine alone unless --listen says otherwise.`,
		Example: `  export DATABASE_URL=postgres://berdaya@db.example.org/berdaya
  export BERDAYA_TOKEN_SECRET="$(openssl rand -hex 32)"
  berdaya migrate up && berdaya serve --listen 127.0.0.1:8080`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			if verify < verifyMost || verify > verifySeldom {
				return usageError{fmt.Errorf("--verify-histories is from 1h to 168h, not %s", verify)}
			}
			if err := kept.check(); err != nil {
				return err
			}
			periods, err := keepPeriods(keep)
			if err != nil {
				return err
			}
			if err := host.CheckRuntimes(runtimes); err != nil {
				return err
			}
			dsn, err := databaseURL()
			if err != nil {
				return err
			}
			secret, err := productionSecret(secretPath)
			if err != nil {
				return err
			}
			set, err := migrate.Embedded()
			if err != nil {
				return err
			}
			if err := set.Check(ctx, dsn); err != nil {
				return err
			}
			goes, err := outgoingFromEnvironment()
			if err != nil {
				return err
			}
			log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
			l, err := listen(ctx, "listen", address)
			if err != nil {
				return err
			}
			defer l.Close()
			asked, err := listenMetrics(ctx, metricsAt)
			if err != nil {
				return err
			}
			programs := ""
			if data != "" {
				programs = programsDir(data)
			}
			sv, err := newServer(ctx, settings{DSN: dsn, Programs: programs, Runtimes: runtimes, Secret: secret, NoWork: noWork, VerifyEvery: verify, Metrics: asked, Outgoing: goes, Decisions: kept, Keep: periods, Log: log})
			if err != nil {
				return err
			}
			defer sv.close()
			fmt.Fprintf(cmd.OutOrStdout(), "serving http://%s/graphql\n", l.Addr())
			return sv.serve(ctx, l)
		},
	}
	cmd.Flags().StringVar(&address, "listen", defaultListen, "where to listen, host:port")
	metricsFlag(cmd, &metricsAt)
	cmd.Flags().StringVar(&secretPath, "token-secret-file", "", "the file with the token secret, readable by its owner alone (instead of "+secretEnv+")")
	cmd.Flags().StringVar(&data, "data", "", "a folder for the programs of rule sets (default: a temporary one)")
	cmd.Flags().DurationVar(&verify, "verify-histories", verifyEvery, "how often all histories are verified, 1h to 168h; the same on every server")
	kept.flags(cmd)
	keepFlag(cmd, &keep)
	runtimesFlag(cmd, &runtimes)
	cmd.Flags().BoolVar(&noWork, "no-work", false, "only answer requests and leave what is done later to other servers on the same database")
	return cmd
}

// runtimesFlag lets the operator say what runs programs of offices that do not run by themselves.
func runtimesFlag(cmd *cobra.Command, runtimes *map[string]string) {
	cmd.Flags().StringToStringVar(runtimes, "runtime", nil, "what runs programs of offices that name it in their plugin.yaml, such as node=/usr/bin/node; may be given again")
}

// productionSecret takes the secret from a file or the environment; nothing makes one up, since every server of a cluster
// needs the same.
func productionSecret(path string) (token.Secret, error) {
	if path != "" {
		return token.ReadSecret(path)
	}
	text := os.Getenv(secretEnv)
	if text == "" {
		return token.Secret{}, usageError{fmt.Errorf("%s is not set: give 32 random bytes or more, the same for every server, or --token-secret-file", secretEnv)}
	}
	return token.ParseSecret(text)
}
