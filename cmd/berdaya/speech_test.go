package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/berdaya/berdaya/domain"
)

func TestWhatARuleSetSaysCannotSteerATerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	text := "a\tb\n\x1b[2Jc\r\a\u009b31m\u202egnirts é\n"
	if n, err := (printable{&out}).Write([]byte(text)); err != nil || n != len(text) {
		t.Error(n, err)
	}
	if want := "a\tb\n�[2Jc���31m�gnirts é\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestAnErrorIsSaidInTheLanguageOfTheCommand(t *testing.T) {
	t.Parallel()
	err := domain.Problems{domain.Errorf(domain.CodeForbidden, "you may not").In("Anda tidak boleh").At("region"), domain.Errorf(domain.CodeUnavailable, "nobody is there")}
	for locale, want := range map[domain.Locale]string{
		domain.English:    "berdaya: FORBIDDEN: region: you may not\nberdaya: UNAVAILABLE: nobody is there\n",
		domain.Indonesian: "berdaya: FORBIDDEN: region: Anda tidak boleh\nberdaya: UNAVAILABLE: nobody is there\n",
	} {
		var out bytes.Buffer
		if printError(&out, err, locale); out.String() != want {
			t.Errorf("%q, want %q", out.String(), want)
		}
	}
}

// TestACommandWhoseAnswerIsLostIsGivenAgainWithItsKey lets a server carry out a rollback and go away before it answers.
func TestACommandWhoseAnswerIsLostIsGivenAgainWithItsKey(t *testing.T) {
	t.Parallel()
	done := map[string]int{} // what was done under each key
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var given struct {
			Variables struct {
				Input struct{ IdempotencyKey string }
			}
		}
		if err := json.NewDecoder(r.Body).Decode(&given); err != nil {
			t.Error(err)
		}
		key := given.Variables.Input.IdempotencyKey
		if asked++; done[key] == 0 {
			done[key] = len(done) + 1
		}
		if asked == 1 {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprintf(w, `{"data": {"rollbackRuleSet": {"revision": %d, "activation": {"version": {"version": "1"}}, "userErrors": []}}}`, done[key])
	}))
	defer server.Close()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("a token"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetArgs([]string{"plugin", "rollback", "jabar", "--region", "32", "--server", server.URL, "--token-file", token, "--lang", "en"})
	if err := root.ExecuteContext(t.Context()); err != nil || !strings.HasPrefix(out.String(), "revision 1 in 32: jabar@1 ") || len(done) != 1 || asked != 2 {
		t.Errorf("%v, %q, done %v, asked %d times", err, out.String(), done, asked)
	}
}
