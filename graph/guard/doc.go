// Package guard keeps one request from costing more than it should.
//
// # Two looks at a document
//
// GraphQL lets a short text ask for a lot of work, and the work begins before anything runs: validation compares fields in
// pairs, and fragments that spread fragments double with every line. So the first look, [Check], comes before validation. It
// walks the parsed document once, every fragment once, however often it is spread, and counts with numbers that cannot
// overflow. What passes it is cheap to validate.
//
// The second look, [Guard.MutateOperationContext], comes after validation, when the fields' definitions and the variables'
// values are known. It adds up how many things the answer can hold at most, and goes through the variables for what the
// schema's types do not say: numbers that do not fit, characters that cannot be stored.
//
// # Nobody learns the schema without signing in
//
// A document of somebody who has not signed in may ask for __typename and nothing else. That too is decided before
// validation, whose messages name types and fields.
//
// # Documents are kept
//
// [Documents] keeps valid documents, bounded by bytes. A document that is kept has passed the first look.
package guard
