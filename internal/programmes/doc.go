// Package programmes enters and changes programmes.
//
// A programme begins with its row, its communities, the first entry of its history and its first stage visit, all in one
// transaction: there is no programme without a history. Where it goes from there is decided by the workflow, in package
// moving; what it holds is entered by package content. Its own words may be changed while content may be entered: not while
// it is on hold, and not after its end.
package programmes
