// Package content enters and changes what a programme holds: its communities and stakeholders' roles, and everything that
// its stages ask for, from needs to the distribution of reports.
//
// There are some twenty kinds of content and one way to write all of them, in [Writer.Enter] and [Writer.Change]:
//
//  1. A command whose key is remembered gets its outcome again (package command).
//  2. The programme is found: by the id in the entry, by what the entry hangs on (a budget line on its activity), or by the
//     content that is to change.
//  3. The actor is authorised by the region that governs the programme. What the actor may not see is NOT_FOUND, exactly as
//     what is not there; what they see and may not write is FORBIDDEN.
//  4. The programme is locked until the transaction ends, and its facts version grows, so that a move that was decided on the
//     facts before is decided again. All other writers of the same programme wait here, so what is read from here on does not
//     change under one's hands.
//  5. Its status must take such content: any while it is ACTIVE, in every stage; measurements, and what stakeholders say to
//     reports, also when it is COMPLETED; nothing while it is ON_HOLD or after it was CANCELLED.
//  6. Everything that is wrong is gathered: by itself (domain), and with what it refers to, which must exist in the same
//     programme (the files named after the stages).
//  7. The row is written, and the outcome remembered, in the same transaction.
//
// What a kind of content needs beyond that is in four small functions with a case for each: on (what it hangs on), begin
// (what the moment adds to it), settled (whether it may still change) and check (what it refers to).
//
// Two commands are more than one write: [Writer.RankNeeds] and [Writer.Publish].
package content
