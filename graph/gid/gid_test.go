package gid_test

import (
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/graph/gid"
	_ "github.com/berdaya/berdaya/internal/seeded"
)

func TestAnIDComesBackAsItWasMade(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "uuid"))
		id := gid.New("Need", want)
		if got, err := gid.UUID("Need", id); err != nil || got != want || gid.Type(id) != "Need" {
			t.Fatalf("%v %v %v", got, err, gid.Type(id))
		}
		if _, err := gid.UUID("Report", id); err == nil {
			t.Fatal("the id of a need was taken for that of a report")
		}
	})
	if code, err := gid.RegionCode(gid.Region("32.73")); err != nil || code != "32.73" {
		t.Fatal(code, err)
	}
}

func FuzzIDsNeverPanic(f *testing.F) {
	f.Add(gid.Region("ID"))
	f.Fuzz(func(_ *testing.T, s string) {
		_, _ = gid.UUID(gid.Type(s), s)
		_, _ = gid.RegionCode(s)
	})
}
