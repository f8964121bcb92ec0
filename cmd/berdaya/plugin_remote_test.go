package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/decisions"
	"github.com/berdaya/berdaya/internal/members"
	"github.com/berdaya/berdaya/internal/token"
	"github.com/berdaya/berdaya/plugins/declarative"
)

// bureau is a server that runs, and a person with a token who gives commands to it.
type bureau struct {
	*testing.T
	url    string
	folder string
	issuer token.Issuer
	server *server
}

func newBureau(t *testing.T) *bureau {
	t.Helper()
	dsn := dbtest.MigratedDSN(t)
	d, err := db.Open(t.Context(), dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	dbtest.Regions(t, d, "32.73", "33", "35")
	secret, err := token.ParseSecret(strings.Repeat("an end-to-end test ", 2))
	if err != nil {
		t.Fatal(err)
	}
	sv, err := newServer(t.Context(), settings{DSN: dsn, Secret: secret, Development: true, Decisions: decisionsKept{For: decisions.MostKeeping}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- sv.serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		<-ended
		sv.close()
	})
	return &bureau{t, "http://" + l.Addr().String(), t.TempDir(), token.NewIssuer(secret, time.Now), sv}
}

// file writes a file and gives its path.
func (d *bureau) file(name, text string) string {
	d.Helper()
	path := filepath.Join(d.folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		d.Fatal(err)
	}
	return path
}

// tokenOf gives the token of a role in a region.
func (d *bureau) tokenOf(role, region string) string {
	d.Helper()
	subject, err := members.DevelopmentSubject(role, region)
	if err != nil {
		d.Fatal(err)
	}
	made, err := d.issuer.Issue(subject, time.Hour)
	if err != nil {
		d.Fatal(err)
	}
	return made
}

// says gives a command about rule sets in the name of a role in a region, and gives what it wrote.
func (d *bureau) says(role, region string, args ...string) (string, error) {
	d.Helper()
	return d.runs(role, region, append([]string{"plugin"}, args...)...)
}

// runs gives any command that asks a server.
func (d *bureau) runs(role, region string, args ...string) (string, error) {
	d.Helper()
	made := d.tokenOf(role, region)
	root := newRoot()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(append(slices.Clone(args), "--server", d.url, "--token-file", d.file(role+"-"+region, made), "--lang", "en"))
	err := root.ExecuteContext(d.Context())
	return out.String(), err
}

// must is says for what is to be carried out, and to write something.
func (d *bureau) must(want string, args ...string) string {
	d.Helper()
	out, err := d.says("regional-admin", "32", args...)
	if err != nil || !strings.Contains(out, want) {
		d.Fatalf("%s: %v\n%s\nwant %s", strings.Join(args, " "), err, out, want)
	}
	return out
}

// refused is says for what is to be refused.
func (d *bureau) refused(role, region string, want domain.Code, args ...string) (string, error) {
	d.Helper()
	out, err := d.says(role, region, args...)
	if domain.CodeOf(err) != want {
		d.Errorf("%s: %v, want %s\n%s", strings.Join(args, " "), err, want, out)
	}
	return out, err
}

func TestARuleFileGoesFromAnUploadToWorkAndBackByCommands(t *testing.T) {
	t.Parallel()
	d := newBureau(t)
	good := declarative.Example("jawa-barat", "32")
	path := d.file("rules.yaml", good)
	broken := d.file("broken.yaml", strings.Replace(good, "    assert:", "    asert:", 1))
	line := 1 + strings.Count(good[:strings.Index(good, "    assert:")], "\n")
	out, _ := d.refused("regional-admin", "32", domain.CodeBadFile, "upload", broken, "--region", "32")
	if !strings.Contains(out, broken+":"+itoa(line)+":") {
		t.Errorf("no place in line %d is named:\n%s", line, out)
	}
	d.refused("viewer", "32", domain.CodeForbidden, "upload", path, "--region", "32")
	d.refused("regional-admin", "32", domain.CodeBadUserInput, "upload", path)
	uploaded := d.must("put it to work with: berdaya plugin activate jawa-barat@", "upload", path, "--region", "32", "--note", "first")
	name := strings.Fields(uploaded)[1]
	_, version, _ := strings.Cut(name, "@")
	d.must(name, "upload", path)
	d.must("revision 1 in 32 and concern 0 programmes at once; nothing was done", "activate", name, "--region", "32", "--mode", "everyone", "--dry-run")
	d.refused("regional-admin", "33", domain.CodeForbidden, "activate", name, "--region", "32")
	d.must("revision 1 in 32", "activate", name, "--region", "32", "--mode", "everyone", "--expected-revision", "0")
	d.refused("regional-admin", "32", domain.CodeConflict, "activate", name, "--region", "32", "--expected-revision", "0")
	deadline := time.Now().Add(time.Minute)
	for ready := false; !ready; {
		out := d.must("jawa-barat", "list")
		for _, l := range strings.Split(out, "\n") {
			f := strings.Fields(l)
			ready = ready || len(f) >= 7 && f[0] == "jawa-barat" && strings.Join(f[1:7], " ") == version+" 32 1 everyone READY 1/1"
		}
		if time.Now().After(deadline) {
			t.Fatalf("it is not at work:\n%s", out)
		}
		if !ready {
			time.Sleep(200 * time.Millisecond)
		}
	}
	if out, err := d.says("national-admin", "ID", "list"); err != nil || !strings.Contains(out, "national  ") {
		t.Errorf("the national rules are not listed: %v\n%s", err, out)
	}
	if out, err := d.says("regional-admin", "32", "logs", "jawa-barat"); err != nil {
		t.Errorf("what it logs cannot be seen: %v\n%s", err, out)
	}
	d.refused("regional-admin", "33", domain.CodeNotFound, "logs", "jawa-barat")
	d.refused("regional-admin", "32", domain.CodeRuleSetInUse, "withdraw", name)
	d.refused("regional-admin", "32", domain.CodeRuleSetNotPossible, "rollback", "jawa-barat", "--region", "32")
	d.must("revision 2", "deactivate", "jawa-barat", "--region", "32")
	d.must("revision 3", "rollback", "jawa-barat", "--region", "32")
	d.must("revision 4", "deactivate", "jawa-barat", "--region", "32", "--reason", "Until the flood is over")
	d.must("withdrew "+name, "withdraw", name)
	out = d.must("Until the flood is over", "show", "jawa-barat")
	for _, want := range []string{"Withdrawn", "out of work", "everyone", "Rolled back", "system:check", "first"} {
		if !strings.Contains(out, want) {
			t.Errorf("show does not say %q:\n%s", want, out)
		}
	}
	d.refused("regional-admin", "32", domain.CodeNotFound, "show", "nothing")
	var shown listed
	if err := json.Unmarshal([]byte(d.must("{", "list", "--json")), &shown); err != nil || len(shown.RuleSets) != 1 || shown.RuleSets[0].Versions.Nodes[0].State != "WITHDRAWN" {
		t.Errorf("%+v %v", shown, err)
	}
}

func itoa(n int) string {
	text, _ := json.Marshal(n)
	return string(text)
}

func TestACommandToAServerSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no token":              {[]string{"list"}, "there is no token"},
		"no version":            {[]string{"approve", "jabar", "--token-file", "token"}, "jawa-barat@1.2.0"},
		"no region":             {[]string{"rollback", "jabar", "--token-file", "token"}, "region"},
		"a mode":                {[]string{"activate", "jabar@1", "--region", "32", "--mode", "all", "--token-file", "token"}, "new or everyone"},
		"parameters":            {[]string{"activate", "jabar@1", "--region", "32", "--parameters", "{", "--token-file", "token"}, "no JSON object"},
		"no region to try in":   {[]string{"simulate", "jabar@1", "--token-file", "token"}, "region"},
		"a list of nothing":     {[]string{"simulate", "jabar@1", "--region", "32", "--first", "0", "--token-file", "token"}, "from 1 to 100"},
		"a day":                 {[]string{"replay", "jabar@1", "--region", "32", "--from", "yesterday", "--token-file", "token"}, "2026-05-01"},
		"no beginning":          {[]string{"replay", "jabar@1", "--region", "32", "--token-file", "token"}, "from"},
		"a language":            {[]string{"list", "--lang", "fr", "--token-file", "token"}, "id or en"},
		"a server in the clear": {[]string{"list", "--server", "http://example.org", "--token-file", "token"}, "https"},
		"nothing to upload":     {[]string{"upload", "no/where", "--token-file", "token"}, "no/where"},
		"no program in it":      {[]string{"upload", "FOLDER", "--token-file", "token"}, "plugin.yaml"},
	} {
		root := newRoot()
		folder := t.TempDir()
		file := filepath.Join(folder, "token")
		if err := os.WriteFile(file, []byte("a token"), 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"plugin"}
		for _, a := range c.args {
			args = append(args, map[string]string{"token": file, "FOLDER": folder}[a])
			if args[len(args)-1] == "" {
				args[len(args)-1] = a
			}
		}
		root.SetArgs(args)
		root.SetOut(io.Discard)
		root.SetErr(io.Discard)
		if err := root.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
