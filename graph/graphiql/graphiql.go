// Package graphiql serves GraphiQL, the page for trying out queries, from files in the program itself: it works in an office
// without a connection to the outside. web holds its source; npm ci && npm run build there makes dist anew.
package graphiql

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed dist
var dist embed.FS

// policy lets the page load what it needs from this server and nothing from anywhere else. Its fonts are part of its styles.
// The libraries under its menus and dialogs write style elements, but no script does.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; " +
	"font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// file is one that is served.
type file struct {
	body, small []byte // as it is, and compressed
	media, tag  string
}

// files reads and compresses all of dist, once and only if somebody asks.
var files = sync.OnceValue(func() map[string]file {
	all := map[string]file{}
	_ = fs.WalkDir(dist, "dist", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := dist.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		var small bytes.Buffer
		to := gzip.NewWriter(&small)
		_, _ = to.Write(body) // neither fails in memory
		_ = to.Close()
		all[strings.TrimPrefix(name, "dist/")] = file{body, small.Bytes(), mime.TypeByExtension(path.Ext(name)), `"` + hex.EncodeToString(sum[:8]) + `"`}
		return nil
	})
	return all
})

// Handler serves the page at / and what belongs to it.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		if name == "" {
			name = "index.html"
		}
		f, there := files()[name]
		switch {
		case !there:
			http.NotFound(w, r)
			return
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-cache") // ask whether it changed, which it does with a new version of the program
		h.Set("Vary", "Accept-Encoding")
		h.Set("ETag", f.tag)
		if r.Header.Get("If-None-Match") == f.tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		body := f.body
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = f.small
		}
		h.Set("Content-Type", f.media)
		h.Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	})
}
