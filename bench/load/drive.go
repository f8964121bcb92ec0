// Package load sends requests to a server on this machine and says what they cost: how long each took, and how much work the
// server and PostgreSQL did for it.
//
// It speaks HTTP/1.1 by hand, over connections that stay open, since a client on the same cores must cost little; it takes no
// redirects, no compression and no TLS. It refuses every address that is not this machine's own.
package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Target is a server, and what is sent along with every request.
type Target struct {
	Address string // host and port, of this machine alone
	Path    string // such as /graphql
	Header  http.Header
}

// Plan says how to send.
type Plan struct {
	Connections int           // 1 to 256
	For         time.Duration // at most ten minutes
	Rate        float64       // requests a second, at most 100,000; 0 sends the next as soon as one is answered
}

// Of plans, and of answers.
const (
	mostConnections = 256
	longest         = 10 * time.Minute
	mostRate        = 100_000
	answerMost      = 16 << 20 // bytes
	requestTimeout  = 20 * time.Second
)

// Sent is what came of a drive.
type Sent struct {
	Answered  int
	Failed    int
	FirstFail error
	Bytes     int64
	Took      time.Duration
	Latencies []time.Duration // of what was answered, in no order
}

func (t Target) check() error {
	host, _, err := net.SplitHostPort(t.Address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("%s is not an address of this machine alone: load goes to 127.0.0.1 only", t.Address)
	}
	return nil
}

// Drive sends the bodies in turn, again and again, until the plan's time is over or the context ends. At a fixed rate the clock
// of a request starts when it was due, so that a server that falls behind cannot hide it.
func Drive(ctx context.Context, t Target, bodies [][]byte, p Plan) (Sent, error) {
	switch err := t.check(); {
	case err != nil:
		return Sent{}, err
	case len(bodies) == 0:
		return Sent{}, errors.New("there is nothing to send")
	case p.Connections < 1 || p.Connections > mostConnections || p.For <= 0 || p.For > longest || p.Rate < 0 || p.Rate > mostRate:
		return Sent{}, fmt.Errorf("a plan has 1 to %d connections, up to %v and up to %d requests a second", mostConnections, longest, mostRate)
	}
	requests := make([][]byte, len(bodies))
	for i, b := range bodies {
		requests[i] = t.request(b)
	}
	var next atomic.Int64
	var all sync.WaitGroup
	var mu sync.Mutex
	var sum Sent
	began := time.Now()
	end := began.Add(p.For)
	for range p.Connections {
		all.Go(func() {
			c := client{address: t.Address}
			defer c.close()
			var mine Sent
			for ctx.Err() == nil {
				i := next.Add(1) - 1
				from := time.Now()
				if p.Rate > 0 {
					from = began.Add(time.Duration(float64(i) / p.Rate * float64(time.Second)))
				}
				if !from.Before(end) {
					break
				}
				if wait := time.Until(from); wait > 0 {
					time.Sleep(wait)
				}
				n, err := c.ask(requests[int(i)%len(requests)])
				if err != nil {
					mine.Failed++
					if mine.FirstFail == nil {
						mine.FirstFail = err
					}
					if mine.Failed > 100 {
						break // it will not get better
					}
					continue
				}
				mine.Answered++
				mine.Bytes += int64(n)
				mine.Latencies = append(mine.Latencies, time.Since(from))
			}
			mu.Lock()
			defer mu.Unlock()
			sum.add(mine)
		})
	}
	all.Wait()
	sum.Took = time.Since(began)
	return sum, ctx.Err()
}

