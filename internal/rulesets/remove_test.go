package rulesets_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/rulesets"
	"github.com/berdaya/berdaya/workflow"
)

// removes does the job that removes content, after a while.
func (o *office) removes(after time.Duration) {
	o.clock.goOn(after)
	if err := o.Remove(o.ctx, workflow.JobRun{}); err != nil {
		o.fails("%v", err)
	}
}

func TestContentOfAVersionThatFailedIsThereForAMonthAndBackWithTheNextUpload(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	content := packed("prog 1 wrong")
	id, err := o.uploads(ani, content, of("32"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		o.check()
		o.removes(rulesets.Unneeded)
		v, err := o.Content(t.Context(), ani, "prog", "1")
		if err != nil || v.State != domain.VersionFailed {
			t.Fatal("it is gone too soon:", err)
		}
		o.removes(time.Second)
		if _, err := o.Content(t.Context(), ani, "prog", "1"); domain.CodeOf(err) != domain.CodeNotFound || !strings.Contains(err.Error(), "was removed on") {
			t.Error(err)
		}
		eka := admin("eka", domain.RegionalAdmin, "33")
		if _, err := o.Content(t.Context(), eka, "prog", "1"); domain.CodeOf(err) != domain.CodeNotFound || strings.Contains(err.Error(), "removed") {
			t.Error("who may not have it learns more:", err)
		}
		if again, err := o.uploads(ani, content, nil, nil); err != nil || again != id {
			t.Fatal(again, err)
		}
		var back bytes.Buffer
		if err := o.WriteContent(t.Context(), o.version(id), &back); err != nil || !bytes.Equal(back.Bytes(), content) {
			t.Fatal("it does not come back:", err)
		}
	}
}

// TestContentThatIsUploadedAgainIsThereWheneverItIsRemoved has many upload versions that failed while their content is removed.
func TestContentThatIsUploadedAgainIsThereWheneverItIsRemoved(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const many = 12
	ids, contents := make([]uuid.UUID, many), make([][]byte, many)
	for i := range many {
		contents[i] = packed(fmt.Sprintf("prog-%d 1 wrong", i))
		var err error
		if ids[i], err = o.uploads(ani, contents[i], of("32"), nil); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		o.check()
		o.clock.goOn(rulesets.Unneeded + time.Second)
		var all sync.WaitGroup
		for range 2 { // servers
			all.Go(func() {
				if err := o.Remove(t.Context(), workflow.JobRun{}); err != nil {
					t.Error(err)
				}
			})
		}
		for i := range many {
			all.Go(func() {
				if _, err := o.uploads(ani, contents[i], nil, nil); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for i, id := range ids {
			var back bytes.Buffer
			if err := o.WriteContent(t.Context(), o.version(id), &back); err != nil || !bytes.Equal(back.Bytes(), contents[i]) {
				t.Errorf("prog-%d: %d bytes, %v", i, back.Len(), err)
			}
		}
	}
}
