// Package decisions keeps the decision log: what was decided on every command that asked rules, what the rules said, and the
// facts that they saw. It explains a decision long after the programme has gone on, and lets a new version of a rule set be tried
// on past decisions (package trials).
//
// # It is a log, and not the history
//
// A programme's history is the truth; it is written with the move or the move is not made. The log is written afterwards and
// never in anybody's way: [Log.Decided] puts a decision into a bounded queue and returns. Where the queue is full the decision is
// dropped and counted; no move waits, and none fails, whatever becomes of the log. A server that stops writes what is queued. One
// that is killed loses what it had decided within the last [FlushEvery], and what it was just writing.
//
// # Once
//
// Facts are kept once, under the hash that the history names too, without the time. People press the same button again: a
// failure that is the same again (programme, actor, move, facts, revisions, all that was said and who said nothing) is counted in
// the entry that there is. What was carried out is an entry each time; it cannot be the same twice.
//
// # Personal data
//
// Facts carry none by their contract, but people write names into a place or a role. The operator says which texts are masked
// before they are kept, and with each entry it is kept which were. Rules quote such texts, so what they say is kept without them.
//
// # For how long
//
// [Log.Forget], once a day, deletes what is older than the operator keeps it, in slices, with the facts that nothing rests on any
// more.
package decisions
