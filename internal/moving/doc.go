// Package moving takes programmes from stage to stage. The engine (package workflow) decides; this package brings it what a
// decision needs and has what it decided written down.
//
// # One move, in order
//
//  1. A command whose key is remembered gets its outcome again, and nothing else happens.
//  2. The programme is read, and the actor is authorised by it. What the actor may not see is NOT_FOUND; what they see and may
//     not move is FORBIDDEN.
//  3. The command is decided as though all rules passed. What is wrong with it by itself ends here, without asking anybody.
//  4. For ADVANCE and REOPEN the facts that the region's rules ask for are read: one snapshot, one round trip. The rules are
//     asked then, outside any transaction: no lock of the database is ever held while a plugin thinks.
//  5. The engine decides on that snapshot.
//  6. The event, the programme's new state, the effects and the remembered outcome are written by one statement, if the
//     programme still has the version and the facts version that were decided on.
//
// Where only the facts have changed meanwhile, the command is decided again, three times at most. Where somebody else has
// moved the programme meanwhile, the actor gets CONFLICT with the present version: two people who press ADVANCE at the same
// time want the same stage, not the one after it.
//
// # Asking without moving
//
// [Moves.DryRun] does all of this but the writing. [Moves.Available] says for a page of programmes what may happen next, by
// the same decision, with one round of queries and one batch of questions for the whole page.
package moving
