// Package plainyaml reads files that people write by hand, in YAML or in JSON, which is a part of it, and keeps the place of
// every word, so that whatever is wrong is named by line and column, in both languages, and all of it at once.
//
// Such files come from people whom nobody vouched for, so what is read is less than YAML: one document in UTF-8, of few enough words,
// without anchors, aliases and tags. Reading takes time in proportion to the size of a file, and a broken one costs no more
// than an error.
//
// [Reader.Parse] gives the document. [Reader.Mapping], [Reader.List] and the others go through it and note what is not as it should
// be; [Scalar.Spot] finds the place of a character within a text, whichever way it is quoted, folded or indented.
package plainyaml
