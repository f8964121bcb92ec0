// Package bulk moves many programmes at once: in the background, one result a programme, and only after somebody has seen what
// would happen.
//
// # The life of a bulk move
//
//	CHECKING → CHECKED → RUNNING → COMPLETED       and from each of the first three PAUSED (but CHECKED) or CANCELLED
//
// [Bulk.Begin] captures the programmes, listed or found by a filter within what the actor sees, with the version that each has
// then. Unless told otherwise the bulk move is a dry run at first: every programme gets a result, ALLOWED or REFUSED, and
// nothing moves. [Bulk.Run] then has the same programmes moved. Each move expects the version that was captured, so a
// programme that somebody has moved meanwhile is a CONFLICT, and never goes one stage further than anybody meant it to.
//
// The dry run and the run ask package moving for batches of the same commands, which decides both in one place. They agree by
// construction, on the same facts.
//
// # Every programme has exactly one result, whatever is killed
//
// [Bulk.Work] is one slice of work: batches of programmes, for some twenty seconds. It needs nothing but the rows. A
// programme's move is an ordinary move, with an idempotency key made of the bulk move's id and the programme's place
// ([Key]), and its result is written after it. A server killed between the two leaves a programme that has moved and whose
// result is PENDING; the next slice gives the same command again and gets the outcome that is remembered under the key. A
// result is written only over PENDING, and counted in the same statement, so it is counted once.
//
// Two servers keep off the same bulk move by a lease in its row (package lease), which is renewed all the time and ends within seconds
// where a server was killed. Should two work at once all the same, they waste work and spoil nothing, for the reasons above.
//
// Jobs only say "work on this one now" ([Bulk.Slice]). Every [SweepEvery], [Bulk.Sweep] finds those that nobody works on though
// there is work, so that a server killed, or a job lost, costs seconds.
//
// # Stopping
//
// Whoever pauses or cancels changes the state in the row, which the worker reads with every batch that it writes. Cancelling
// ends with settling: programmes without a result become SKIPPED, except those that have moved, which the remembered keys
// tell. That waits until no slice holds the lease.
//
// # Who
//
// Programmes move in the name of whoever began the bulk move, with the roles that they have when the slice begins: each
// slice asks anew. Nobody moves by a bulk move what they could not move one by one.
package bulk
