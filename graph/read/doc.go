// Package read answers everything that is stored: a GraphQL selection is compiled to a plan, a plan runs as SQL, and the rows
// become JSON, with no Go object between.
//
// # From a selection to a plan
//
// A level is one SQL statement. The object or list that a query begins with is a level; to-one relations are joined to it; each
// to-many relation below it is a level of its own, which asks for the pages of all owners at once. Levels of the same depth go
// to the database together, so a query costs as many round trips as it nests lists, whatever the number of rows: asking once
// for each row cannot happen. Where the first object's key is known, its lists go along with it.
//
// The metadata is bun's: a field is answered by the column or relation of the same name in package domain. Labels, and a few
// fields that are named in special.go, are the exceptions. [New] refuses a schema with a field that nothing answers. A field
// that takes Go is a [Batch], asked once for all rows of a level.
//
// Plans are kept by document, and by all that changes SQL: which variables are given, the shape of filters and of the reader's
// scope, the language. Values are parameters, never text.
//
// # Who sees what
//
// Visibility is part of the plan. The scope of the actor in the context becomes conditions on the ancestor columns of
// programmes and communities; whatever belongs to a programme is visible with it, so it is not asked about again below one.
// Relations that can lead elsewhere are: a community elsewhere is null, a programme elsewhere is left out, a stakeholder
// elsewhere shows its name and kind. Personal data (the struct tag pii) is masked inside SQL. Nothing that may not be seen is
// counted, leaves a cursor, or takes longer than what is not there.
//
// # Pages
//
// Every list is paged by row comparison with the order's keys, forwards and backwards. Cursors hold these keys under a seal of
// the server's, so they outlive their row and work for no other list or order.
package read
