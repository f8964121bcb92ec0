// Package cluster runs a private PostgreSQL from the machine's own binaries, so that one command works on an empty machine.
//
// # A folder is a cluster
//
//	DIR/lock          held (flock) by the Berdaya that runs the cluster; says its process number
//	DIR/data/         PostgreSQL's own data directory
//	DIR/password      of the role berdaya, random, made at the first start
//	DIR/run/          the unix socket, unless the path is too long for one (then a folder under /tmp)
//	DIR/postgres.log  what PostgreSQL says, and postgres.log.1 before that; each at most 1 MB
//
// The data directory is made under another name and renamed when it is whole, so a start that was killed half-way leaves
// nothing that a later one could mistake for a cluster.
//
// # Who may connect
//
// Whoever has the password, by the unix socket; and by a loopback port if one is asked for. Nobody else, and from no other
// machine.
//
// # Life and death
//
// PostgreSQL runs in a process group of its own, so that a terminal's Ctrl-C reaches us alone and we stop it in order:
// [Cluster.Stop] asks for a fast shutdown, then an immediate one, then kills, each within a bound. If we are killed, package
// deathsig has PostgreSQL get SIGQUIT, its immediate shutdown. The next [Start] waits for what may still be ending, and
// PostgreSQL recovers what was committed from its log.
//
// The lock, not postmaster.pid, says whether a cluster is in use: the kernel frees it with its holder, and no later process
// with the same number can be mistaken for the holder.
//
// # As root
//
// PostgreSQL refuses to run as root. We then run it as the owner of the data, or as postgres, or as nobody, and give that
// account the cluster's folder. It must also be able to reach the folder, which is why root's default is not under /root.
package cluster
