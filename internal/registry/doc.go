// Package registry enters and changes what exists beside programmes: communities and stakeholders.
//
// Both live in a region, and whoever may write there may enter and change them, whichever programmes they take part in. A
// closed region takes no new ones. A change is a change of the facts of every programme that they take part in, so a move
// that was decided on the facts before is decided again.
package registry
