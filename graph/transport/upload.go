package transport

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"path"
	"strings"
	"time"
	"unicode"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
)

const multipartForm = "multipart/form-data"

// Of a request with a file.
const (
	mapBound   = 1 << 10 // bytes of the map
	partsBound = 8 << 10 // bytes of what comes around the parts
	nameBound  = 200     // characters of the file's name
)

// Uploads bound requests that bring a file. Only what Fields names takes one.
type Uploads struct {
	Fields map[string]int64 // root fields of mutations that take a file, and how many bytes it may have
	Time   time.Duration    // for one file to come in: it takes longer over a bad line than all else
	Pace   time.Duration    // in which each 32 KiB of it have to come
	// May says whether whoever asks may send a file at all. It is asked before any of it is read.
	May   func(*http.Request) error
	Turns *Turns
}

// upload is a request that brings a file, read up to where the file begins.
type upload struct {
	body  *incoming
	parts *multipart.Reader
	part  string // the file's
	into  *model.Uploaded
}

// unread has the answer to a file that is not taken go out at once. The server would first read on to have the connection for the
// next request, and wait for whoever sends slowly.
func unread(w http.ResponseWriter, r *http.Request) {
	if isMultipart(r) {
		w.Header().Set("Connection", "close")
	}
}

func isMultipart(r *http.Request) bool {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return r.Method == http.MethodPost && err == nil && media == multipartForm
}

// uploaded reads the parameters of a request that brings a file: the parts "operations" and "map" of the GraphQL multipart request
// specification. In the place of the file's variable it puts one that has no content yet, so that the document is known to be
// right, and one that takes a file, before the file is read.
//
// A page of another origin could have a browser post a form without asking first. It cannot here: whoever sends a file must be
// somebody who may, and a browser adds the header Authorization for nobody unless the page does, for which it asks us first
// (CORS preflight), and is not allowed.
func (h *HTTP) uploaded(w http.ResponseWriter, r *http.Request) (*graphql.RawParams, *upload, *refusal) {
	if err := h.Uploads.May(r); err != nil {
		return nil, nil, refusalOf(err)
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return nil, nil, refuse(http.StatusUnsupportedMediaType, domain.CodeBadUserInput, "send multipart/form-data as it is, not compressed", "kirim multipart/form-data apa adanya, tidak dikompresi")
	}
	most := h.Limits.Body + mapBound + partsBound
	for _, n := range h.Uploads.Fields {
		most = max(most, n+h.Limits.Body+mapBound+partsBound)
	}
	body := &incoming{ReadCloser: http.MaxBytesReader(w, r.Body, most), control: http.NewResponseController(w), head: h.Limits.Body + headSlack}
	r.Body = body
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, nil, malformed("the request has no boundary between its parts", "permintaan tidak memiliki batas antarbagian")
	}
	operations, refused := field(parts, "operations", h.Limits.Body)
	if refused != nil {
		return nil, nil, refused
	}
	params, refused := decode(operations, h.Limits.Document)
	if refused != nil {
		return nil, nil, refused
	}
	text, refused := field(parts, "map", mapBound)
	if refused != nil {
		return nil, nil, refused
	}
	var places map[string][]string
	if json.Unmarshal(text, &places) != nil {
		return nil, nil, malformed(`the part map is not as {"0": ["variables.input.file"]}`, `bagian map tidak berbentuk {"0": ["variables.input.file"]}`)
	}
	u := &upload{body: body, parts: parts, into: new(model.Uploaded)}
	for part, at := range places {
		if len(places) > 1 || len(at) != 1 || !put(params.Variables, at[0], model.Upload{Uploaded: u.into}) {
			return nil, nil, malformed("the part map names exactly one file, and one variable that is null in the operations", "bagian map menyebut tepat satu berkas dan satu variabel yang null dalam operations")
		}
		u.part = part
	}
	if len(places) == 0 {
		return nil, nil, malformed("the part map names no file", "bagian map tidak menyebut berkas")
	}
	return params, u, nil
}

// refusalOf refuses a request by an error that has a code.
func refusalOf(err error) *refusal {
	coded, ok := errors.AsType[*domain.Error](err)
	if !ok {
		coded = domain.Errorf(domain.CodeInternal, "the request cannot be judged").Because(err)
	}
	status := http.StatusForbidden
	switch coded.Code {
	case domain.CodeUnauthenticated:
		status = http.StatusUnauthorized
	case domain.CodeUnavailable:
		status = http.StatusServiceUnavailable
	case domain.CodeInternal:
		status = http.StatusInternalServerError
	}
	return &refusal{status, coded}
}

// field reads the next part, which must have this name.
func field(parts *multipart.Reader, name string, most int64) ([]byte, *refusal) {
	part, err := parts.NextPart()
	if err != nil || part.FormName() != name {
		return nil, malformed("the parts come in this order: operations, map, and the file", "urutan bagian: operations, map, lalu berkas")
	}
	text, err := io.ReadAll(io.LimitReader(part, most+1))
	switch {
	case err != nil:
		return nil, malformed("the request could not be read to its end", "permintaan tidak terbaca sampai selesai")
	case int64(len(text)) > most:
		return nil, tooMuch(most, "the part "+name+" is too large", "bagian "+name+" terlalu besar")
	}
	return text, nil
}

