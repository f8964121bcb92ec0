// Package migrate takes the database's schema from one version to another, and tells whether it is one this program knows.
//
// A migration is two SQL files, NUMBER_name.up.sql and NUMBER_name.down.sql. Each runs in a transaction of its own, together
// with its row in the table schema_migrations, so that a migration is either wholly there or not at all. The transaction
// first takes an advisory lock: two programs that start at once apply each migration once, and the lock goes with the
// transaction however it ends.
//
// The row holds a checksum of the up file. A schema is known when its rows are exactly the migrations of this program with
// the same checksums. [Set.Check] says so before a server serves; an older program beside a newer schema, a newer program
// beside an older one and a file changed after it was applied are all refused, each with what to do about it.
//
// What cannot run in a transaction (CREATE INDEX CONCURRENTLY) cannot be a migration.
package migrate
