package graph

import (
	"crypto/sha256"
	"sync"
	"time"
)

// rememberedTokens is how many tokens are remembered; some hundred bytes each.
const rememberedTokens = 10_000

// verified remembers who a good token stands for until it expires, since the same one comes with every request of a client and
// checking it anew costs as much as a small query. Only its hash is kept. A token says the same as long as it is good; what its
// subject may do is asked of the members each time.
type verified struct {
	verify func(token string) (subject string, expires time.Time, err error)

	mu    sync.Mutex
	known map[[sha256.Size]byte]standing
}

type standing struct {
	subject string
	expires time.Time
}

func remembering(verify func(string) (string, time.Time, error)) *verified {
	return &verified{verify: verify, known: map[[sha256.Size]byte]standing{}}
}

// Verify is the verification that is remembered. What is no good, or expires, is always checked anew.
func (v *verified) Verify(token string) (subject string, expires time.Time, err error) {
	key, now := sha256.Sum256([]byte(token)), time.Now()
	v.mu.Lock()
	s, there := v.known[key]
	v.mu.Unlock()
	if there && now.Before(s.expires) {
		return s.subject, s.expires, nil
	}
	if subject, expires, err = v.verify(token); err != nil || !now.Before(expires) {
		return subject, expires, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.known) >= rememberedTokens {
		for k, old := range v.known {
			if !now.Before(old.expires) {
				delete(v.known, k)
			}
		}
		if len(v.known) >= rememberedTokens {
			clear(v.known)
		}
	}
	v.known[key] = standing{subject, expires}
	return subject, expires, nil
}
