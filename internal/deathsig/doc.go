// Package deathsig starts processes that do not outlive this one, however it ends: by return, by panic, by SIGKILL.
//
// On Linux the kernel does it: a process may ask for a signal when its parent dies (PR_SET_PDEATHSIG). The trap is that
// "parent" means the thread that started it, not the process, and the Go runtime ends threads as it likes. So every process
// is started from one goroutine that is locked to its thread and never ends.
//
// Elsewhere a small shell waits at the other end of a pipe. The kernel closes our end when we die, the shell wakes up and
// sends the signal.
//
// The signal reaches the process that was started, not its children. A program that starts children must end them itself
// when it gets the signal; PostgreSQL does at SIGQUIT.
package deathsig
