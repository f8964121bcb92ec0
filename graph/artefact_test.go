package graph_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/rulesets"
)

// approvers lets two more people in: a national admin and an auditor.
func approvers(c *graph.Config) {
	others := c.Resolve
	c.Resolve = func(ctx context.Context, subject string) (access.Actor, error) {
		actor, err := others(ctx, subject)
		switch subject {
		case "gita":
			actor.Grants = []access.Grant{{Role: domain.NationalAdmin, Region: "ID"}}
		case "nadia":
			actor.Grants = []access.Grant{{Role: domain.Auditor, Region: "ID"}}
		}
		return actor, err
	}
}

// program keeps a program of West Java with so many bytes, and gives them.
func (v *village) program(version string, size int) []byte {
	v.Helper()
	content := bytes.Repeat([]byte(version+" 0123456789"), size)[:size]
	sum := sha256.Sum256(content)
	now := time.Now().UTC()
	record := func() domain.Record {
		return domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: now, UpdatedAt: now}
	}
	c := v.db.Catalogue()
	if err := c.Transact(v.Context(), func(ctx context.Context) error {
		if _, err := c.AddRuleSet(ctx, &domain.RuleSet{Record: record(), Name: "prog", RegionCode: "32", Kind: domain.RuleProgram}); err != nil {
			return err
		}
		set, err := c.RuleSet(ctx, "prog")
		if err != nil {
			return err
		}
		if err := c.AddArtefact(ctx, hex.EncodeToString(sum[:]), int64(size), now, bytes.NewReader(content)); err != nil {
			return err
		}
		return c.AddVersion(ctx, &domain.RuleSetVersion{Record: record(), RuleSetID: set.ID, Version: version, SHA256: hex.EncodeToString(sum[:]), Size: int64(size),
			State: domain.VersionChecked, Description: json.RawMessage(`{}`), UploadedBy: "citra", CheckedAt: &now})
	}); err != nil {
		v.Fatal(err)
	}
	return content
}

// fetch asks for a path of the server as somebody.
func (v *village) fetch(method, path, subject string, header ...string) (*http.Response, []byte, error) {
	v.Helper()
	r, err := http.NewRequestWithContext(v.Context(), method, strings.TrimSuffix(v.url, "/graphql")+path, nil)
	if err != nil {
		v.Fatal(err)
	}
	if subject != "" {
		r.Header.Set("Authorization", "Bearer "+subject)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		v.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer, body, err
}

func TestContentIsFetchedByThoseWhoAnswerForIt(t *testing.T) {
	t.Parallel()
	v := newVillage(t, approvers)
	content := v.program("1.2.0", 2_500_000)
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:]) + `"`
	const path = "/rule-sets/prog/1.2.0/artefact"
	for _, subject := range []string{"citra", "gita"} {
		answer, body, err := v.fetch("GET", path, subject)
		if err != nil || answer.StatusCode != 200 || !bytes.Equal(body, content) || answer.ContentLength != int64(len(content)) {
			t.Errorf("%s: %d, %d bytes of %d, %v", subject, answer.StatusCode, len(body), answer.ContentLength, err)
		}
		for name, want := range map[string]string{"ETag": tag, "Content-Type": "application/gzip", "Content-Disposition": "attachment; filename=prog-1.2.0.tar.gz",
			"Cache-Control": "private, no-cache", "Vary": "Authorization", "X-Content-Type-Options": "nosniff"} {
			if got := answer.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	}
	if answer, body, err := v.fetch("GET", path, "gita", "If-None-Match", `"other", W/`+tag); err != nil || answer.StatusCode != 304 || len(body) > 0 {
		t.Error("what somebody has already:", answer.StatusCode, err)
	}
	if answer, body, err := v.fetch("HEAD", path, "gita"); err != nil || answer.StatusCode != 200 || answer.ContentLength != int64(len(content)) || len(body) > 0 {
		t.Error("HEAD:", answer.StatusCode, answer.ContentLength, err)
	}
	if answer, body, _ := v.fetch("POST", path, "gita"); answer.StatusCode != 405 || answer.Header.Get("Allow") == "" {
		t.Error("POST:", answer.StatusCode, string(body))
	}
	request := regexp.MustCompile(`"requestId":"[^"]*"`)
	missing := ""
	for _, c := range []struct{ subject, path string }{{"gita", "/rule-sets/prog/9/artefact"}, {"gita", "/rule-sets/nothing/1/artefact"}, {"gita", "/rule-sets/PROG/1.2.0/artefact"},
		{"gita", "/rule-sets/prog/%00/artefact"}, {"gita", "/rule-sets/prog/" + strings.Repeat("1", 65) + "/artefact"},
		{"eka", path}, {"ani", path}, {"dedi", path}, {"fajar", path}, {"nadia", path}, {"nobody-yet", path}} {
		answer, body, _ := v.fetch("GET", c.path, c.subject)
		said := request.ReplaceAllString(string(body), "")
		if missing == "" {
			missing = said
		}
		if answer.StatusCode != 404 || said != missing || !strings.Contains(said, `"code":"NOT_FOUND"`) || answer.Header.Get("ETag") != "" {
			t.Errorf("%s %s: %d %s %v", c.subject, c.path, answer.StatusCode, body, answer.Header)
		}
	}
	if answer, body, _ := v.fetch("GET", path, ""); answer.StatusCode != 401 || answer.Header.Get("WWW-Authenticate") == "" || strings.Contains(string(body), "prog") {
		t.Error("nobody:", answer.StatusCode, string(body))
	}
}

