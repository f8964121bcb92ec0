// Package plugins carries what an author of a rule program starts from: the kit for Go as source, the contract, and first
// modules in Go and in JavaScript. They come out of the program that is at hand, so an author needs no other download, and the kit
// always fits the server that it came with.
package plugins

import "embed"

// source is the kit and the templates. Tests of the kit stay at home.
//
//go:embed kit.mod kit.sum templates
//go:embed conformance/*.go rules/*.go rules/rules.proto rules/rulespb/*.go rules/rulestest/*.go
//go:embed examples/javascript-trainings/*.js examples/javascript-trainings/*.proto examples/javascript-trainings/package*.json
var source embed.FS
