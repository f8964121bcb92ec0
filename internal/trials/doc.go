// Package trials says what a version of a rule set would change before it is put to work. Nothing that it does touches a programme.
//
// # One thing, three ways
//
// A trial asks a version, with parameters of a region, beside what is at work there, and notes where the two differ:
//
//   - a SIMULATION asks about the next step of every active programme of the region, as it is now;
//   - a REPLAY asks about the decisions of the past, on the facts of then, at the time of then (package decisions keeps them);
//   - a SHADOW asks about the decisions that are made from now on, after the answer was given, for up to ninety days.
//
// All three come to one comparison ([workflow.TriedIn]): what all rule sets together say, and what they would say if this one, for
// this region, said what the version says. Waivers lift in both what they lift. So a simulation says what moving would say right
// after the version had been activated for everyone; a property test holds the two side by side. The dates and checklists that a
// version plans are not compared. What rules say is listed without the texts of facts that the decision log masks, for lists are
// kept for half a year ([Hush]).
//
// # Working
//
// Simulations and replays are worked on in slices, as bulk moves are (package lease): a lease in the row, which a server that is
// killed lets run out, and a sweep that finds what nobody holds. A batch is counted, its differences are listed and the place from where to go on
// is written in one transaction, so a slice may be broken off anywhere and nothing counts twice. A version that cannot be started
// with these parameters, or answers nothing for several batches in a row, fails the trial and says why.
//
// # Shadows
//
// Every server asks the shadows about its own decisions: it looks once a second which there are, runs each in a process of its
// own, and hands it what was decided from a bounded queue. Whoever moves a programme never waits for it; what it is too slow for is
// counted as missed. The facts that a shadow needs are read together with those that the rules at work need, so that it judges by
// the same moment; that is all that anybody else notices of it. A shadow that breaks off is started again a few times before it
// fails, for all servers.
package trials
