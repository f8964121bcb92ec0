package token_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/token"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const text = "0123456789abcdef0123456789abcdef"

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func secret(t *testing.T) token.Secret {
	t.Helper()
	s, err := token.ParseSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestATokenCarriesItsSubjectUntilItExpires(t *testing.T) {
	t.Parallel()
	s := secret(t)
	made, err := token.NewIssuer(s, at(noon)).Issue("dev-viewer-32", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for after, want := range map[time.Duration]string{0: "", 59 * time.Minute: "", time.Hour + 29*time.Second: "",
		time.Hour + 31*time.Second: "expired", -29 * time.Second: "", -31 * time.Second: "not valid"} {
		subject, expires, err := token.NewVerifier(s, at(noon.Add(after))).Verify(made)
		if want == "" {
			if err != nil || subject != "dev-viewer-32" || !expires.Equal(noon.Add(time.Hour)) {
				t.Errorf("after %v: %q, %v, %v", after, subject, expires, err)
			}
			continue
		}
		if domain.CodeOf(err) != domain.CodeUnauthenticated || !strings.Contains(err.Error(), want) {
			t.Errorf("after %v: %v, want it to say %q", after, err, want)
		}
	}
}

func TestOnlyTokensOfOurOwnAreValid(t *testing.T) {
	t.Parallel()
	claims := func(change func(jwt.MapClaims)) jwt.MapClaims {
		c := jwt.MapClaims{"iss": "berdaya", "aud": "berdaya", "sub": "somebody", "iat": noon.Unix(), "exp": noon.Add(time.Hour).Unix()}
		change(c)
		return c
	}
	signed := func(m jwt.SigningMethod, c jwt.MapClaims, key any) string {
		made, err := jwt.NewWithClaims(m, c).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	same := func(jwt.MapClaims) {}
	good := signed(jwt.SigningMethodHS256, claims(same), []byte(text))
	without := func(name string) string {
		return signed(jwt.SigningMethodHS256, claims(func(c jwt.MapClaims) { delete(c, name) }), []byte(text))
	}
	with := func(name string, v any) string {
		return signed(jwt.SigningMethodHS256, claims(func(c jwt.MapClaims) { c[name] = v }), []byte(text))
	}
	v := token.NewVerifier(secret(t), at(noon))
	if _, _, err := v.Verify(good); err != nil {
		t.Fatal("the good one is refused:", err)
	}
	for name, bad := range map[string]string{
		"empty": "", "no token": "hello", "cut": good[:len(good)-2], "more": good + "x", "huge": strings.Repeat("a", 5000),
		"unsigned": signed(jwt.SigningMethodNone, claims(same), jwt.UnsafeAllowNoneSignatureType), "another method": signed(jwt.SigningMethodHS512, claims(same), []byte(text)),
		"another secret": signed(jwt.SigningMethodHS256, claims(same), []byte(strings.Repeat("x", 32))),
		"no subject":     without("sub"), "no issuer": without("iss"), "no audience": without("aud"), "no expiry": without("exp"), "no time of issue": without("iat"),
		"another issuer": with("iss", "somebody"), "another audience": with("aud", "others"), "subject too long": with("sub", strings.Repeat("s", 201)),
		"from the future": with("iat", noon.Add(time.Hour).Unix()), "good for too long": with("exp", noon.Add(31*24*time.Hour).Unix()),
		"expired with another secret": signed(jwt.SigningMethodHS256, claims(func(c jwt.MapClaims) { c["exp"] = 1 }), []byte("y")),
	} {
		_, _, err := v.Verify(bad)
		if domain.CodeOf(err) != domain.CodeUnauthenticated || !strings.Contains(err.Error(), "not valid") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnIssuerKeepsToItsBounds(t *testing.T) {
	t.Parallel()
	i := token.NewIssuer(secret(t), at(noon))
	for _, bad := range []struct {
		subject string
		ttl     time.Duration
	}{{"", time.Hour}, {strings.Repeat("s", 201), time.Hour}, {"s", 0}, {"s", -time.Hour}, {"s", token.Longest + time.Second}} {
		if _, err := i.Issue(bad.subject, bad.ttl); domain.CodeOf(err) != domain.CodeBadUserInput {
			t.Errorf("%.10q for %v: %v", bad.subject, bad.ttl, err)
		}
	}
}

func TestASecretIsMadeOnceAndForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret")
	made := make([]string, 20)
	var all sync.WaitGroup
	for i := range made {
		all.Go(func() {
			s, err := token.EnsureSecret(path)
			if err != nil {
				t.Error(err)
				return
			}
			made[i], _ = token.NewIssuer(s, at(noon)).Issue("s", time.Hour)
		})
	}
	all.Wait()
	for _, m := range made {
		if m != made[0] {
			t.Fatal("two secrets were made")
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info.Mode(), err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("%d files are left", len(left))
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := token.ReadSecret(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Error(err)
	}
	if _, err := token.ReadSecret(path + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestASecretIsLongEnoughAndNeverPrinted(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "short", strings.Repeat(" ", 40), strings.Repeat("s", 4097)} {
		if _, err := token.ParseSecret(bad); domain.CodeOf(err) != domain.CodeBadUserInput {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
	s := secret(t)
	if printed := fmt.Sprintf("%v %+v %#v %s", s, s, s, s); strings.Contains(printed, "0123") {
		t.Error(printed)
	}
}
