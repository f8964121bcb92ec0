package host

import (
	"math/rand/v2"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// identity is as whom a rule set runs, and how far from others.
type identity struct {
	user      *syscall.Credential // nil: our own
	processes int                 // that it may have at a time, threads included; 0 where its user has others as well
	apart     bool                // in a namespace of process numbers: it sees no other process, and all it started end with it
}

// A rule set gets a user of its own where we are root: one that no account has, from the numbers that systemd, too, gives to
// services for as long as they run. It can then neither signal nor trace another rule set, and uses up only its own processes.
const (
	firstUser     = 61184
	users         = 65519 - firstUser + 1
	mostProcesses = 256 // threads included
)

// identities gives rule sets their users.
type identities struct {
	shared *syscall.Credential // that the options name, or nobody; nil: our own user
	each   bool                // whether each rule set has its own
	apart  bool

	mu    sync.Mutex
	taken map[uint32]bool
}

// newIdentities finds out what this system lets us do. With a name all rule sets run as that user.
func newIdentities(p *place, name string, together bool) *identities {
	n := &identities{taken: map[uint32]bool{}, apart: !together && os.Geteuid() == 0 && canBeApart()}
	if os.Geteuid() != 0 {
		return n
	}
	if n.each = name == "" && p.canBe(firstUser+users-1); n.each {
		n.shared = &syscall.Credential{Uid: firstUser, Gid: firstUser}
		return n
	}
	as := &syscall.Credential{Uid: 65534, Gid: 65534} // nobody, where the name is unknown
	if name == "" {
		name = "nobody"
	}
	if u, err := user.Lookup(name); err == nil {
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		if errUID == nil && errGID == nil {
			as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	if p.canBe(as.Uid) {
		n.shared = as
	}
	return n
}

// take gives a rule set its identity. At random, so that two servers on one machine hardly ever give the same.
func (n *identities) take() identity {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.each || len(n.taken) > users/2 {
		return identity{user: n.shared, apart: n.apart}
	}
	for {
		i := identity{user: &syscall.Credential{}, processes: mostProcesses, apart: n.apart}
		i.user.Uid = firstUser + rand.Uint32N(users)
		i.user.Gid = i.user.Uid
		// Where what a rule set leaves behind is ended by its user, that must not be another server's.
		if !n.taken[i.user.Uid] && (n.apart || len(ofUser(i)) == 0) {
			n.taken[i.user.Uid] = true
			return i
		}
	}
}

func (n *identities) giveBack(i identity) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if i.user != nil {
		delete(n.taken, i.user.Uid)
	}
}

// canBe tells whether this system lets us give things to a user, as a container that knows only one does not.
func (p *place) canBe(user uint32) bool {
	probe := filepath.Join(p.dir, "probe")
	defer os.Remove(probe)
	return os.WriteFile(probe, nil, 0o600) == nil && os.Chown(probe, int(user), int(user)) == nil
}
