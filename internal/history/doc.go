// Package history verifies the histories of all programmes: that each is whole, that its chain of hashes fits, and that the
// programme's row is what it comes to.
//
// The database refuses to change an event, but whoever owns the database can make it. What they cannot do is make the change
// fit: each event carries a hash over all that is in it and the hash of the one before. Somebody who computes all hashes anew
// from the changed event on is not found by this alone; compare the hash of the last event with one that was noted elsewhere.
//
// [Verifier] reads page by page, each page in one statement and so in one snapshot, and folds event by event as they come: a
// programme that moves meanwhile is seen before or after, never in between, and memory does not grow with the histories.
// `berdaya history verify` reads all at once; [Checks] is the job that does the same in slices, notes after each page how far
// it has come, and goes on there, whichever server it is on.
package history
