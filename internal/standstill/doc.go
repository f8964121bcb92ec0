// Package standstill knows where programmes stand still, and why.
//
// # Kept, not asked
//
// What stops one programme is asked of the rules when somebody looks at it (moving.Available). What stops a hundred thousand
// cannot be: a rule takes some fifty microseconds a programme. So it is kept. Each programme that is being worked on is
// checked when what rules judge has changed, when the rules have, when a waiver of it ends, and otherwise once a day, because
// rules look at the date too. A check asks as a move asks, by the same decision, so what is kept differs from what
// moving.Available says only by what has changed since.
//
// # What is to be checked
//
// Triggers of the database note every change of a programme's facts version beside the checks: in the transaction that makes
// it, whatever part of the program that is, and without anybody having to remember. A move that leaves a stage takes along
// what stopped it there. Which programmes are due is then read from an index, page by page.
//
// Rules have revisions. When those of a region are not the ones that the checks know, all programmes of the region become due,
// some thousands at a time.
//
// # How it is checked
//
// The job [Kind] takes a page of programmes that are due, judges it in one round of queries and one batch of questions with
// no lock held, and writes what came of it by one statement. A result is only written where the programme has not changed since it
// was found due, before its facts were read; otherwise it stays due. One such job runs at a time, whichever server it is in.
// Where rules cannot be asked, what was known stays and the programme is due again in a minute.
//
// Since when a rule stops a programme is kept as long as it does so without a break in one visit to a stage. What the first
// check of a visit finds has been so since the visit began, as far as anybody knows. A hold is a break.
package standstill
