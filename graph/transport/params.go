package transport

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"github.com/berdaya/berdaya/domain"
)

// refusal is a request that is refused before GraphQL sees it.
type refusal struct {
	status int
	err    *domain.Error
}

func refuse(status int, code domain.Code, en, id string) *refusal {
	return &refusal{status, domain.Errorf(code, "%s", en).In(id)}
}

func malformed(en, id string) *refusal {
	return refuse(http.StatusBadRequest, domain.CodeBadUserInput, en, id)
}

// posted reads the parameters of a POST.
func posted(w http.ResponseWriter, r *http.Request, limits Limits) (*graphql.RawParams, *refusal) {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	encoding := strings.ToLower(strings.TrimSpace(strings.Join(r.Header.Values("Content-Encoding"), ",")))
	if err != nil || media != plainJSON || !utf8Charset(params) || encoding != "" && encoding != "identity" && encoding != "gzip" {
		w.Header().Set("Accept-Encoding", "gzip")
		return nil, refuse(http.StatusUnsupportedMediaType, domain.CodeBadUserInput,
			"send the request as application/json in UTF-8, as it is or compressed by gzip", "kirim permintaan sebagai application/json dalam UTF-8, apa adanya atau dikompresi dengan gzip")
	}
	body, err := read(http.MaxBytesReader(w, r.Body, limits.Body), encoding == "gzip", limits.Body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge || errors.Is(err, errExpands) {
		return nil, tooMuch(limits.Body, "the request is too large", "permintaan terlalu besar")
	}
	if err != nil {
		return nil, malformed("the request could not be read to its end", "permintaan tidak terbaca sampai selesai")
	}
	return decode(body, limits.Document)
}

func tooMuch(limit int64, en, id string) *refusal {
	too := refuse(http.StatusRequestEntityTooLarge, domain.CodeTooLarge, en, id)
	too.err.Params = map[string]any{"limit": limit, "of": "bytes"}
	return too
}

// errExpands is the error for what comes to more than the limit once it is decompressed.
var errExpands = errors.New("the request is too large once decompressed")

// read reads a body whose length is bounded as it comes. Compressed, it is bounded again as it expands, so that a small request
// cannot fill the memory.
func read(body io.Reader, compressed bool, limit int64) ([]byte, error) {
	if !compressed {
		return io.ReadAll(body)
	}
	plain, err := gzip.NewReader(body)
	if err != nil {
		return nil, err
	}
	whole, err := io.ReadAll(io.LimitReader(plain, limit+1))
	if err == nil && int64(len(whole)) > limit {
		err = errExpands
	}
	return whole, err
}

// asked reads the parameters of a GET from its address.
func asked(r *http.Request, limits Limits) (*graphql.RawParams, *refusal) {
	if int64(len(r.URL.RawQuery)) > limits.Document {
		return nil, refuse(http.StatusRequestURITooLong, domain.CodeTooLarge, "the address is too long", "alamat terlalu panjang")
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, malformed("the address cannot be read", "alamat tidak terbaca")
	}
	object := map[string]any{}
	for _, name := range []string{"query", "operationName"} {
		if values.Has(name) {
			if !utf8.ValidString(values.Get(name)) {
				return nil, notUTF8()
			}
			object[name] = values.Get(name)
		}
	}
	for _, name := range []string{"variables", "extensions"} {
		if given := values.Get(name); given != "" {
			if !json.Valid([]byte(given)) {
				return nil, malformed("the parameter "+name+" is not JSON", "parameter "+name+" bukan JSON")
			}
			object[name] = json.RawMessage(given)
		}
	}
	body, err := json.Marshal(object)
	if err != nil {
		return nil, malformed("the address cannot be read", "alamat tidak terbaca")
	}
	return decode(body, limits.Document)
}

// decode reads a request's JSON. What is wrong with it is told without repeating any of it.
func decode(body []byte, document int64) (*graphql.RawParams, *refusal) {
	if !utf8.Valid(body) {
		return nil, notUTF8()
	}
	if strings.HasPrefix(strings.TrimSpace(string(body[:min(len(body), 100)])), "[") {
		return nil, malformed("batches are not accepted: send one request at a time", "permintaan borongan tidak diterima: kirim satu per satu")
	}
	var in struct {
		Query         *string        `json:"query"`
		OperationName string         `json:"operationName"`
		Variables     map[string]any `json:"variables"`
		Extensions    map[string]any `json:"extensions"`
	}
	from := json.NewDecoder(bytes.NewReader(body))
	from.UseNumber()
	err := from.Decode(&in)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return nil, malformed("the parameter "+wrong.Field+" has the wrong type", "jenis parameter "+wrong.Field+" salah")
	}
	if err == nil {
		_, err = from.Token()
	}
	switch {
	case err != io.EOF:
		return nil, malformed("the request is not a JSON object", "permintaan bukan objek JSON")
	case in.Query == nil || strings.TrimSpace(*in.Query) == "":
		return nil, malformed("the parameter query is missing", "parameter query belum diisi")
	case int64(len(*in.Query)) > document:
		return nil, tooMuch(document, "the document is too large: send values as variables", "dokumen terlalu besar: kirim nilai sebagai variabel")
	}
	return &graphql.RawParams{Query: *in.Query, OperationName: in.OperationName, Variables: in.Variables, Extensions: in.Extensions}, nil
}

func notUTF8() *refusal {
	return malformed("the request is not in UTF-8", "permintaan tidak dalam UTF-8")
}
