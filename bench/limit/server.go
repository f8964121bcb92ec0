package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// request is all that is read of a request.
type request struct {
	OperationName string `json:"operationName"`
	Variables     struct {
		ID       string `json:"id"`
		Province string `json:"province"`
		Stage    string `json:"stage"`
		After    string `json:"after"`
	} `json:"variables"`
}

// shape answers the requests of one operation.
type shape func(ctx context.Context, pool *pgxpool.Pool, a *answer, q *request) error

// server answers the shapes that it has, wherever the request is sent.
type server struct {
	pool   *pgxpool.Pool
	shapes map[string]shape
}

var buffers = sync.Pool{New: func() any { return &answer{make([]byte, 0, 64<<10)} }}

const bodyMost = 64 << 10

func (s server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q request
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyMost)).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a := buffers.Get().(*answer)
	defer buffers.Put(a)
	a.b = append(a.b[:0], `{"data":`...)
	err := errors.New("there is no such operation")
	if f, ok := s.shapes[q.OperationName]; ok {
		err = f(r.Context(), s.pool, a, &q)
	}
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		_ = json.NewEncoder(w).Encode(map[string]any{"errors": []map[string]string{{"message": err.Error()}}})
		return
	}
	a.b = append(a.b, '}')
	w.Header().Set("Content-Length", strconv.Itoa(len(a.b)))
	_, _ = w.Write(a.b)
}

// open connects with as many connections as are asked for, and keeps them.
func open(ctx context.Context, dsn string, connections int) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	config.MaxConns, config.MinConns = int32(connections), int32(connections)
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	return pool, pool.Ping(ctx)
}

// page is how many rows the lists show; one more is read, to know whether there are more.
const page = 50

// fifty reads a page of programmes: row writes one, and begins with its id; the last one's cursor is made of its columns at
// and 0.
func fifty(ctx context.Context, pool *pgxpool.Pool, a *answer, at int, cursor func(b, at, id []byte) []byte, row func(v [][]byte), sql string, args ...any) error {
	rows, err := pool.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	a.lit(`{"programmes":{"nodes":[`)
	var last, id []byte
	n := 0
	for ; rows.Next(); n++ {
		if n == page {
			continue
		}
		if n > 0 {
			a.lit(",")
		}
		v := rows.RawValues()
		row(v)
		id, last = append(id[:0], v[0]...), append(last[:0], v[at]...)
	}
	if n == 0 {
		a.pageInfo(false, nil)
		return rows.Err()
	}
	a.pageInfo(n > page, func(b []byte) []byte { return cursor(b, last, id) })
	return rows.Err()
}

// pieces are the JSON of the rows of one statement, grouped by their first column, which counts owners from 1.
type pieces struct {
	answer
	ends  []int // of each row in b
	first []int // of each owner the number of its first row; one more at the end
}

// gather reads the rows of so many owners.
func gather(rows pgx.Rows, owners int, row func(a *answer, v [][]byte)) (*pieces, error) {
	p := &pieces{answer: answer{make([]byte, 0, 16<<10)}, first: make([]int, 0, owners+1)}
	for rows.Next() {
		v := rows.RawValues()
		for len(p.first) < int(whole(v[0])) {
			p.first = append(p.first, len(p.ends))
		}
		row(&p.answer, v)
		p.ends = append(p.ends, len(p.b))
	}
	for len(p.first) <= owners {
		p.first = append(p.first, len(p.ends))
	}
	return p, rows.Err()
}

// write gives an owner's rows, backwards if need be.
func (p *pieces) write(a *answer, owner int, backwards bool) {
	from, to := p.first[owner], p.first[owner+1]
	for n := from; n < to; n++ {
		i := n
		if backwards {
			i = from + to - 1 - n
		}
		start := 0
		if i > 0 {
			start = p.ends[i-1]
		}
		if n > from {
			a.lit(",")
		}
		a.b = append(a.b, p.b[start:p.ends[i]]...)
	}
}
