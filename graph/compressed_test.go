package graph_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"

	"github.com/berdaya/berdaya/graph"
)

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCompressedRequestsAreReadWithinTheLimits(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, func(c *graph.Config) { c.Body, c.Document = 4096, 1024 })
	plain := `{"query": "{ viewer { subject } }"}`
	padded := func(n int) string { return plain + strings.Repeat(" ", n-len(plain)) }
	spoilt := []byte(zipped(t, plain))
	spoilt[len(spoilt)-6]++ // of its checksum
	for name, c := range map[string]struct {
		body, encoding string
		status         int
		code           any
	}{
		"gzip":                         {zipped(t, plain), "gzip", 200, nil},
		"in capitals":                  {zipped(t, plain), "GZIP", 200, nil},
		"identity":                     {plain, "identity", 200, nil},
		"two members":                  {zipped(t, plain[:9]) + zipped(t, plain[9:]), "gzip", 200, nil},
		"as large as may be":           {zipped(t, padded(4096)), "gzip", 200, nil},
		"too large once expanded":      {zipped(t, padded(4097)), "gzip", 413, "TOO_LARGE"},
		"a bomb":                       {zipped(t, padded(50<<20)), "gzip", 413, "TOO_LARGE"},
		"too large and plain":          {padded(4097), "", 413, "TOO_LARGE"},
		"a document that is too large": {`{"query": "{ viewer { subject } } #` + strings.Repeat("x", 1024) + `"}`, "", 413, "TOO_LARGE"},
		"long variables":               {`{"query": "{ viewer { subject } }", "variables": {"x": "` + strings.Repeat("x", 3000) + `"}}`, "", 200, nil},
		"not compressed":               {plain, "gzip", 400, "BAD_USER_INPUT"},
		"cut off":                      {zipped(t, plain)[:20], "gzip", 400, "BAD_USER_INPUT"},
		"spoilt":                       {string(spoilt), "gzip", 400, "BAD_USER_INPUT"},
		"deflate":                      {plain, "deflate", 415, "BAD_USER_INPUT"},
		"twice":                        {zipped(t, zipped(t, plain)), "gzip, gzip", 415, "BAD_USER_INPUT"},
		"brotli":                       {plain, "br", 415, "BAD_USER_INPUT"},
	} {
		a := s.do(t, http.MethodPost, "/graphql", c.body, map[string]string{"Content-Type": plainJSON, "Accept": graphqlJSON, "Authorization": "Bearer " + s.token, "Content-Encoding": c.encoding})
		if a.status != c.status || a.code() != c.code {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if c.status == 415 && a.header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("%s: the answer does not say what would do", name)
		}
	}
}

func TestACompressedStreamThatIsTooLongIsNotReadToItsEnd(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, func(c *graph.Config) { c.Body = 4096 })
	var stored bytes.Buffer
	z, _ := gzip.NewWriterLevel(&stored, gzip.NoCompression)
	_, _ = z.Write([]byte(`{"query": "{ viewer { subject } }"}` + strings.Repeat(" ", 8000)))
	_ = z.Close()
	a := s.do(t, http.MethodPost, "/graphql", stored.String(), map[string]string{"Content-Type": plainJSON, "Accept": graphqlJSON, "Authorization": "Bearer " + s.token, "Content-Encoding": "gzip"})
	if a.status != 413 || a.code() != "TOO_LARGE" {
		t.Errorf("%d %s", a.status, a.body)
	}
}
