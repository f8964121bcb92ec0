// Package definitions holds how long stages take and what reminds of it: data that offices write, by region and version, and that
// every server applies without being started again.
//
// # What a definition says
//
// For each stage that it names: the days until it is due, checkpoints after entering it, reminders before it is due, notices that
// it is overdue, and escalations up the region tree ([workflow.Schedule]). A stage that it leaves out is as in the region above,
// and above the nation there is the definition that comes with the program. A definition that names no stage is allowed: it takes
// back whatever the region had said.
//
// An office writes it as a file ([Parse]), or a front end sends it; both are checked by [Check], which lists all that is wrong at
// once. The file's problems name file, line and column.
//
// # Versions
//
// A definition is never changed. Publishing writes a new version for the region, and the history of a programme names the region
// and version that its stage began with. Publishing is an act of the nation's admins, or of whoever runs the server.
//
// A new version holds for stages entered from then on. A stage that is under way keeps the due date and timers that it began with:
// people were told that date. planStage moves it.
//
// # How servers learn of it
//
// [Courses] is asked with every move, so it answers from memory. At most once in a second a server asks the database whether there
// is anything new, by one query for all who wait, and only when somebody wants to know. So a version is in force everywhere
// within about a second of being published. While the database is away the last answer holds, for some minutes.
package definitions
