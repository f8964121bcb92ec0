// Package deliver brings notices out of Berdaya: to members as digests by e-mail, to regions over HTTP.
//
// # Deliveries
//
// What goes out is not one message an entry. Once a day [Deliveries.MakeDigests] gathers what each member has not read yet into
// one delivery; once a minute [Deliveries.Publish] gathers what happened in the regions of each webhook into deliveries of at
// most a hundred notices. A delivery is a row, and which notices are in it is settled in the transaction that makes it: each
// notification is in one digest, each notice goes to a webhook once. What the delivery says is written when it is sent.
//
// # Sending
//
// A job sends a delivery through its [Channel], after it has claimed the row for a while. A server that dies between sending
// and writing that down leaves the claim behind; when that runs out another server sends again. So a delivery arrives at least
// once, always under the same id, by which a receiver knows what it has seen.
//
// What fails is tried again after pauses that grow to hours, eight attempts over about a day. What cannot succeed, because the
// address does not exist, say, is not tried again. A delivery that is given up is dead: it stays in the list, with what went
// wrong, until somebody has it sent again.
//
// Should a job be lost, the row is not: Publish also hands on again whatever has been due for long.
package deliver
