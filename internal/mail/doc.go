// Package mail sends digests by SMTP.
//
// Whoever runs the server names another that takes mail in, by a URL (see [ParseURL]). The connection is encrypted unless that
// server is on this machine or the URL says otherwise. Each message is sent over a connection of its own: digests are few, and
// one that hangs holds no other up.
//
// The Message-ID is made from the delivery, so that a message that is sent twice is seen to be the same. What the other server
// refuses for good (a reply from 500) is not tried again; all else is, a server that cannot be reached among it.
package mail
