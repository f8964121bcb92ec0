// Package lease has one server at a time work on something long: a bulk move, a trial of a rule set. The work is done in slices, by
// jobs, and all that it needs is in rows, so that a slice may be broken off anywhere.
//
// The row says which slice holds it and until when, by the database's clock. A slice renews its lease all the time ([While]), so
// that a server that is killed lets it run out within [For], and gives it back when it ends. [Sweep] then finds what nobody holds
// and hands on a job for it, so that a server killed, or a job lost, costs seconds.
package lease
