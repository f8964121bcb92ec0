// Package declarative runs rule files: rules that an office writes as text, in YAML and CEL, without a compiler.
//
// A rule file has rules, what there is to do in a stage, the parameters that regions decide, and tests. example.yaml is one to
// begin with and explains itself; docs/regional-offices.md is the reference.
//
// # From text to verdicts
//
//	text ─ reader ─→ source ─ compiler ─→ Program ─ RuleSet ─→ verdicts
//	      (reader.go, source.go)  (compile.go)      (evaluate.go)
//
// [Compile] reads the YAML with the place of every word (reader.go), keeps what was written with those places (source.go), and makes
// CEL programs of the expressions (compile.go). Everything that is wrong is found in one go and named by line and column, inside
// an expression too: place.go follows a text through YAML's folding, indentation and escapes.
//
// A [Program] never changes. [Program.RuleSet] gives a rule set by it that takes the parameters of a region, so regions that use
// the same file share what was compiled. Which groups of facts a rule needs is read off its expressions.
//
// # Expressions
//
// words.go is the language: the messages of the contract as typed variables, the move, the stage, the time, and `params`. A field that
// the contract has not is found when the file is checked, not when a programme moves. functions.go adds the few functions that
// the field needs; libraries of CEL give the others. Nothing in it can look at a clock, at chance or at anything outside the
// question, so the same question gets the same answer.
//
// # What a rule may cost
//
// CEL has no endless loop, but loops within loops over large facts take long. CEL counts the steps of an expression while it works, and
// ends one that takes more than 200,000; all rules about one programme together have 1,000,000. A step takes some 30 to 100
// nanoseconds, so a rule ends within about twenty milliseconds and a decision within a hundred. It is the count that decides and not
// the clock, so a slow machine judges as a quick one does. The deadline of a call ends expressions as well, and then there is no
// verdict at all. cost.go tells beforehand what a rule costs where every list has a hundred entries, and warns.
//
// What one function does by itself, such as comparing lists of lists, is counted when it is over. guard.go asks beforehand, so
// that no function begins what a rule may not take.
//
// Compiling is bounded by the sizes of the file, of an expression and of all of them, by the depth to which things nest, and by
// what macros make of an expression.
//
// # When a rule breaks
//
// A rule whose expression cannot be worked out (a day that is none, an overflow, too many steps, a parameter that nobody set) is
// answered as RULE_ERROR, which blocks and names the rule and the reason; the other rules are heard all the same. Where the days of
// a stage cannot be worked out, the stage gets its default duration.
//
// # The process
//
// [Serve] is the process that the server starts for all rule files at once. It serves the rules' contract, and beside it the service
// in files.proto by which the server loads and unloads files, each under a revision, while others are asked (revisions.go).
package declarative
