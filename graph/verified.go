package graph

import (
	"crypto/sha256"
	"time"

	"github.com/berdaya/berdaya/internal/expiring"
)

// rememberedTokens is how many tokens are remembered; some hundred bytes each.
const rememberedTokens = 10_000

// verified remembers who a good token stands for until it expires, since the same one comes with every request of a client and
// checking it anew costs as much as a small query. Only its hash is kept. A token says the same as long as it is good; what its
// subject may do is asked of the members each time.
type verified struct {
	verify func(token string) (subject string, expires time.Time, err error)
	known  *expiring.Map[[sha256.Size]byte, standing]
}

type standing struct {
	subject string
	expires time.Time
}

func remembering(verify func(string) (string, time.Time, error)) *verified {
	return &verified{verify: verify, known: expiring.New[[sha256.Size]byte, standing](rememberedTokens)}
}

// Verify is the verification that is remembered. What is no good, or expires, is always checked anew.
func (v *verified) Verify(token string) (subject string, expires time.Time, err error) {
	key, now := sha256.Sum256([]byte(token)), time.Now()
	if s, ok := v.known.Get(key, now); ok {
		return s.subject, s.expires, nil
	}
	if subject, expires, err = v.verify(token); err != nil || !now.Before(expires) {
		return subject, expires, err
	}
	v.known.Put(key, standing{subject, expires}, expires, now)
	return subject, expires, nil
}