func TestContentThatWasRemovedIsSaidToBeToThoseWhoMayHaveIt(t *testing.T) {
	t.Parallel()
	v := newVillage(t, approvers)
	sum := sha256.Sum256(v.program("1", 100))
	const path = "/rule-sets/prog/1/artefact"
	if _, err := v.db.Pool.Exec(t.Context(), `update rule_set_versions set state = 'WITHDRAWN', updated_at = '2026-01-01'`); err != nil {
		t.Fatal(err)
	}
	before := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	if done, err := v.db.Catalogue().RemoveArtefact(t.Context(), hex.EncodeToString(sum[:]), before, before); !done {
		t.Fatal("it stays:", err)
	}
	for _, method := range []string{"GET", "HEAD"} {
		for _, c := range []struct{ subject, language, want string }{{"citra", "en", "was removed on 2026-02-01"}, {"gita", "id", "telah dihapus pada 2026-02-01"}, {"eka", "en", "you may not see it"}} {
			answer, body, _ := v.fetch(method, path, c.subject, "Accept-Language", c.language, "If-None-Match", `"`+hex.EncodeToString(sum[:])+`"`)
			if answer.StatusCode != 404 || method == "GET" && (!strings.Contains(string(body), c.want) || !strings.Contains(string(body), `"code":"NOT_FOUND"`)) {
				t.Errorf("%s as %s: %d %s", method, c.subject, answer.StatusCode, body)
			}
		}
	}
}

func TestThePathOfEachVersionLeadsToItsContent(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	want := map[string][]byte{}
	for i, version := range []string{"1", "é/ü?#%2F", "..", "a b", "1.0-rc_1"} {
		want[version] = v.program(version, 100+i)
	}
	v.small("citra", "32", "jabar 1")
	data := v.ask("citra", `{ ruleSets { nodes { name versions { nodes { version contentPath } } } } }`, nil)
	var all struct {
		Nodes []struct {
			Name     string
			Versions struct {
				Nodes []struct{ Version, ContentPath string }
			}
		}
	}
	text, _ := json.Marshal(data["ruleSets"])
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, set := range all.Nodes {
		for _, of := range set.Versions.Nodes {
			if said := rulesets.ContentPath(set.Name, of.Version); said != of.ContentPath {
				t.Errorf("commands take %s for %s", said, of.ContentPath)
			}
			content, media := want[of.Version], "application/gzip"
			if set.Name == "jabar" {
				content, media = []byte("jabar 1"), "application/yaml; charset=utf-8"
			}
			answer, body, err := v.fetch("GET", of.ContentPath, "citra")
			if err != nil || answer.StatusCode != 200 || !bytes.Equal(body, content) || answer.Header.Get("Content-Type") != media {
				t.Errorf("%s: %d %q %v", of.ContentPath, answer.StatusCode, body, err)
			}
			found++
		}
	}
	if found != len(want)+1 {
		t.Error(string(text))
	}
}

func TestAPartOfAFileIsNeverTakenForAllOfIt(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.program("1", 2_500_000)
	if _, err := v.db.Pool.Exec(t.Context(), `delete from rule_set_artefact_chunks where number = 1`); err != nil {
		t.Fatal(err)
	}
	if answer, body, err := v.fetch("GET", "/rule-sets/prog/1/artefact", "citra"); err == nil {
		t.Error(answer.StatusCode, len(body))
	}
}

func TestWhoeverStopsReadingAFileGivesTheirTurnBack(t *testing.T) {
	t.Parallel()
	v := newVillage(t, func(c *graph.Config) { c.UploadPace = 2 * time.Second })
	content := v.program("1", 24<<20)
	const path = "/rule-sets/prog/1/artefact"
	address := strings.TrimSuffix(strings.TrimPrefix(v.url, "http://"), "/graphql")
	idle, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	if _, err := io.WriteString(idle, "GET "+path+" HTTP/1.1\r\nHost: "+address+"\r\nAuthorization: Bearer citra\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(idle, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	answer, body, _ := v.fetch("GET", path, "citra")
	if answer.StatusCode != 503 || !strings.Contains(string(body), "another file of yours") {
		t.Error("two at a time:", answer.StatusCode, len(body))
	}
	for deadline := time.Now().Add(patience); answer.StatusCode != 200; answer, body, _ = v.fetch("GET", path, "citra") {
		if time.Now().After(deadline) {
			t.Fatal("the turn is still taken:", string(body))
		}
	}
	if !bytes.Equal(body, content) {
		t.Error("it is not all there")
	}
}
