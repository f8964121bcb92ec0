// Package remote asks a Berdaya server over GraphQL, for commands that people run on their own machines.
//
// It is a small client of our own: one request, one answer, both bounded in size and time. The token travels in a header alone, is
// never part of an error, and goes nowhere but to the server that was named: redirects are not followed, and a server on another
// machine is reached by https. What the server says is wrong comes back as the coded errors that it made of it.
package remote
