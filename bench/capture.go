package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/bench/replay"
	"github.com/berdaya/berdaya/bench/ripe"
	"github.com/berdaya/berdaya/graph/gid"
)

// moveQuery is what a client sends for one move.
const moveQuery = `mutation Move($id: ID!, $version: Int!, $key: String!) { ` +
	`moveProgramme(input: {programmeId: $id, move: ADVANCE, expectedVersion: $version, idempotencyKey: $key}) { ` +
	`allowed programme { id stage status version dueOn } event { id toStage } blocks { rule } userErrors { code message } } }`

// moveBody is the request that moves the programme with a number, which is in its key as well.
func moveBody(number int) ([]byte, error) {
	return json.Marshal(map[string]any{"operationName": "Move", "query": moveQuery, "variables": map[string]any{
		"id": gid.New("Programme", ripe.ID(number)), "version": 1, "key": fmt.Sprintf("move-%d", number)}})
}

// moved refuses an answer that does not say that the programme was moved.
func moved(body []byte) error {
	var answer struct {
		Data struct {
			MoveProgramme struct {
				Allowed    bool
				Programme  struct{ Stage string }
				UserErrors []struct{ Code, Message string }
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return err
	}
	if m := answer.Data.MoveProgramme; !m.Allowed || m.Programme.Stage != "PLAN" || len(m.UserErrors) > 0 {
		return fmt.Errorf("it was not moved: %.500s", body)
	}
	return nil
}

// Of capturing: so many moves go before, so that everything is prepared and remembered; then this many are tried until two of
// them come to the same statements, since a server looks after itself now and then.
const (
	movesBefore  = 12
	movesToTry   = 8
	captureBound = 20 * time.Second
)

// capture has a server move programmes alone and gives the statements of one move, as PostgreSQL logged them.
func capture(ctx context.Context, g *ground, server *peer, log string) (replay.Move, error) {
	number := ripe.First
	one := func() error {
		body, err := moveBody(number)
		if err != nil {
			return err
		}
		number++
		answer, err := server.ask(body)
		if err != nil {
			return err
		}
		return moved(answer)
	}
	for range movesBefore {
		if err := one(); err != nil {
			return replay.Move{}, err
		}
	}
	conn, err := pgx.Connect(ctx, g.cluster.DSN("postgres"))
	if err != nil {
		return replay.Move{}, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	say := func(sql string) error {
		_, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol)
		return err
	}
	if err := logStatements(ctx, conn, "all"); err != nil {
		return replay.Move{}, err
	}
	var before replay.Move
	for try := range movesToTry {
		moving, mark := number, fmt.Sprintf("select 'move %d'", try)
		for _, step := range []func() error{func() error { return say(mark + " as begins") }, one, func() error { return say(mark + " as ends") }} {
			if err := step(); err != nil {
				return replay.Move{}, err
			}
		}
		found, err := awaited(ctx, log, mark)
		if err != nil {
			return replay.Move{}, err
		}
		m, err := replay.Of(found, moving)
		if err != nil {
			return replay.Move{}, err
		}
		if len(m.Statements) > 0 && m.Same(before) == nil {
			return m, logStatements(ctx, conn, "none")
		}
		before = m
	}
	return replay.Move{}, fmt.Errorf("no two of %d moves came to the same statements", movesToTry)
}

// logStatements has PostgreSQL log statements or not, and returns when it does.
func logStatements(ctx context.Context, conn *pgx.Conn, which string) error {
	for _, sql := range []string{"alter system set log_statement = '" + which + "'", "select pg_reload_conf()"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, captureBound)
	defer cancel()
	for {
		var is string
		if err := conn.QueryRow(ctx, "show log_statement").Scan(&is); err != nil || is == which {
			return err
		}
	}
}

// awaited gives what the server asked of PostgreSQL between the two marks, once PostgreSQL has logged all of it.
func awaited(ctx context.Context, log, mark string) ([]replay.Statement, error) {
	ctx, cancel := context.WithTimeout(ctx, captureBound)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		text, err := os.ReadFile(log)
		if err != nil {
			return nil, err
		}
		found, whole, err := replay.Between(text, mark+" as begins", mark+" as ends", "berdaya")
		if err != nil || whole {
			return found, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("PostgreSQL did not log the move: %w", ctx.Err())
		}
	}
}
