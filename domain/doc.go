// Package domain is the language of the field: the terms, types and coded errors that every other package speaks.
//
// A community empowerment coordinator finds out what a community needs and why, plans with its people, trains them, follows
// what changes and reports it. Each noun of that work is one struct here, and the same struct is the row in PostgreSQL: bun's
// tags are inert strings, so this package imports no driver. Table names follow bun's plural rule (Need is stored in needs),
// column names are the field names in snake case, and the GraphQL type carries the same name in camel case. Whoever knows a
// term knows it in all three places.
//
// # Stages
//
// A programme goes through IDENTIFY, PLAN, TRAIN, MONITOR and REPORT, and is COMPLETED after that. Content may be entered in
// any stage of an ACTIVE programme; a stage only says what must exist before the programme may move on.
//
// # What comes in from outside
//
// Time and ids come in through [Clock] and [IDs], so that a test can freeze them. Ids are UUIDv7: they sort by creation.
//
// # Errors
//
// Whatever a person may have to read is an [Error] with a [Code]. Anything else is a fault of ours and is shown to nobody.
//
// # Personal data
//
// A field with the struct tag pii:"true" identifies a person. It is masked for whoever has no need of it, never sent to
// rules, and erasable: erase the person, keep the count.
package domain
