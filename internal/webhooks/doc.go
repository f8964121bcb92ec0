// Package webhooks tells regions over HTTP what their programmes give notice of.
//
// An admin enters an address for a region; once a minute it gets what has happened there and below since, in one message of at
// most a hundred notices, signed as https://www.standardwebhooks.com has it, so that libraries for it exist. The secret that it is
// signed with is shown once, to whoever makes it, and stored sealed.
//
// # Addresses
//
// Whoever may enter an address could have the server reach what only the server reaches: the machine itself, its neighbours, the
// cloud's metadata. So an address is https, names no user, and has an ordinary port; and what decides is not the name but the IP
// address that is dialled, at the moment in which it is, by a list of what is public. A name that means one address when it is
// entered and another when it is dialled gains nothing. Redirects are not followed, proxies not used, answers not read beyond a few
// kilobytes and never shown beyond their status. Of a name that leads to a private address the same is said, and it is tried as often,
// as of one that nobody knows, so that nobody learns from a webhook which names there are inside.
package webhooks
