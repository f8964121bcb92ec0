// Package notices says what members are told of, and lets them read it.
//
// A notice is made where something happens: by the timer that goes off, by the waiver that is granted, in the transaction in
// which it does. What is stored is only that it happened and whom it concerns. The words are made here, from the facts, when
// somebody reads them and in the language of who does; so is the [Digest] that goes out by e-mail.
//
// Members see their own notifications and nobody else's. Where a programme has gone out of a member's sight since, the
// notification remains and tells nothing of it.
package notices
