package remote

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/berdaya/berdaya/domain"
)

// refusalBound is how much of an error is read, in bytes.
const refusalBound = 1 << 20

// File is a file that came from the server, whole.
type File struct {
	Media  string
	SHA256 string // of what came, in small hexadecimal digits; it is what the server said it would be
	Size   int64
}

// Fetch writes the file at a path of the server, such as what RuleSetVersion.contentPath gives. told is told how many bytes have come
// of how many. The error is domain.Problems where the server says that something is wrong, and UNAVAILABLE where it cannot be reached,
// the file breaks off, is not the one that was announced or has more bytes than most; what was written then is worth nothing.
func (c *Client) Fetch(ctx context.Context, path string, most int64, to io.Writer, told func(came, of int64)) (*File, error) {
	ctx, cancel := context.WithTimeout(ctx, sendBound)
	defer cancel()
	address := strings.TrimSuffix(c.endpoint, "/graphql") + path
	answer, err := c.reach(ctx, http.MethodGet, address, "*/*", "", nil)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(answer.Body, refusalBound))
		var said struct{ Errors []fault }
		if err != nil || json.Unmarshal(text, &said) != nil || len(said.Errors) == 0 {
			return nil, noBerdaya(address, answer.Status)
		}
		return nil, problems(said.Errors)
	}
	f := &File{Media: answer.Header.Get("Content-Type"), SHA256: strings.Trim(strings.TrimPrefix(answer.Header.Get("ETag"), "W/"), `"`), Size: answer.ContentLength}
	if len(f.SHA256) != hex.EncodedLen(sha256.Size) || f.Size < 0 || f.Size > most {
		return nil, noBerdaya(address, answer.Status)
	}
	sum := sha256.New()
	in := &counting{from: io.LimitReader(answer.Body, f.Size), told: func(came int64) { told(came, f.Size) }}
	came, err := io.Copy(io.MultiWriter(sum, to), reading{in})
	var broke brokenOff
	switch {
	case errors.As(err, &broke) || err == nil && came < f.Size:
		return nil, domain.Errorf(domain.CodeUnavailable, "the file broke off after %d of %d bytes; fetch it again", came, f.Size).
			In(fmt.Sprintf("berkas terputus setelah %d dari %d bita; unduh lagi", came, f.Size))
	case err != nil:
		return nil, err
	case hex.EncodeToString(sum.Sum(nil)) != f.SHA256:
		return nil, domain.Errorf(domain.CodeUnavailable, "what came is not the file that the server announced; fetch it again, and tell whoever runs the server if it goes on").
			In("yang diterima bukan berkas yang diumumkan server; unduh lagi, dan beri tahu pengelola server bila berulang")
	}
	return f, nil
}

// brokenOff is an error of the way, and not of where the file is written to.
type brokenOff struct{ error }

// reading marks errors of what is read.
type reading struct{ from io.Reader }

func (r reading) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	if err != nil && err != io.EOF { //nolint:errorlint // a reader says exactly io.EOF
		err = brokenOff{err}
	}
	return n, err
}
