package main

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
)

// seedSQL makes a portfolio in SQL, within seconds. It looks like a real one to an index, not to a person.
//
//go:embed seed.sql
var seedSQL string

// seed makes so many programmes with all that the shapes read, all or nothing, in a database that has regions.
func seed(ctx context.Context, pool *pgxpool.Pool, programmes int) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	text := strings.NewReplacer(":reader", "'"+reader+"'", ":programmes", strconv.Itoa(programmes)).Replace(seedSQL)
	if _, err := tx.Conn().PgConn().Exec(ctx, text).ReadAll(); err != nil {
		return fmt.Errorf("making the portfolio: %w", err)
	}
	return tx.Commit(ctx)
}
