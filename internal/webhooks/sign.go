package webhooks

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// prefix leads a secret as it is shown, by the convention of Standard Webhooks.
const prefix = "whsec_"

// secretLength is that of a secret, in bytes.
const secretLength = 32

// Secret is what the messages to one webhook are signed with.
type Secret struct{ key []byte }

// NewSecret makes a secret.
func NewSecret() Secret {
	key := make([]byte, secretLength)
	_, _ = rand.Read(key) // it never fails
	return Secret{key}
}

// Shown gives the secret as its receiver needs it. Nothing else does.
func (s Secret) Shown() string { return prefix + base64.StdEncoding.EncodeToString(s.key) }

// String hides it, wherever it is printed.
func (Secret) String() string { return "(secret)" }

// GoString hides it as well.
func (Secret) GoString() string { return "(secret)" }

// Sign gives the signature of a message: over its id, the second in which it is sent and its body.
func (s Secret) Sign(id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Sealer seals secrets for the database, each for its webhook, so that neither whoever reads the database alone nor whoever
// puts one row's secret into another gains anything.
type Sealer struct{ aead cipher.AEAD }

// NewSealer makes one with a key of 32 bytes.
func NewSealer(key []byte) (Sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return Sealer{}, err
	}
	aead, err := cipher.NewGCM(block)
	return Sealer{aead}, err
}

// Seal seals a secret.
func (s Sealer) Seal(webhook uuid.UUID, secret Secret) []byte {
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce)
	return s.aead.Seal(nonce, nonce, secret.key, webhook[:])
}

var errSealed = errors.New("the webhook's secret cannot be opened: it was sealed with another token secret; have an admin make a new one")

// Open opens a sealed secret.
func (s Sealer) Open(webhook uuid.UUID, sealed []byte) (Secret, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return Secret{}, errSealed
	}
	key, err := s.aead.Open(nil, sealed[:n], sealed[n:], webhook[:])
	if err != nil {
		return Secret{}, errSealed
	}
	return Secret{key}, nil
}

// Verify tells whether a signature header is right for a message, as a receiver would. It is here so that the documentation's
// example is one that tests run.
func Verify(shown, id, timestamp, signatures string, body []byte) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(shown, prefix))
	seconds, err2 := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || err2 != nil {
		return false
	}
	want := Secret{key}.Sign(id, time.Unix(seconds, 0), body)
	for given := range strings.FieldsSeq(signatures) {
		if hmac.Equal([]byte(given), []byte(want)) {
			return true
		}
	}
	return false
}
