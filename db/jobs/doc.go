// Package jobs does work later: after a commit, at a time, every so often, again when it failed. It is River under Berdaya's
// own names; nothing outside this package knows River.
//
// # Handing on
//
// A use case hands a [workflow.Job] on in the transaction that makes it necessary, by the Enqueue that every store of package
// db has. Either both are there after the commit or neither is, so nothing is promised that nobody will do. The jobs are rows
// in the schema "jobs" of the same database; any server on it may take them.
//
// # Doing
//
// A [Client] works off the kinds that it has a [Worker] for. Each kind is a queue of its own with its own bound on how many
// run at once in this server: ten thousand of one kind hold no other kind up, and a server that does not know a kind yet
// leaves it to those that do. A job begins some milliseconds after the commit, because PostgreSQL notifies; where the
// notification is lost it begins at the next poll, within a second. One that is due at a later time begins within five
// seconds of it.
//
// # Failing
//
// A worker that returns an error is run again after a pause that doubles from one second up to an hour, a fifth more or less,
// until its attempts are used up. workflow.GoOnIn and workflow.GiveUp say otherwise. A worker whose time is up or whose server
// stops finds its context ended; the stop costs no attempt.
//
// A server that is killed leaves its jobs running for nobody. The leader among the servers gives such a job back once it has
// run for a minute and for longer than its worker's bound; that counts as a failure. It looks every half a minute. If it was
// the leader itself that died, another takes its place within a quarter of a minute. Since it cannot tell a dead server from
// one that lost its connection, a job may run twice, at the same time even: workers must be safe to run twice. A leader gives
// a lost job of a kind that it does not know up for good, which can only be while older and newer servers run side by side.
//
// # Every so often
//
// A [Periodic] is handed on by the leader alone, once in each period of the clock: at midnight UTC where the period is a day.
// A new leader catches up on the present period, unless it has been handed on already. So it is done once a period however
// often servers start, and not at all only in a period in which none ran.
//
// # Afterwards
//
// Jobs that are done or given up are removed after a day, or after the longest period if that is longer; those that failed for
// the last time after a week. They are no history: what must be known later, a worker writes down itself.
package jobs
