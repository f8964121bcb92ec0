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
// # Processes
//
// A rule set's program is copied into a folder named by its content, and run from there: in a process group and a folder of
// its own, without our environment, with limits on memory, open files and the size of files, over a Unix socket with mutual
// TLS, or without where the program brings no certificate, as in languages that cannot make one: then a folder that only its
// own user can enter is what keeps others from the socket. It dies with us, even when we are killed. Where we are root it also gets a user of its own, which no account has, with
// a limit on processes; and, on Linux, a namespace of process numbers, with which everything ends that it started. This keeps
// a program with faults from hurting others. It is no jail for a program that means harm: it can read what everybody can read,
// and use the network and the processor; where we are not root, it can also start processes without bound that leave its group.
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
// wait for ever on a frozen process, so we have deadlines and end the process group; a process that something it started
// survives never seems to end, and a long line on standard output stops its reader, so the runner is ours; sockets stay behind
// after a kill, so each process has a folder that we remove; the parent's death signal is per thread, see internal/deathsig.
package host
