// Package transport is GraphQL over HTTP: queries and mutations in one request and one response.
//
// It follows the GraphQL over HTTP specification. A POST carries application/json; a GET carries a query in its address and
// never a mutation. The answer is application/graphql-response+json for those who ask for it, with a status that says how it
// went, and application/json for all others, where 200 is the status of every well-formed request, except for one that is
// not allowed (401, 403) and for faults on our side (500, 503). A request that was refused has no data in its answer.
//
// A body may be compressed with gzip. It is bounded as it comes and again as it expands; the document in it has a bound of its own,
// since only variables are long for a good reason.
//
// The executor gives the data as JSON already; it is written as it is. There are no batches: a batch of a thousand would be
// a thousand requests for the price of one.
//
// # Files
//
// A mutation that takes a file gets it by the GraphQL multipart request specification: a POST of multipart/form-data with the parts
// operations, map, and one file. It is read to the disk in pieces, never into memory, after the document was found to be right
// and to take a file, and only from somebody who may send one. All else keeps the bounds that it has.
//
// Files that are given away ([Downloads]) go out by a plain GET in pieces, with their SHA-256 as ETag; whoever may not have one gets
// the answer of one that is not there.
//
// # Streams
//
// A subscription is answered by server-sent events, in the distinct connections mode of GraphQL over Server-Sent Events: a POST
// that accepts text/event-stream gets an event "next" with each answer, a comment as a sign of life where nothing happens, and
// an event "complete" where no more comes. A connection that ends without that is to be tried again. Clients that accept
// nothing but event streams also get other answers as a stream of one event; all others get JSON, so that a library that lists
// everything it can read is not surprised.
//
// Who the reader is, and what they may see, is asked anew for each event. A stream ends when they may not see it any more, and
// when their token expires.
package transport
