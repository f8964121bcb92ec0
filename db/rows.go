package db

import (
	"container/list"
	"context"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
)

// Rows executes statements in one round trip, as prepared statements, and hands out each row as PostgreSQL sends it: the
// number of its statement, and its values in binary, nil for NULL. A value is only valid until row returns; rows come in the
// order of the statements. params holds the parameters of each statement in binary, nil for NULL. All statements run in one
// read-committed transaction; where one fails, those after it do not run. Errors are coded as by [Coded].
//
// This is the way of hot reads: no type map, no reflection and no value between the wire and the answer.
func (d *DB) Rows(ctx context.Context, sql []string, params [][][]byte, row func(statement int, values [][]byte)) error {
	handed := false
	counting := func(statement int, values [][]byte) {
		handed = true
		row(statement, values)
	}
	err := d.rows(ctx, sql, params, counting)
	if forgotten(err) {
		// The schema changed below what is prepared, or something between us and the server forgot it. New connections know.
		d.Pool.Reset()
		if !handed {
			err = d.rows(ctx, sql, params, counting)
		}
	}
	return Coded(err)
}

// forgotten tells whether an error is about a prepared statement rather than about what it says.
func forgotten(err error) bool {
	state := sqlState(err)
	return state == "0A000" || state == "26000"
}

func (d *DB) rows(ctx context.Context, sql []string, params [][][]byte, row func(statement int, values [][]byte)) error {
	c, err := d.Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	conn := c.Conn().PgConn()
	known := preparedOn(conn)
	var batch pgconn.Batch
	for i, text := range sql {
		statement, err := known.statement(ctx, conn, text)
		if err != nil {
			return err
		}
		batch.ExecStatement(statement, params[i], binary, binary)
	}
	results := conn.ExecBatch(ctx, &batch)
	for i := 0; results.NextResult(); i++ {
		r := results.ResultReader()
		for r.NextRow() {
			row(i, r.Values())
		}
		if _, err := r.Close(); err != nil {
			_ = results.Close()
			return err
		}
	}
	if err := results.Close(); err != nil {
		return err
	}
	return known.forget(ctx, conn)
}

var binary = []int16{1}

// perConnection is how many statements a connection keeps prepared; of more, the longest unused is forgotten. A statement with
// its plan takes some ten kilobytes of the server's memory.
const perConnection = 200

// prepared are the statements of one connection.
type prepared struct {
	bySQL map[string]*list.Element
	used  *list.List // of entry, last used first
	next  int
}

type entry struct {
	sql       string
	statement *pgconn.StatementDescription
}

func preparedOn(conn *pgconn.PgConn) *prepared {
	const name = "berdaya.prepared"
	if p, ok := conn.CustomData()[name].(*prepared); ok {
		return p
	}
	p := &prepared{bySQL: map[string]*list.Element{}, used: list.New()}
	conn.CustomData()[name] = p
	return p
}

// statement gives the prepared statement of this text.
func (p *prepared) statement(ctx context.Context, conn *pgconn.PgConn, sql string) (*pgconn.StatementDescription, error) {
	if e, ok := p.bySQL[sql]; ok {
		p.used.MoveToFront(e)
		return e.Value.(entry).statement, nil
	}
	p.next++
	statement, err := conn.Prepare(ctx, "rows_"+strconv.Itoa(p.next), sql, nil)
	if err != nil {
		return nil, err
	}
	p.bySQL[sql] = p.used.PushFront(entry{sql, statement})
	return statement, nil
}

// forget lets go of the statements that are too many.
func (p *prepared) forget(ctx context.Context, conn *pgconn.PgConn) error {
	for p.used.Len() > perConnection {
		last := p.used.Remove(p.used.Back()).(entry)
		delete(p.bySQL, last.sql)
		if err := conn.Deallocate(ctx, last.statement.Name); err != nil {
			return err
		}
	}
	return nil
}
