// Package conformance tries whether a rule set keeps the contract in plugins/rules/rules.proto, whatever its rules are and in
// whatever language it is written.
//
// # Clauses
//
// [Clauses] lists what is tried, one clause for each promise of the contract, with the sentence of the contract that it holds to.
// [Check] asks a running rule set the questions that the clauses need and gives what is wrong, at most one [Finding] a clause:
// the first example found, and what to do about it. A clause that stands on one that failed is not tried, so that one fault is
// one finding; a rule set that ends on the way leaves the clauses after that untried.
//
// An ERROR is a promise broken: the server would refuse an answer, take it for another programme's, or be unable to explain a
// decision later. A WARNING is something that works and still serves people badly: a text without Indonesian is read in English,
// as the contract says, by coordinators most of whom read Indonesian; rules that change when all of time is moved may have a
// regulation's year in them, or look at the clock.
//
// # Questions
//
// The facts are made up from the contract's own messages, field by field, from fixed seeds: a field that is added to the contract
// is filled without a change here, and two runs ask the same. They come in kinds: nothing known, everything known, words that
// this version of the contract does not have, no optional value, the largest and smallest numbers, and texts of thousands of
// characters.
//
// # What it cannot show
//
// A rule that looks at the clock only on the last day of a month passes here. The decision log finds it, when a decision is
// replayed and comes out otherwise.
package conformance
