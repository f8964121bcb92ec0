package host

import (
	"io/fs"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// go-plugin would remember each for seconds, or for ever.
func TestAProgramThatOffersFurtherConnectionsIsNotListenedTo(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, rawIn("32", "offers"))
	ready(t, h)
	if j := judge(t, h, "32"); len(j.Unavailable) > 0 {
		t.Errorf("%+v", j)
	}
	until(t, "nobody listens", func() bool {
		stacks := make([]byte, 4<<20)
		return !strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "go-plugin.(*GRPCBroker).")
	})
}

// The first program's socket has no TLS, as those of other languages. Whoever poses as it could have us ask it in their place, and tell
// it to end.
func TestAProgramThatNamesTheSocketOfAnotherIsNotAsked(t *testing.T) {
	t.Parallel()
	h := newHost(t, nil, rawIn("32", "plain"))
	ready(t, h)
	var socket string
	_ = filepath.WalkDir(h.place.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type() == fs.ModeSocket {
			socket = path
		}
		return nil
	})
	want := map[string]string{"names": "is not in the folder", "links": "to a process of another user"}
	if !h.identities.each {
		delete(want, "links") // they share a user
	}
	regions := map[string]string{"names": "33", "links": "34"}
	for way := range want {
		if err := h.Bind(Binding{RuleSet: "raw", Region: regions[way], Command: as("poses", way, socket)}); err != nil {
			t.Fatal(err)
		}
	}
	for way, says := range want {
		until(t, "it is found out and left alone", func() bool {
			s := statusOf(h, "raw", regions[way])[0]
			return s.State == Open && strings.Contains(s.LastError, says)
		})
	}
	if s := statusOf(h, "raw", "32")[0]; s.State != Ready || s.Restarts > 0 || len(s.Failures) > 0 {
		t.Errorf("%+v", s)
	}
	if j := judge(t, h, "32"); len(j.Unavailable) > 0 {
		t.Errorf("%+v", j)
	}
}
