// Package fault turns errors into what clients of the GraphQL API read.
//
// Every error that leaves the server has a code in extensions.code, by which clients decide, and the request's id in
// extensions.requestId, by which the log is searched. A domain.Error shows its message in the reader's language, the input it
// is about in extensions.path and its values in extensions.params. What GraphQL itself finds wrong with a document or with
// variables keeps its English text: it is for developers; only a value that its enum does not have is answered, in the reader's
// language, with those that it has. Everything else is a fault of ours: the reader is told so, and the
// text goes to the log and nowhere else.
package fault
