// Package db is Berdaya on PostgreSQL: connections, transactions and the stores of what the domain knows.
//
// # Two ways to the same database
//
// [DB] holds two pools. Bun writes and reads through bun, which puts arguments into the SQL text itself; on such text pgx's
// simple protocol is the fastest of its ways under database/sql (measured: twice the default). Pool is pgx without bun, with
// prepared statements, for the few queries that are asked all the time. Each has its own bound on connections.
//
// # Transactions
//
// Whatever writes more than one row goes through [DB.Transact]. It is the only place that tries again, and it does when
// PostgreSQL says that nothing was wrong but the moment (a serialisation failure or a deadlock). The function it is given
// may therefore run several times and must do nothing that a rollback does not undo.
//
// # Errors
//
// [Coded] turns what PostgreSQL says into a domain.Error where a person can do something about it, by one table. All that
// is not in the table stays as it is, and is a fault of ours. Stores that know better (a unique key that means "sent twice")
// look at the constraint's name in Params first.
//
// # Rooms
//
// jobs does work later; cluster runs a private PostgreSQL; migrate takes the schema up and down; migrations holds its SQL;
// dbtest gives every test a database of its own.
package db
