package remote_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/remote"
)

// answering is a server that always gives the same answer.
func answering(t *testing.T, status int, text string, look func(*http.Request)) *remote.Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if look != nil {
			look(r)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(s.Close)
	c, err := remote.New(s.URL, "secret", domain.Indonesian, false)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestATokenGoesOnlyWhereItIsMeantTo(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "berdaya.example.org", "ftp://x", "http://berdaya.example.org", "http://10.0.0.1:8080", "https://user:pass@x.org", "https://x.org?a=b", "://"} {
		if _, err := remote.New(bad, "secret", domain.English, false); domain.CodeOf(err) != domain.CodeBadUserInput || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, good := range []string{"http://127.0.0.1:8080", "http://localhost:8080/", "http://[::1]:8080/graphql", "https://berdaya.example.org/x/graphql"} {
		if _, err := remote.New(good, "secret", domain.English, false); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	if _, err := remote.New("http://10.0.0.1", "secret", domain.English, true); err != nil {
		t.Error("where the network is trusted:", err)
	}
	c := answering(t, http.StatusTemporaryRedirect, "elsewhere", func(r *http.Request) {
		if r.URL.Path != "/graphql" || r.Header.Get("Authorization") != "Bearer secret" || r.Header.Get("Accept-Language") != "id" {
			t.Error(r.URL, r.Header)
		}
	})
	if err := c.Ask(t.Context(), "{ x }", nil, new(any)); domain.CodeOf(err) != domain.CodeUnavailable || strings.Contains(err.Error(), "secret") {
		t.Error("a redirect:", err)
	}
}

func TestWhatTheServerSaysIsWrongComesBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		text   string
		want   domain.Code
	}{
		"an answer":            {200, `{"data": {"x": 1}}`, ""},
		"an error":             {401, `{"errors": [{"message": "sign in", "extensions": {"code": "UNAUTHENTICATED"}}]}`, domain.CodeUnauthenticated},
		"a fault":              {500, `{"errors": [{"message": "oh", "extensions": {"code": "INTERNAL", "requestId": "R1"}}]}`, domain.CodeInternal},
		"a page":               {200, `<html>`, domain.CodeUnavailable},
		"nothing":              {204, ``, domain.CodeUnavailable},
		"another JSON":         {200, `{}`, domain.CodeUnavailable},
		"more than is bounded": {200, `{"data": "` + strings.Repeat("x", 17<<20) + `"}`, domain.CodeUnavailable},
	} {
		var into struct{ X int }
		err := answering(t, c.status, c.text, nil).Ask(t.Context(), "{ x }", nil, &into)
		if domain.CodeOf(err) != c.want || c.want == "" && into.X != 1 || name == "a fault" && !strings.Contains(err.Error(), "R1") {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, err := remote.New("http://127.0.0.1:1", "secret", domain.English, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Ask(t.Context(), "{ x }", nil, new(any)); domain.CodeOf(err) != domain.CodeUnavailable {
		t.Error("nobody there:", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Ask(ctx, "{ x }", nil, new(any)); err == nil {
		t.Error("a request that was given up is answered")
	}
}

func TestAFileIsSentByTheMultipartSpecification(t *testing.T) {
	t.Parallel()
	var parts []string
	c := answering(t, 200, `{"data": {}}`, func(r *http.Request) {
		form, err := r.MultipartReader()
		if err != nil {
			t.Error(err)
			return
		}
		for {
			p, err := form.NextPart()
			if err != nil {
				break
			}
			text, _ := io.ReadAll(p)
			parts = append(parts, p.FormName()+" "+p.FileName()+" "+string(text))
		}
	})
	var sent int64
	if err := c.Send(t.Context(), "mutation", map[string]any{"input": map[string]any{"file": nil}}, "variables.input.file", "a.yaml", strings.NewReader("content"), func(n int64) { sent = n }, new(any)); err != nil {
		t.Fatal(err)
	}
	want := `operations  {"query":"mutation","variables":{"input":{"file":null}}}|map  {"0":["variables.input.file"]}|0 a.yaml content`
	if got := strings.Join(parts, "|"); got != want || sent != 7 {
		t.Errorf("%s\nwant %s; %d bytes", got, want, sent)
	}
}

func TestWhatIsWrongSaysWhatItIsAbout(t *testing.T) {
	t.Parallel()
	err := remote.Problems([]remote.UserError{{Code: domain.CodeNotFound, Message: "there is no such thing", Path: []string{"input", "ruleSet"}},
		{Code: domain.CodeForbidden, Message: "you may not", Path: []string{"input"}}})
	problems, _ := errors.AsType[domain.Problems](err)
	if len(problems) != 2 || problems[0].Error() != "ruleSet: there is no such thing" || problems[1].Error() != "you may not" {
		t.Error(err)
	}
}