// Once sends every body once: each list over a connection of its own, one after the other. good says of an answer whether it is
// what was hoped for; the first that is not ends its list.
func Once(ctx context.Context, t Target, lists [][][]byte, good func(body []byte) error) (Sent, error) {
	switch err := t.check(); {
	case err != nil:
		return Sent{}, err
	case len(lists) < 1 || len(lists) > mostConnections:
		return Sent{}, fmt.Errorf("bodies are sent over 1 to %d connections", mostConnections)
	}
	var all sync.WaitGroup
	sent := make([]Sent, len(lists))
	began := time.Now()
	for i, bodies := range lists {
		all.Go(func() {
			c, mine := client{address: t.Address}, &sent[i]
			defer c.close()
			for _, body := range bodies {
				if ctx.Err() != nil {
					return
				}
				request, from := t.request(body), time.Now()
				n, err := c.ask(request)
				if took := time.Since(from); err == nil {
					mine.Answered, mine.Bytes, mine.Latencies = mine.Answered+1, mine.Bytes+int64(n), append(mine.Latencies, took)
					err = good(c.body)
				}
				if err != nil {
					mine.Failed, mine.FirstFail = 1, err
					return
				}
			}
		})
	}
	all.Wait()
	sum := Sent{Took: time.Since(began)}
	for _, s := range sent {
		sum.add(s)
	}
	return sum, ctx.Err()
}

func (s *Sent) add(more Sent) {
	s.Answered, s.Failed, s.Bytes = s.Answered+more.Answered, s.Failed+more.Failed, s.Bytes+more.Bytes
	s.Latencies = append(s.Latencies, more.Latencies...)
	if s.FirstFail == nil {
		s.FirstFail = more.FirstFail
	}
}

// Ask sends one request and gives the answer's body; anything but status 200 is an error, and so is an answer with errors.
func Ask(t Target, body []byte) ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	c := client{address: t.Address}
	defer c.close()
	_, err := c.ask(t.request(body))
	return c.body, err
}

// request writes a request with all its headers.
func (t Target) request(body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: %d\r\n", t.Path, t.Address, len(body))
	_ = t.Header.Write(&b)
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// client is one connection, made when it is needed.
type client struct {
	address string
	conn    net.Conn
	in      *bufio.Reader
	body    []byte
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// ask sends a request and reads the answer into body.
func (c *client) ask(request []byte) (int, error) {
	if c.conn == nil {
		conn, err := net.DialTimeout("tcp", c.address, requestTimeout)
		if err != nil {
			return 0, err
		}
		c.conn, c.in = conn, bufio.NewReaderSize(conn, 32<<10)
	}
	status, err := c.exchange(request)
	if err != nil {
		c.close()
		return 0, err
	}
	if status != http.StatusOK || bytes.Contains(c.body, []byte(`"errors":`)) {
		return 0, fmt.Errorf("status %d: %.300s", status, c.body)
	}
	return len(c.body), nil
}

func (c *client) exchange(request []byte) (status int, err error) {
	if err := c.conn.SetDeadline(time.Now().Add(requestTimeout)); err != nil {
		return 0, err
	}
	if _, err := c.conn.Write(request); err != nil {
		return 0, err
	}
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 {
		return 0, fmt.Errorf("no HTTP: %.40q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length, chunked := -1, false
	for {
		if line, err = c.in.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		switch {
		case hasHeader(line, "content-length:"):
			if length, err = strconv.Atoi(strings.TrimSpace(string(line[len("content-length:"):]))); err != nil {
				return 0, err
			}
		case hasHeader(line, "transfer-encoding:"):
			chunked = true
		}
	}
	c.body = c.body[:0]
	if !chunked {
		return status, c.read(length)
	}
	for {
		if line, err = c.in.ReadSlice('\n'); err != nil {
			return 0, err
		}
		n, err := strconv.ParseInt(strings.TrimSpace(string(line)), 16, 32)
		if err != nil {
			return 0, err
		}
		if err := c.read(int(n)); err != nil {
			return 0, err
		}
		if _, err := c.in.Discard(2); err != nil || n == 0 {
			return status, err
		}
	}
}

func (c *client) read(n int) error {
	if n < 0 || len(c.body)+n > answerMost {
		return fmt.Errorf("an answer of %d bytes is not taken", len(c.body)+n)
	}
	at := len(c.body)
	if cap(c.body) < at+n {
		c.body = append(make([]byte, 0, 2*(at+n)), c.body...)
	}
	c.body = c.body[:at+n]
	_, err := io.ReadFull(c.in, c.body[at:])
	return err
}

func hasHeader(line []byte, name string) bool {
	return len(line) > len(name) && (line[0]|0x20) == name[0] && bytes.EqualFold(line[:len(name)], []byte(name))
}
