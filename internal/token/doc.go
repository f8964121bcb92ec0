// Package token makes and checks the tokens that people sign in with: JSON Web Tokens that carry a subject and a time of
// expiry, and nothing about what the subject may do. That is looked up with every request, so a role taken away is gone at
// once.
//
// Tokens are signed with HMAC-SHA-256 and a secret that only the server knows; the header of a token has no say in how it is
// checked. Clocks may differ by half a minute.
package token
