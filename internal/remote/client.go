package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/berdaya/berdaya/domain"
)

// Of a request.
const (
	askBound    = 60 * time.Second
	sendBound   = 15 * time.Minute // with a file
	answerBound = 16 << 20         // bytes
)

// Client asks one server in somebody's name.
type Client struct {
	endpoint string
	token    string
	locale   domain.Locale
	http     *http.Client
}

// New makes a client for the server at an address such as https://berdaya.example.org; the path to GraphQL need not be part of it.
// Without TLS only this machine is reached, unless plain says that the network may be trusted. The error is BAD_USER_INPUT.
func New(address, token string, locale domain.Locale, plain bool) (*Client, error) {
	u, err := url.Parse(strings.TrimSuffix(address, "/"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, domain.Errorf(domain.CodeBadUserInput, "this is no address of a server; write one like https://berdaya.example.org").
			In("ini bukan alamat server; tulis seperti https://berdaya.example.org")
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme == "http" && !plain && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, domain.Errorf(domain.CodeBadUserInput, "over http everybody on the way could read your token: use https, or say --plain-http where you trust the network").
			In("lewat http token Anda dapat dibaca siapa pun di jaringan: gunakan https, atau --plain-http bila jaringannya tepercaya")
	}
	if !strings.HasSuffix(u.Path, "/graphql") {
		u.Path += "/graphql"
	}
	return &Client{endpoint: u.String(), token: token, locale: locale, http: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Ask sends a document with its variables and reads the data of the answer into a value. The error is domain.Problems where the
// server says that something is wrong, and UNAVAILABLE where it cannot be reached or what answers is no Berdaya.
func (c *Client) Ask(ctx context.Context, document string, variables map[string]any, into any) error {
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askBound)
	defer cancel()
	return c.do(ctx, "application/json", bytes.NewReader(body), into)
}

// Send is Ask with a file, for the variable at a path such as variables.input.file. told is told how many bytes of it have gone.
func (c *Client) Send(ctx context.Context, document string, variables map[string]any, at, name string, file io.Reader, told func(sent int64), into any) error {
	operations, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendBound)
	defer cancel()
	out, in := io.Pipe()
	form := multipart.NewWriter(in)
	written := make(chan struct{})
	go func() {
		defer close(written)
		_ = in.CloseWithError(write(form, operations, at, name, &counting{from: file, told: told}))
	}()
	defer func() {
		_ = out.Close() // ends the writing where the server answers before it has all
		<-written
	}()
	return c.do(ctx, form.FormDataContentType(), out, into)
}

func write(form *multipart.Writer, operations []byte, at, name string, file io.Reader) error {
	places, err := json.Marshal(map[string][]string{"0": {at}})
	if err != nil {
		return err
	}
	if err := form.WriteField("operations", string(operations)); err != nil {
		return err
	}
	if err := form.WriteField("map", string(places)); err != nil {
		return err
	}
	part, err := form.CreateFormFile("0", name)
	if err != nil {
		return err
	}
	if _, err := io.Copy(part, file); err != nil {
		return err
	}
	return form.Close()
}

// counting tells how much was read.
type counting struct {
	from io.Reader
	told func(int64)
	sent int64
}

func (c *counting) Read(b []byte) (int, error) {
	n, err := c.from.Read(b)
	c.sent += int64(n)
	c.told(c.sent)
	return n, err
}

func (c *Client) do(ctx context.Context, media string, body io.Reader, into any) error {
	answer, err := c.reach(ctx, http.MethodPost, c.endpoint, "application/graphql-response+json", media, body)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, answerBound+1))
	var said struct {
		Data   json.RawMessage
		Errors []fault
	}
	if err != nil || len(text) > answerBound || json.Unmarshal(text, &said) != nil || said.Data == nil && said.Errors == nil {
		return noBerdaya(c.endpoint, answer.Status)
	}
	if len(said.Errors) > 0 {
		return problems(said.Errors)
	}
	return json.Unmarshal(said.Data, into)
}

// reach sends a request in the client's name.
func (c *Client) reach(ctx context.Context, method, address, accept, media string, body io.Reader) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	r.Header.Set("Accept", accept)
	if method == http.MethodGet {
		r.Header.Set("Accept-Encoding", "identity") // a file that is packed on its way has no size and another tag
	}
	r.Header.Set("Accept-Language", string(c.locale))
	r.Header.Set("Authorization", "Bearer "+c.token)
	answer, err := c.http.Do(r)
	if err != nil {
		if said, ok := errors.AsType[*url.Error](err); ok {
			err = said.Err
		}
		return nil, domain.Errorf(domain.CodeUnavailable, "the server at %s cannot be reached: %w", c.endpoint, err).
			In(fmt.Sprintf("server di %s tidak dapat dihubungi: %v", c.endpoint, err))
	}
	return answer, nil
}

func noBerdaya(address, status string) error {
	return domain.Errorf(domain.CodeUnavailable, "what answers at %s is no Berdaya, or a proxy stands between: it says %s", address, status).
		In(fmt.Sprintf("yang menjawab di %s bukan Berdaya, atau ada proksi di antaranya: katanya %s", address, status))
}

// Lost tells whether a request may have been carried out though no answer came: whoever gave it with a key gives it again.
func Lost(err error) bool {
	_, said := errors.AsType[domain.Problems](err)
	reaching, ok := errors.AsType[*net.OpError](err)
	return !said && domain.CodeOf(err) == domain.CodeUnavailable && !(ok && reaching.Op == "dial")
}

// fault is an error of a request.
type fault struct {
	Message    string
	Extensions struct {
		Code      domain.Code
		RequestID string
	}
}

func problems(faults []fault) (all domain.Problems) {
	for _, f := range faults {
		message := f.Message
		if f.Extensions.Code == domain.CodeInternal {
			message += " (" + f.Extensions.RequestID + ")"
		}
		all = append(all, domain.Errorf(f.Extensions.Code, "%s", message))
	}
	return all
}

// UserError is what a command says was wrong with its input.
type UserError struct {
	Code    domain.Code    `json:"code"`
	Message string         `json:"message"`
	Path    []string       `json:"path"`
	Params  map[string]any `json:"params"`
}

// Fields are the fields of a UserError, for documents.
const Fields = "userErrors { code message path params }"

// Problems gives what a command said was wrong; nil for nothing. The messages are in the language that the client asked for.
func Problems(wrong []UserError) error {
	if len(wrong) == 0 {
		return nil
	}
	var all domain.Problems
	for _, w := range wrong {
		e := domain.Errorf(w.Code, "%s", w.Message)
		if len(w.Path) > 1 { // the first is the input
			e = e.At(w.Path[1:]...)
		}
		e.Params = w.Params
		all = append(all, e)
	}
	return all
}
