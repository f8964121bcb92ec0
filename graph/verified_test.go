package graph

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestAGoodTokenIsCheckedOnceUntilItExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		bad := errors.New("bad")
		end := time.Now().Add(time.Hour)
		v := remembering(func(token string) (string, time.Time, error) {
			calls++
			if token == "bad" || !time.Now().Before(end) {
				return "", time.Time{}, bad
			}
			return "subject of " + token, end, nil
		})
		for range 3 {
			for _, token := range []string{"a", "b"} {
				subject, expires, err := v.Verify(token)
				if subject != "subject of "+token || !expires.Equal(end) || err != nil {
					t.Fatal(subject, expires, err)
				}
			}
		}
		if calls != 2 {
			t.Errorf("two tokens were checked %d times", calls)
		}
		for range 2 {
			if _, _, err := v.Verify("bad"); !errors.Is(err, bad) {
				t.Error(err)
			}
		}
		if calls != 4 {
			t.Errorf("what is no good is remembered: %d", calls)
		}
		time.Sleep(time.Hour)
		if _, _, err := v.Verify("a"); !errors.Is(err, bad) {
			t.Error("an expired token is good:", err)
		}
	})
}

func TestRememberedTokensAreBounded(t *testing.T) {
	t.Parallel()
	v := remembering(func(string) (string, time.Time, error) { return "s", time.Now().Add(time.Hour), nil })
	for i := range rememberedTokens + 10 {
		if _, _, err := v.Verify(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if v.known.Len() > rememberedTokens {
		t.Error(v.known.Len())
	}
}
