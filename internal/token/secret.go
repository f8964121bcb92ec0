package token

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/berdaya/berdaya/domain"
)

// Of a secret, in bytes.
const (
	secretLeast = 32
	secretMost  = 4096
)

// Secret is what tokens are signed with.
type Secret struct{ key []byte }

// String hides it, wherever it is printed.
func (Secret) String() string { return "(secret)" }

// GoString hides it as well.
func (Secret) GoString() string { return "(secret)" }

// ParseSecret takes a text of 32 to 4096 bytes, blanks at the ends apart. It cannot tell whether the text is random; whoever
// sets it must make it so. The error has CodeBadUserInput.
func ParseSecret(text string) (Secret, error) {
	text = strings.TrimSpace(text)
	if len(text) < secretLeast || len(text) > secretMost {
		return Secret{}, domain.Errorf(domain.CodeBadUserInput, "a token secret has %d to %d bytes, this one has %d: make one with openssl rand -hex 32",
			secretLeast, secretMost, len(text))
	}
	return Secret{[]byte(text)}, nil
}

// ReadSecret reads a secret from a file. On systems with permissions nobody but the owner may read the file.
func ReadSecret(path string) (Secret, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Secret{}, domain.Errorf(domain.CodeUnavailable, "the token secret cannot be read: %w", err)
	}
	if open := info.Mode().Perm() & 0o077; open != 0 && runtime.GOOS != "windows" {
		return Secret{}, domain.Errorf(domain.CodeBadUserInput, "others may read the token secret: chmod 600 %s", path)
	}
	if info.Size() > 2*secretMost {
		return Secret{}, domain.Errorf(domain.CodeBadUserInput, "the token secret in %s is too long", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Secret{}, domain.Errorf(domain.CodeUnavailable, "the token secret cannot be read: %w", err)
	}
	return ParseSecret(string(text))
}

// EnsureSecret reads a secret from a file, after writing a random one there if the file is not there yet. Two processes that
// do so at once get the same secret.
func EnsureSecret(path string) (Secret, error) {
	secret, err := ReadSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	random := make([]byte, secretLeast)
	_, _ = rand.Read(random)                                             // it never fails
	written, err := os.CreateTemp(filepath.Dir(path), ".token-secret-*") // only the owner may read it
	if err != nil {
		return Secret{}, domain.Errorf(domain.CodeUnavailable, "the token secret cannot be written: %w", err)
	}
	defer func() { _ = os.Remove(written.Name()) }()
	_, err = written.WriteString(hex.EncodeToString(random) + "\n")
	if err = errors.Join(err, written.Sync(), written.Close()); err != nil {
		return Secret{}, domain.Errorf(domain.CodeUnavailable, "the token secret cannot be written: %w", err)
	}
	// A link, unlike a rename, does not replace what another process put there in the meantime.
	if err := os.Link(written.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return Secret{}, domain.Errorf(domain.CodeUnavailable, "the token secret cannot be written: %w", err)
	}
	return ReadSecret(path)
}

// Derive gives another key of 32 bytes for another purpose, from which the secret cannot be found.
func (s Secret) Derive(purpose string) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(purpose))
	return mac.Sum(nil)
}
