// Package rulesets keeps the catalogue of rule sets and puts them to work.
//
// # From an upload to a rule that binds
//
// An admin uploads a version: a rule file (YAML), or a program (an archive with a manifest). A rule file is checked while its
// author waits, so that each problem comes back with its line and column, and a file with problems is not stored at all. A
// program is stored and checked afterwards, by a job on one server that runs it in confinement; what it says of itself is kept
// with the version, or what is wrong with it. A program runs on every server, so a national admin who did not upload it has to
// approve it first; a rule file cannot do anything but judge, and needs no second person.
//
// A version is what it consists of. Uploading the same content again changes nothing (but where its check had failed, it is
// checked once more); other content needs another version. A month after a version failed or was withdrawn its content is removed, where
// nobody needs it; the version stays, and an upload of one that failed brings its content back.
//
// # Activations
//
// Putting a version to work for a region, with parameters of the region, is an activation. Each gets the next revision of the
// rule set in the region and a time that is later than that of the one before, whatever the clocks of servers say: from these
// two alone follows whom it binds ([workflow.Bound]). Nothing is stored with programmes, so an activation costs the same for ten
// programmes and for a million. Rolling back is one more activation, of what was at work before; it says which
// one it restores, so that rolling back again goes one step further back, as people who undo expect, and never forward to what was
// left. Taking a rule set out of work is one without a version. Neither asks the rule set, so both work while its process is down.
//
// All that changes a rule set holds its row until it is done, so its history is one line: of two who activate at the same time,
// the second sees the first, and with an expected revision gets CONFLICT. What was done is written into the audit trail in the same
// transaction.
//
// # Ending
//
// An activation for new entries leaves those before it at work for the programmes that they bind. [RuleSets.End], once an hour,
// ends those that bind nobody any more, so that no process is kept for them. Only a version that no activation keeps at work can
// be withdrawn. An end is final, and changes for nobody what binds them: neither for those who entered before the rule set was first
// at work, whom none of its activations for new entries binds ([domain.RuleActivation].BindsSince), nor for those whose move was
// decided before the newer activation and is written after it, for whom it waits ten minutes. Only a programme that comes to a
// region by transfer, with a stage that began when an activation was in force that has ended since, is bound by the one before
// that has not, or else by the next: it is never left without rules by an end.
package rulesets
