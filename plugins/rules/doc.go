// Package rules is the kit for writing a rule set: a program that says whether a community empowerment programme may move on,
// and what is missing if it may not.
//
// A rule set runs as a process of its own beside Berdaya. The two talk by the contract in rules.proto, over gRPC; any language
// can speak it, and this package speaks it for Go. It imports nothing of the server, so a rule set keeps building when the
// server changes inside.
//
// # Writing one
//
// Most rule sets are a [Set]: a table of rules, each a function of the facts that returns nothing when they are fine and
// otherwise says, in English and Indonesian, what is missing:
//
//	func main() {
//		rules.Serve(&rules.Set{
//			Name: "jawa-barat", Version: "1.0.0",
//			Title: rules.Text{EN: "Rules of West Java", ID: "Aturan Jawa Barat"},
//			Facts: []string{rules.Consultations},
//			Rules: []rules.Rule{{
//				Code: "WOMEN_HEARD", Title: rules.Text{EN: "Women were heard", ID: "Perempuan didengar"},
//				Stages: []string{rules.Identify}, Moves: []string{rules.Advance},
//				Severity: rules.Block, Waivable: rules.ByRegion, Path: []string{"consultations"},
//				Check: func(q *rules.Question) rules.Text {
//					for _, c := range q.GetFacts().GetConsultations() {
//						if c.GetFemale() > 0 {
//							return rules.Passed
//						}
//					}
//					return rules.Text{EN: "No consultation had women in it.", ID: "Belum ada musyawarah yang dihadiri perempuan."}
//				},
//			}},
//		})
//	}
//
// A message with numbers is best made by [Values]: the numbers then reach programs by name as well as people in a sentence.
// [Text.At] says more exactly than the rule's path what is missing:
//
//	return rules.Values{"needs": len(needs)}.Text("0 of {needs} needs are ranked.", "0 dari {needs} kebutuhan diberi peringkat.").
//		At("needs", "rank")
//
// Parameters that a region sets for itself have a JSON Schema in [Set.ParametersSchema]: what does not fit is refused, its defaults
// are filled in, and [Decode] reads them into a struct.
//
// Whoever needs more implements [RuleSet]. plugins/rules/rulestest tries a rule set out over the real wire, inside a test.
//
// # What a rule may do
//
// Look at the question, and at nothing else. The time is in the question too; a rule that looks at the clock, a file or the
// network gives different answers to the same question, and then a decision can no longer be explained.
//
// # When a rule breaks
//
// A rule that panics or returns an error becomes a verdict RULE_ERROR, which blocks the move: the other questions of the
// batch, the rule set and Berdaya itself go on. The stack is in the log.
//
// # Logging
//
// A [Set] counts what came of each rule and how long it took; operators see it in the server's metrics, and a rule set of another
// kind adds to them by being [Measured].
//
// [Serve] points log/slog and log at standard error, one JSON object a line; Berdaya passes the lines on to its own log.
// Write nothing to standard output before Serve: its first line is the handshake.
package rules
