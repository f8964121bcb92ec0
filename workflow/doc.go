// Package workflow is the engine that takes a programme from IDENTIFY to COMPLETED. It decides; it does nothing. There is no
// SQL here, no HTTP, no plugin process and no clock: everything that a decision depends on is an argument.
//
// # One decision for every asker
//
// [Decide] gets the state of a programme, the facts about it, what the rules said to those facts, and a command. It gives
// either an event with its effects, or what stands in the way. The move itself, its dry run, the list of what may happen
// next ([Available]), what stops a programme ([StandingOf]) and whatever asks "may it?" later all go through it, so they
// cannot disagree.
//
// # Stages, statuses and moves
//
// The five stages and the moves are code, in moves.go. How long a stage may take is data, in a [Definition].
//
//	ADVANCE    ACTIVE                 the next stage; after REPORT the programme is COMPLETED     asks the rules
//	SEND_BACK  ACTIVE, not IDENTIFY   any earlier stage; what the later stages did is superseded
//	HOLD       ACTIVE                 ON_HOLD, perhaps with a day on which to look at it again
//	RESUME     ON_HOLD                ACTIVE; due dates shift by the time held, or do not
//	CANCEL     ACTIVE, ON_HOLD        CANCELLED
//	REOPEN     COMPLETED, CANCELLED   ACTIVE, in the stage it had last                            asks the rules
//
// Every move but ADVANCE needs a reason. Who may make a move is decided elsewhere.
//
// A rule set that fails or is late blocks the two moves that ask the rules, and never any other: whoever must stop a
// programme can do so while a plugin is down.
//
// # What going back supersedes
//
// Work that was done is kept and marked superseded; rules no longer see it. Superseded are the visits to all stages after
// the one gone back to, every published version of a report, and, where the plan is to be made again (going back to PLAN or
// IDENTIFY), the activities that have not begun. What happened, happened: sessions, attendance, measurements, expenditure,
// consultations and activities that have begun stay as they are, and so do drafts of reports.
//
// # Transfers
//
// [Transfer] has another region govern a programme from then on. It is no move: stage, status and dates stay as they are. The
// first event names the first region and a transfer both regions, so a history also comes to the region that governs; one that
// began before regions were part of it is silent about its region until its first transfer.
//
// # Waivers and due dates
//
// A rule that says so can be waived for one stage of one programme: [RequestWaiver] and [SettleWaiver] are events of the
// history that leave stage and status as they are, by two people, and [Decide] marks the block that a waiver lifts. A waiver ends
// with its day or with the stage.
//
// When a stage is due is in this order: an earlier date of the rules, the programme's own plan ([Reschedule], [PlanLater]), the
// [Definition] of the nearest region above that has a schedule for the stage. Timers hang on that date. They begin with a visit,
// rest while the programme is on hold, move with the due date, and end with the visit; they never move a programme.
//
// # Content
//
// [MayEnter] says in which status content may be entered. Whoever changes content makes the programme's facts version grow;
// a decision about older facts is then not carried out but made again.
//
// # History
//
// The events are the truth about a programme, and [State] is what they come to: [Fold] computes it and finds every gap,
// every change and every entry that does not follow from the one before. Each event carries a SHA-256 over itself and the
// hash of the event before ([Seal]). What exactly is hashed is written down at [Canonical], so that somebody with the rows
// and no part of this program can check it.
package workflow
