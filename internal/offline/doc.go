// Package offline carries out commands that were made without a line, and keeps as drafts those that cannot be.
//
// Somebody in a village enters a month's work into a device that reaches nobody. Each command has a key, by which it is done
// once (package command), names things by ids that the device made, and says what the person saw: the programme's version for
// a move, the thing's time of change for an update. Weeks later all of it comes in one list.
//
// # A list
//
// [Lists.Submit] carries the commands out in their order, each in its own transaction and by the very use case that answers the
// same mutation sent alone: authorisation, validation and idempotency are one code. A command that fails stops nothing. It has
// one of these outcomes:
//
//	DONE       it was done
//	REPEATED   it had been done before, under the same key
//	DRAFT      it fails for a reason that a person can settle: it is kept as it was
//	REFUSED    the client put it wrongly, or used its key for something else: nothing is kept, because only the client can mend it
//	NOT_RUN    nothing is wrong with it: rules or the database did not answer, or the time was up; it is to be sent again
//
// What hangs on a command that was not run is not run either: it would fail, and become a draft, for no fault of its own. What
// hangs on a draft becomes a draft.
//
// # Its own changes are not somebody else's
//
// A device knows no time of change of what it made or changed itself. So an update expects either what the person saw, or what
// the last command of the same list gave the thing. That is remembered with the command's key, so it holds as well when a list
// that was cut off in the middle is sent again.
//
// # Drafts
//
// A draft is remembered under its command's key, in the same table and so by the same primary key as an outcome: of two devices
// that send one list at the same time, for each key one either carries the command out or keeps the draft, and the other finds
// what it left. A draft is carried out by nobody but a person who merges it. [Lists.Merge] carries out a command and settles the
// draft in one transaction. A move cannot take part in one, because rules are asked while no lock is held: the statement that writes
// it settles the draft too ([moving.Merging]). So of all who merge or drop a draft at the same time, one does.
//
// A draft may hold the names of people. It is masked for readers as participants are, and once it is settled, what was entered
// is taken away: after a merge it stands where it belongs, after a drop it should stand nowhere.
//
// # A dry run
//
// A dry run carries the list out in one transaction and undoes it, with each command in a savepoint. Moves are asked before
// that, on what is there now, because no lock may be held while rules think. So a move that comes after other commands about
// the same programme, and whatever comes after a move that would be made, is UNCERTAIN: nobody can say before it is tried.
package offline
