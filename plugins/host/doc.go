// Package host runs rule sets as processes of their own and asks them what they say to a move. It is what the workflow engine
// knows as [workflow.Rules].
//
// # From a question to a judgement
//
// [Host.Judge] takes a batch of questions. Each programme is bound by the rule sets of its region and of every region above:
// the nation's bind all. Facts are put into the contract's words once, each rule set gets the groups it asked for, and all are
// asked at the same time, in batches of 500 questions or 2 MiB, with a deadline. What they say is put together from the nation
// downwards: blocks and checklists unite, the earliest due date wins.
//
// An answer counts only if it keeps the contract: as many answers as questions, each with the id of its programme, with rules,
// severities and waivers as the rule set declared them, and a verdict of every rule that had to speak. Anything else, like an
// answer that is late or never comes, is named in Judgement.Unavailable. Silence never passes.
//
// # What is at work
//
// [Host.Bind] puts a rule set to work that comes with the server. What regional offices have at work comes from a [Source], the
// catalogue: [Host.Follow] asks it once a second and makes a table of it, which says for every region which activation binds
// whom, as workflow.Bound has it. The table never changes; another takes its place in one step. It is made of what is READY: as
// long as a version has never answered, the one that judged before goes on, and where there was none, moves are unavailable. A
// version that has once judged is never fallen back from: if it is down, its moves are unavailable until it is back or
// something else is put to work. Nor is what the catalogue names when a server starts, since it may have judged elsewhere or
// before the stop. That keeps an answer from coming from another version than the one in force.
//
// Who asks takes the table once, counts itself in on every run that it needs, and only then asks. A run that no table has any
// more lets nobody in, waits for those who are in, and ends; who finds the door shut looks at the table again, which is another
// by then. So a swap fails nobody. Facts are read before rules are asked, though, and a version that comes to work in between may
// need others: such a question is not put to it, and Judgement.Stale says to read the facts anew.
//
// While the source cannot be read, what is at work stays. A server reads it once before it starts, so it never judges as if
// offices had no rules.
//
// # Rule files
//
// All rule files run in one process of the stock program, each loaded under the key of its revision. To those who ask, each is a run
// like any other: eight calls of its own in flight, a pace of its own when it cannot be loaded, its own failures. The breaker is
// the process's. A file that brings the process down while it is loaded, twice, is left alone for ten minutes. Those that were
// asked at two of its ends get a process of their own.
//
// # Programs
//
// An office's program is a tar.gz with a manifest ([Pack], [ParseManifest]), told by its SHA-256. It is unpacked into a folder
// of that name, once for all servers that share the folder, after its sum was checked. A runtime that its manifest names is one that
// the operator declared.
//
// [Host.CheckVersion] runs one through the conformance suite, and [Host.Try] runs any version beside those at work, for
// whatever somebody wants to ask it: simulation, replay and shadows are made of that. Both have a process of their own for it, rule
// files too: what nobody has checked yet does not share one with what is at work.
//
// # What is seen
//
// [Host.Status] tells of each run its state, its process's memory and time, and its last failures, the same ones counted;
// [Host.Logs] its last lines; [Observer] each call.
//
// # Processes
//
// A rule set's program is copied into a folder named by its content, and run from there: in a process group and a folder of
// its own, without our environment, with limits on memory, open files and the size of files, over a Unix socket with mutual
// TLS, or without where the program brings no certificate, as in languages that cannot make one: then a folder that only its
// own user can enter is what keeps others from the socket. It dies with us, even when we are killed. Where we are root it also
// gets a user of its own, which no account has, with a limit on processes; and, on Linux, a namespace of process numbers, with
// which everything ends that it started. This keeps a program with faults from hurting others. It is no jail for a program
// that means harm: it can read what everybody can read, and use the network and the processor; where we are not root, it can
// also start processes without bound that leave its group.
//
// # Supervision
//
//	STARTING ──→ READY ──→ DRAINING ──→ STOPPED
//	   ↑ ↓         │ crash, or no answer to two health checks
//	 BACKOFF ←─────┤
//	               ↓ the third crash in ten minutes
//	             OPEN ──→ HALF_OPEN ──→ READY
//
// After a first and a second crash the process is back within seconds (0.5 s and 1 s, give or take a fifth, plus the start).
// From the third in ten minutes on the breaker opens for 10 s, and for twice as long each time, up to two minutes; then one
// start is tried. Meanwhile the rule set is unavailable, and nothing else is.
//
// # What go-plugin leaves to us
//
// go-plugin brings the handshake, the socket, mutual TLS and the stream of output. Version 1.8 has these traps, each with a
// test here: it panics on a line {"@message": 1} on standard error, so its logger is off and we read the lines; Kill and Ping
// wait for ever on a frozen process, so we have deadlines and end the process group; its broker remembers every connection that a
// program offers, so nobody listens to it; a process that something it started
// survives never seems to end, and a long line on standard output stops its reader, so the runner is ours; sockets stay behind
// after a kill, so each process has a folder that we remove; the parent's death signal is per thread, see internal/deathsig.
package host
