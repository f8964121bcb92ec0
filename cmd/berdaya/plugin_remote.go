package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/internal/remote"
)

// What says which server is asked, and in whose name.
const (
	urlEnv     = "BERDAYA_URL"
	tokenEnv   = "BERDAYA_TOKEN"
	defaultURL = "http://127.0.0.1:8080"
)

// aboutServer is what the help of each command says that asks a server.
const aboutServer = `

It asks the server at --server or BERDAYA_URL (default ` + defaultURL + `), in the name of the token in BERDAYA_TOKEN or --token-file;
on a server that 'berdaya dev' started, 'berdaya token' makes one. Messages are in Indonesian or English, by --lang or LANG.`

// asked is a server that a command asks.
type asked struct {
	speech
	server, tokenFile string
	plain, json       bool

	client *remote.Client
	out    io.Writer
	err    io.Writer
}

func (a *asked) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.server, "server", "", "the server's address, such as https://berdaya.example.org (default: "+urlEnv+", or "+defaultURL+")")
	cmd.Flags().StringVar(&a.tokenFile, "token-file", "", "the file with the token (default: "+tokenEnv+")")
	cmd.Flags().BoolVar(&a.plain, "plain-http", false, "send the token to another machine without TLS, where the network can be trusted")
	a.speech.flags(cmd)
	cmd.Flags().BoolVar(&a.json, "json", false, "write the server's answer as JSON")
}

// open makes the client.
func (a *asked) open(cmd *cobra.Command) (err error) {
	a.out, a.err = printable{cmd.OutOrStdout()}, printable{cmd.ErrOrStderr()}
	if err := a.read(); err != nil {
		return err
	}
	token := os.Getenv(tokenEnv)
	if a.tokenFile != "" {
		text, err := readBounded(a.tokenFile, 16<<10)
		if err != nil {
			return usagef("the token in --token-file cannot be read: %v", "token di --token-file tidak dapat dibaca: %v", err)
		}
		token = string(text)
	}
	if token = strings.TrimSpace(token); token == "" {
		return usagef("there is no token: put one into %s, or into a file and name it with --token-file; for a server of 'berdaya dev', 'berdaya token' makes one",
			"tidak ada token: isikan di %s, atau di berkas yang disebut dengan --token-file; untuk server 'berdaya dev', 'berdaya token' membuatnya", tokenEnv)
	}
	address := a.server
	if address == "" {
		address = os.Getenv(urlEnv)
	}
	if address == "" {
		address = defaultURL
	}
	a.client, err = remote.New(address, token, a.locale, a.plain)
	return err
}

// readBounded reads a short file.
func readBounded(path string, most int64) ([]byte, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("it has more than %d bytes", most)
	}
	return text, err
}

// say writes a line in the language asked for.
func (a *asked) say(en, id string, args ...any) {
	if !a.json {
		fmt.Fprintf(a.out, a.in(en, id)+"\n", args...)
	}
}

// Of a command whose answer is lost on the way.
const (
	orderTries = 3
	orderPause = time.Second // longer each time
)

// order gives a command to the server. It has a key, so it can be given again where its answer was lost, and is carried out once.
func (a *asked) order(ctx context.Context, document string, input map[string]any, into any) error {
	input["idempotencyKey"] = rand.Text()
	for try := 1; ; try++ {
		err := a.client.Ask(ctx, document, map[string]any{"input": input}, into)
		if try == orderTries || !remote.Lost(err) {
			return err
		}
		select {
		case <-time.After(time.Duration(try) * orderPause):
		case <-ctx.Done():
			return err
		}
	}
}

// show writes an answer as JSON.
func (a *asked) show(answer any) error {
	out := json.NewEncoder(a.out)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(answer)
}

// asking makes a command that asks a server.
func asking(cmd *cobra.Command, run func(ctx context.Context, a *asked, args []string) error) *cobra.Command {
	a := new(asked)
	a.flags(cmd)
	cmd.Long = cmp.Or(cmd.Long, cmd.Short+".") + aboutServer
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := a.open(cmd); err != nil {
			return err
		}
		return run(cmd.Context(), a, args)
	}
	return cmd
}

// versionNamed reads RULE-SET@VERSION.
func versionNamed(text string) (ruleSet, version string, err error) {
	ruleSet, version, ok := strings.Cut(text, "@")
	if !ok || ruleSet == "" || version == "" {
		return "", "", usagef("%q names no version; write it as jawa-barat@1.2.0", "%q tidak menyebut versi; tulis seperti jawa-barat@1.2.0", text)
	}
	return ruleSet, version, nil
}

// region is the flag for the region that a command is about.
func regionFlag(cmd *cobra.Command, region *string) {
	cmd.Flags().StringVar(region, "region", "", "the code of the region, such as 32 or 32.73")
}
