// Package timers has timers go off. The engine (package workflow) sets them with the events of a programme's history: every
// move, hold and new due date writes its event and what becomes of the timers in one statement. So there is nothing to work out
// here; what is left is to notice that a time has come, once.
//
// # Going off
//
// [Timers.GoOff] takes due timers in batches, the longest due first. A batch is one transaction: the timers become FIRED, each
// gets its one event, whoever is to be told is noted down, and, where the batch was full, a job is handed on so that another
// server helps. Either all of it is there after the commit or none of it is, and so a server may be killed at any moment: what it
// had not committed is still PENDING, and the next one takes it. That a timer has one event at most is also a constraint of the
// database.
//
// A job does this every few seconds, on whichever server takes it, and once when a server starts, so that what fell due while
// none ran goes off at once. A timer that was held beyond its time is PENDING again after the programme is resumed, and due, and
// goes off like any other that is late.
//
// # Who waits for whom
//
// Moves lock the programme first and its timers after it. The sweep locks timers and, against moves, their programmes, and would
// therefore run into moves; but it never waits: what somebody else holds it leaves out, and takes at the next look. So it is part
// of no deadlock, and two sweeps at once share the work. It sees each row as it is under the lock and not as it was when the
// statement began: a programme that was put on hold a moment ago stays silent.
//
// A move, in turn, may have to wait for the batch in which its programme is, some tens of milliseconds.
//
// # Telling
//
// A timer event is a fact; whom it concerns is for the [Teller] to note down, within the same transaction. Of CHECKPOINT, REMINDER
// and OVERDUE the programme's coordinator is told; of ESCALATION also the admins of the region at its level above the programme,
// or of the next region above that has any.
package timers
