package graph_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph"
)

// halting is an upload whose file has begun and does not go on until it is let.
type halting struct {
	answer chan string // the status and the code
	goOn   chan struct{}
	*io.PipeWriter
}

// begins sends the begin of a file in somebody's name and waits until the server reads it.
func (v *village) begins(subject string) *halting {
	v.Helper()
	whole, media := form(0, operations(uploading, map[string]any{"file": nil, "regionCode": "32"}), part{"map", "", `{"0": ["variables.input.file"]}`}, part{"0", "f", "BEGINS"})
	head, tail, _ := bytes.Cut(whole, []byte("BEGINS"))
	out, in := io.Pipe()
	h := &halting{make(chan string, 1), make(chan struct{}), in}
	go func() {
		r, _ := http.NewRequestWithContext(v.Context(), http.MethodPost, v.url, out)
		r.Header = http.Header{"Content-Type": {media}, "Authorization": {"Bearer " + subject}, "Accept": {"application/graphql-response+json"}, "Accept-Language": {"en"}}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			h.answer <- err.Error()
			return
		}
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		h.answer <- answer.Status + string(text)
	}()
	go func() {
		_, _ = in.Write(slices.Concat(head, []byte("half-"+subject)))
		<-h.goOn
		_, _ = in.Write(slices.Concat([]byte(" 1"), tail))
		_ = in.Close()
	}()
	return h
}

// small uploads a small rule file and gives what is said.
func (v *village) small(subject, region, text string) string {
	v.Helper()
	body, media := form(0, operations(uploading, map[string]any{"file": nil, "regionCode": region}), part{"map", "", `{"0": ["variables.input.file"]}`}, part{"0", "f", text})
	_, said := v.uploads(subject, media, bytes.NewReader(body))
	return said
}

func TestEachHasOneFileOnItsWayInSoNobodyTakesAllTheRoom(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	h := v.begins("citra")
	deadline := time.Now().Add(patience)
	for said := ""; !strings.Contains(said, "another file of yours is on its way"); said = v.small("citra", "32", "other 1") {
		if time.Now().After(deadline) {
			t.Fatal("a second file of the same person is taken:", said)
		}
		select {
		case <-h.answer: // the other was in when it came
			close(h.goOn)
			h = v.begins("citra")
		default:
		}
	}
	if said := v.small("eka", "33", "another 1"); !strings.Contains(said, `"version":"1"`) {
		t.Error("another person's is not:", said)
	}
	close(h.goOn)
	if said := <-h.answer; !strings.Contains(said, `"version":"1"`) {
		t.Error("the first:", said)
	}
	if said := v.small("citra", "32", "next 1"); !strings.Contains(said, `"version":"1"`) {
		t.Error("the next, once the first is there:", said)
	}
}

func TestAFileThatStopsComingGivesItsRoomBack(t *testing.T) {
	t.Parallel()
	v := newVillage(t, func(c *graph.Config) { c.UploadPace = 2 * time.Second })
	h := v.begins("citra")
	if said := <-h.answer; !strings.HasPrefix(said, "408") || !strings.Contains(said, string(domain.CodeUnavailable)) || !strings.Contains(said, "too slowly") {
		t.Error(said)
	}
	close(h.goOn)
	if said := v.small("citra", "32", "next 1"); !strings.Contains(said, `"version":"1"`) {
		t.Error("its room is still taken:", said)
	}
}
