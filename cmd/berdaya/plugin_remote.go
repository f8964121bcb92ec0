package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/domain"
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
	server, tokenFile, language string
	plain, json                 bool

	locale domain.Locale
	client *remote.Client
	out    io.Writer
	err    io.Writer
}

func (a *asked) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.server, "server", "", "the server's address, such as https://berdaya.example.org (default: "+urlEnv+", or "+defaultURL+")")
	cmd.Flags().StringVar(&a.tokenFile, "token-file", "", "the file with the token (default: "+tokenEnv+")")
	cmd.Flags().BoolVar(&a.plain, "plain-http", false, "send the token to another machine without TLS, where the network can be trusted")
	cmd.Flags().StringVar(&a.language, "lang", "", "the language: id or en (default: by LANG)")
	cmd.Flags().BoolVar(&a.json, "json", false, "write the server's answer as JSON")
}

// open makes the client.
func (a *asked) open(cmd *cobra.Command) (err error) {
	a.out, a.err = cmd.OutOrStdout(), cmd.ErrOrStderr()
	switch a.language {
	case "id", "en":
		a.locale = domain.Locale(a.language)
	case "":
		a.locale = domain.Indonesian
		for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
			if set := os.Getenv(name); set != "" {
				if strings.HasPrefix(set, "en") {
					a.locale = domain.English
				}
				break
			}
		}
	default:
		return usageError{fmt.Errorf("--lang is id or en, not %q", a.language)}
	}
	token := os.Getenv(tokenEnv)
	if a.tokenFile != "" {
		text, err := readBounded(a.tokenFile, 16<<10)
		if err != nil {
			return usageError{fmt.Errorf("the token in --token-file cannot be read: %w", err)}
		}
		token = string(text)
	}
	if token = strings.TrimSpace(token); token == "" {
		return usageError{fmt.Errorf("there is no token: put one into %s, or into a file and name it with --token-file; for a server of 'berdaya dev', 'berdaya token' makes one", tokenEnv)}
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
		fmt.Fprintf(a.out, (domain.Text{EN: en, ID: id}).In(a.locale)+"\n", args...)
	}
}

// show writes an answer as JSON.
func (a *asked) show(answer any) error {
	out := json.NewEncoder(a.out)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(answer)
}

// spoken gives an error in the language asked for.
func (a *asked) spoken(err error) error {
	if e, ok := errors.AsType[*domain.Error](err); ok && e.Text.EN != "" {
		if _, many := errors.AsType[domain.Problems](err); !many {
			return domain.Errorf(e.Code, "%s", e.Text.In(a.locale))
		}
	}
	return err
}

// asking makes a command that asks a server.
func asking(cmd *cobra.Command, run func(ctx context.Context, a *asked, args []string) error) *cobra.Command {
	a := new(asked)
	a.flags(cmd)
	cmd.Long += aboutServer
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := a.open(cmd); err != nil {
			return err
		}
		return a.spoken(run(cmd.Context(), a, args))
	}
	return cmd
}

// versionNamed reads RULE-SET@VERSION.
func versionNamed(text string) (ruleSet, version string, err error) {
	ruleSet, version, ok := strings.Cut(text, "@")
	if !ok || ruleSet == "" || version == "" {
		return "", "", usageError{fmt.Errorf("%q names no version; write it as jawa-barat@1.2.0", text)}
	}
	return ruleSet, version, nil
}

// region is the flag for the region that a command is about.
func regionFlag(cmd *cobra.Command, region *string) {
	cmd.Flags().StringVar(region, "region", "", "the code of the region, such as 32 or 32.73")
}
