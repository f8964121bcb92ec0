// Package members knows who a token's subject is: it turns a subject into an actor with the roles that the database holds
// for it. What it read it remembers for a few seconds, so a change of roles takes that long to be felt.
//
// On a developer's machine there are members for trying things out, one for each role and region asked for, with subjects
// such as dev-coordinator-32.73. They are rows like all others.
package members
