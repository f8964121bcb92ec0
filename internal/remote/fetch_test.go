package remote_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/remote"
)

// giving is a server that gives a file away.
func giving(t *testing.T, give http.HandlerFunc) *remote.Client {
	t.Helper()
	s := httptest.NewServer(give)
	t.Cleanup(s.Close)
	c, err := remote.New(s.URL, "secret", domain.English, false)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAFileIsFetchedWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("rules "), 50_000)
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:]) + `"`
	for name, c := range map[string]struct {
		give http.HandlerFunc
		want string // of the error
		code domain.Code
	}{
		"whole": {func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet || r.URL.Path != "/rule-sets/x/1/artefact" || r.Header.Get("Authorization") != "Bearer secret" || r.Header.Get("Accept-Language") != "en" || r.Header.Get("Accept-Encoding") != "identity" {
				t.Error(r.Method, r.URL, r.Header)
			}
			w.Header().Set("ETag", "W/"+tag) // as some proxies make it
			w.Header().Set("Content-Type", "application/gzip")
			w.Header().Set("Content-Length", "300000")
			_, _ = w.Write(content)
		}, "", ""},
		"broken off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", tag)
			w.Header().Set("Content-Length", "300000")
			_, _ = w.Write(content[:1000])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, "broke off", domain.CodeUnavailable},
		"another one": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", tag)
			w.Header().Set("Content-Length", "300000")
			_, _ = w.Write(bytes.ToUpper(content))
		}, "not the file", domain.CodeUnavailable},
		"too large": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", tag)
			w.Header().Set("Content-Length", "300001")
			_, _ = w.Write(append(bytes.Clone(content), 'x'))
		}, "no Berdaya", domain.CodeUnavailable},
		"a page of a proxy": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>sign in") }, "no Berdaya", domain.CodeUnavailable},
		"an error of a proxy": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, "<html>")
		}, "no Berdaya", domain.CodeUnavailable},
		"refused": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"errors":[{"message":"there is no such thing","extensions":{"code":"NOT_FOUND"}}]}`)
		}, "no such thing", domain.CodeNotFound},
		"sent elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, "no Berdaya", domain.CodeUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var to bytes.Buffer
			came := int64(0)
			f, err := giving(t, c.give).Fetch(t.Context(), "/rule-sets/x/1/artefact", 300_000, &to, func(n, of int64) {
				if came = n; of != 300_000 {
					t.Error("of", of)
				}
			})
			if c.want != "" {
				if domain.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
					t.Error(err)
				}
				return
			}
			if err != nil || !bytes.Equal(to.Bytes(), content) || *f != (remote.File{Media: "application/gzip", SHA256: strings.Trim(tag, `"`), Size: 300_000}) || came != 300_000 {
				t.Errorf("%+v %v, %d bytes, told %d", f, err, to.Len(), came)
			}
		})
	}
}

type full struct{}

var errFull = errors.New("no space is left")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestADiskThatIsFullIsNotTheServersFault(t *testing.T) {
	t.Parallel()
	c := giving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"`+strings.Repeat("0", 64)+`"`)
		w.Header().Set("Content-Length", "4")
		_, _ = io.WriteString(w, "rule")
	})
	if _, err := c.Fetch(t.Context(), "/x", 4, full{}, func(int64, int64) {}); !errors.Is(err, errFull) {
		t.Error(err)
	}
}
