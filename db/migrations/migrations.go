// Package migrations holds the database's schema as a row of SQL files. Each file NUMBER_name.up.sql takes the schema one
// version further and its NUMBER_name.down.sql takes it back; both run in a transaction. A file that has been released is
// never changed: what is to change goes into the next one.
package migrations

import "embed"

// Files are the migrations.
//
//go:embed *.sql
var Files embed.FS