// put puts a value in the place of a variable that is null, such as variables.input.file.
func put(variables map[string]any, at string, value any) bool {
	names := strings.Split(at, ".")
	if len(names) < 2 || len(names) > 5 || names[0] != "variables" {
		return false
	}
	object := variables
	for _, name := range names[1 : len(names)-1] {
		below, ok := object[name].(map[string]any)
		if !ok {
			return false
		}
		object = below
	}
	last := names[len(names)-1]
	if there, given := object[last]; object == nil || !given || there != nil {
		return false
	}
	object[last] = value
	return true
}

// bound gives how many bytes the file of an operation may have; 0 where it takes none.
func (u *Uploads) bound(op *ast.OperationDefinition) int64 {
	if op.Operation != ast.Mutation || len(op.SelectionSet) != 1 {
		return 0
	}
	f, ok := op.SelectionSet[0].(*ast.Field)
	if !ok {
		return 0
	}
	return u.Fields[f.Name]
}

// receive reads the file of an operation to the disk. Whoever calls it closes what it gives.
func (h *HTTP) receive(ctx context.Context, u *upload, op *ast.OperationDefinition) (io.Closer, *refusal) {
	most := h.Uploads.bound(op)
	if most == 0 {
		return nil, malformed("only one mutation at a time takes a file, and this takes none", "hanya satu mutation sekaligus yang menerima berkas, dan ini tidak menerimanya")
	}
	release, refused := h.Uploads.Turns.take(access.FromContext(ctx).Subject)
	if refused != nil {
		return nil, refused
	}
	there := false
	defer func() {
		if !there {
			release()
		}
	}()
	u.body.begin(h.Uploads.Pace, h.Uploads.Time)
	file, refused := u.store(most)
	if refused != nil {
		return nil, refused
	}
	u.body.end()
	there = true
	return &received{file, release}, nil
}

// store reads the file to the disk.
func (u *upload) store(most int64) (_ io.Closer, refused *refusal) {
	part, err := u.parts.NextPart()
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, tooSlow()
	case err != nil || part.FormName() != u.part:
		return nil, malformed("the file that the part map names is missing", "berkas yang disebut bagian map tidak ada")
	}
	file, err := os.CreateTemp("", "berdaya-upload-")
	if err != nil {
		return nil, &refusal{http.StatusServiceUnavailable, noRoom(err)}
	}
	_ = os.Remove(file.Name()) // it has no name any more, so nothing is left of it however this ends
	u.into.Name, u.into.Content = fileName(part), file
	sum := sha256.New()
	u.into.Size, err = io.Copy(io.MultiWriter(file, sum), io.LimitReader(part, most+1))
	refused = u.complete(most, err)
	if refused == nil {
		if _, err = file.Seek(0, io.SeekStart); err != nil {
			refused = &refusal{http.StatusServiceUnavailable, noRoom(err)}
		}
	}
	if refused != nil {
		_ = file.Close()
		return nil, refused
	}
	u.into.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return file, nil
}

// complete says what is wrong with how a file was read, and makes sure that nothing comes after it.
func (u *upload) complete(most int64, err error) *refusal {
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	_, ours := errors.AsType[*os.PathError](err)
	switch {
	case tooLarge || u.into.Size > most:
		return tooMuch(most, "the file is too large", "berkas terlalu besar")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return tooSlow()
	case ours:
		return &refusal{http.StatusServiceUnavailable, noRoom(err)}
	case err != nil:
		return malformed("the file could not be read to its end", "berkas tidak terbaca sampai selesai")
	}
	switch _, err := u.parts.NextPart(); {
	case err == nil:
		return malformed("one file at a time", "satu berkas setiap kali")
	case !errors.Is(err, io.EOF):
		return malformed("the request could not be read to its end", "permintaan tidak terbaca sampai selesai")
	}
	return nil
}

func tooSlow() *refusal {
	return refuse(http.StatusRequestTimeout, domain.CodeUnavailable, "the file comes too slowly: at least 1 kB a second, and all of it within ten minutes; try again over a better line",
		"berkas datang terlalu lambat: paling sedikit 1 kB per detik dan seluruhnya dalam sepuluh menit; coba lagi dengan jaringan yang lebih baik")
}

func noRoom(err error) *domain.Error {
	return domain.Errorf(domain.CodeUnavailable, "the server has no room for the file now: try again later").In("server tidak punya ruang untuk berkas: coba lagi nanti").Because(err)
}

// fileName gives what the client calls the file, for messages.
func fileName(part *multipart.Part) string {
	name := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, path.Base(strings.ReplaceAll(part.FileName(), "\\", "/"))))
	if len(name) == 0 || string(name) == "." || string(name) == "/" {
		return "file"
	}
	return string(name[:min(len(name), nameBound)])
}
