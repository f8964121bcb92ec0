// Package keeping removes what nobody needs any more once its time is over, so that a database that has run for years is no larger
// than what is done with it.
//
// [All] is the whole of it: what is kept, for how long unless the operator says otherwise, and since when that counts. A daily
// job ([Keeping.Work]) goes through the list and removes what is older, oldest first, a thousand rows in a transaction; after some
// seconds it lets others work and goes on. It remembers nothing, so it may be broken off anywhere and be done anywhere else:
// what is left is found again. Each statement begins at an index that has what is oldest first (package db, keeping.go).
//
// Nothing that waits for somebody is in the list, but for dead letters after years and dry runs of bulk moves that nobody had carried
// out: open drafts, unsent deliveries and what they tell, and bulk moves that go on are never touched. Neither is anything of
// a programme: its history and content are kept for ever. Idempotency keys (package command), decisions and trials have jobs of their own.
package keeping
