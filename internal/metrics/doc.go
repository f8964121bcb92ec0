// Package metrics gives figures of what the server does to whoever runs it, in the form that Prometheus reads.
//
// # Two kinds
//
// Some figures are of this server alone since it was started: moves, blocks, how long things took. They are counted as things
// happen; [Metrics] is the moving.Observer that counts moves. Others are of the database, and the same whichever server is
// asked: how many programmes stand in a stage, how long jobs wait. Those are read when somebody asks for the metrics, and at
// most once in [FreshFor] or longer, however many ask and however often. What cannot be read is left out until it can, and counted.
// Another package adds its own by [Metrics.FromDatabase], or by [Metrics.Register] what it counts itself.
//
// # Bounds
//
// Each combination of labels is a series that a Prometheus keeps for weeks. Stages, moves and kinds of jobs are few. Codes of
// rules come from programs that regional offices write, so after the first [rulesBound] of them others are counted together;
// so are versions of rule sets in regions, after the first [ruleSetsBound]. No label ever carries a person or a programme, and
// the only region in one is that for which a rule set was put to work.
//
// # Where
//
// The handler belongs on a listener of its own, never beside GraphQL: what is in it is no secret, but nobody's business
// either.
package metrics
