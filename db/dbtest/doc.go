// Package dbtest gives every test a PostgreSQL database of its own.
//
//	func TestX(t *testing.T) {
//		t.Parallel()
//		d := dbtest.New(t) // a *db.DB on the whole schema, gone when the test ends
//		…
//	}
//
// # Where the server comes from
//
// With BERDAYA_TEST_DATABASE_URL (a URL with a role that may create databases) it is that server. Otherwise each test binary
// runs a private cluster (package cluster) in a folder that it finds free, NUMBER in
//
//	$TMPDIR/berdaya-test-UID/
//
// and holds the lock NUMBER.lock until it ends, however it ends. PostgreSQL ends with the binary, since the cluster sees to
// that; no TestMain is needed. go test runs as many binaries at once as there are processors, so there are as many folders.
// They are left for the next run on purpose: the first start of one takes about two seconds, all later ones a few tenths,
// because the cluster is there and holds the migrated template. The next run removes the databases that a killed run left
// over. A folder that no longer starts is made anew. Nothing in them is ever needed: remove them as you like.
//
// # Where the schema comes from
//
// The migrations run once, in a template database named after their checksum; a test's database is a copy of it.
package dbtest
