package host

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

var updateRecorded = flag.Bool("update-recorded", false, "write the golden files of facts that are kept")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *updateRecorded {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, got, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s: %s", path, diff)
	}
}

// aProgramme is one whose texts name people.
func aProgramme() *workflow.Facts {
	id := func(n byte) uuid.UUID { return uuid.UUID{15: n} }
	record := func(n byte) domain.Record {
		return domain.Record{ID: id(n), CreatedAt: time.Unix(1, 0), UpdatedAt: time.Unix(2, 0)}
	}
	f := &workflow.Facts{
		Programme:     domain.Programme{Record: record(1), Code: "P-1", Title: "Air bersih", Stage: domain.Plan, Status: domain.Active, RegionCode: "32.73"},
		Region:        domain.Region{Code: "32.73", Level: "REGENCY", Name: "Kota Bandung"},
		Needs:         []*domain.Need{{Record: record(2), Title: "the well of a neighbour", Sector: "WATER_SANITATION", Severity: 4}},
		Consultations: []*domain.Consultation{{Record: record(3), HeldOn: "2026-02-01", Place: "the house of the elder", Female: 12}, {Record: record(4), HeldOn: "2026-02-02"}},
		Stakeholders:  []*domain.ProgrammeStakeholder{{Record: record(5), StakeholderID: id(6), Role: "head of the cooperative"}},
	}
	return f
}

func TestFactsAreKeptWithTheirTextsMasked(t *testing.T) {
	t.Parallel()
	for name, masks := range map[string][]string{
		"kept_default.json": DefaultMasks, "kept_plain.json": nil, "kept_chosen.json": {"needs.title", "consultations.place", "programme.goal"},
	} {
		r, err := NewRecorder(masks)
		if err != nil {
			t.Fatal(err)
		}
		content, masked, err := r.Keep(aProgramme())
		if err != nil {
			t.Fatal(err)
		}
		shown, err := ShowFacts(content)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, []byte(strings.Join(masked, " ")+"\n"+strings.ReplaceAll(string(shown), "},", "},\n")+"\n"))
		again, _, err := r.Keep(aProgramme())
		if err != nil || !bytes.Equal(content, again) {
			t.Error("the same facts are kept in two ways", err)
		}
	}
}

func TestEveryMaskThatIsNoTextIsRefusedWithWhatThereIs(t *testing.T) {
	t.Parallel()
	var said []string
	for _, path := range []string{"", "needs", "needs.", "needs.tittle", "needs.severity", "needs.id", "needs.title.x", "venue", "training_events.venue", "programme.stageEnteredAt.seconds", "objectives.indicators"} {
		_, err := NewRecorder([]string{path})
		if err == nil {
			said = append(said, path+": fine")
			continue
		}
		var problems domain.Problems
		if !errors.As(err, &problems) || len(problems) != 1 || problems[0].Text.ID == "" {
			t.Fatal(err)
		}
		said = append(said, problems[0].Message)
	}
	golden(t, "masks_refused.txt", []byte(strings.Join(said, "\n")+"\n"))
}

func TestWhatIsMaskedChangesNothingElse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		masks := slices.DeleteFunc(slices.Clone(DefaultMasks), func(string) bool { return rapid.Bool().Draw(t, "left out") })
		r, err := NewRecorder(masks)
		if err != nil {
			t.Fatal(err)
		}
		f := aProgramme()
		f.Consultations[0].Place = rapid.String().Draw(t, "place")
		f.Stakeholders[0].Role = strings.ToValidUTF8(rapid.String().Draw(t, "role"), "")
		f.Consultations[0].Place = strings.ToValidUTF8(f.Consultations[0].Place, "")
		content, masked, err := r.Keep(f)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readFacts(content)
		if err != nil {
			t.Fatal(err)
		}
		want := factsOf(f)
		mask := func(path string, text *string) {
			if hidden := slices.Contains(masks, path) && *text != ""; hidden {
				*text = Masked
			}
			if slices.Contains(masked, path) != (*text == Masked && slices.Contains(masks, path)) {
				t.Fatal(path, masked)
			}
		}
		mask("consultations.place", &want.Consultations[0].Place)
		mask("stakeholders.role", &want.Stakeholders[0].Role)
		if !proto.Equal(want, got) {
			t.Fatal(cmp.Diff(want.String(), got.String()))
		}
	})
}

func TestKeptFactsThatAreBrokenOrHugeAreAnError(t *testing.T) {
	t.Parallel()
	bomb, err := deflate(make([]byte, 20<<20))
	if err != nil {
		t.Fatal(err)
	}
	broken, err := deflate([]byte{0xff, 0xff})
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range [][]byte{nil, {1, 2, 3}, bomb, broken} {
		if f, err := readFacts(content); err == nil {
			t.Error(f)
		}
	}
}

func BenchmarkKeepFacts(b *testing.B) {
	r, err := NewRecorder(DefaultMasks)
	if err != nil {
		b.Fatal(err)
	}
	f := aProgramme()
	for b.Loop() {
		if _, _, err := r.Keep(f); err != nil {
			b.Fatal(err)
		}
	}
}

func TestMaskedTextsAreTakenOutOfWhatQuotesThemAsWordsOfTheirOwn(t *testing.T) {
	t.Parallel()
	r, err := NewRecorder([]string{"consultations.place", "stakeholders.role"})
	if err != nil {
		t.Fatal(err)
	}
	f := &workflow.Facts{Consultations: []*domain.Consultation{{Place: "Adi"}, {Place: "rumah Pak Adi"}, {Place: "-"}, {Place: "K"}, {Place: ""}, {Place: "anan"}},
		Stakeholders: []*domain.ProgrammeStakeholder{{Role: "(ketua)"}}}
	hush := r.Hush(f)
	for said, want := range map[string]string{
		"":                               "",
		"Adi":                            "•••",
		"di rumah Pak Adi.":              "di •••.",
		"Adi, Adi dan Adil: Adinda":      "•••, ••• dan Adil: Adinda",
		"jadi Adi1 1Adi Adi-1":           "jadi Adi1 1Adi •••-1",
		"serba-serbi - K":                "serba-serbi - K",
		"seorang (ketua)kelompok (ketua": "seorang •••kelompok (ketua",
		"ananan anan":                    "ananan •••",
		"éAdi Adié":                      "éAdi Adié",
	} {
		if got := hush(said); got != want {
			t.Errorf("%q: %q, not %q", said, got, want)
		}
	}
	none, err := NewRecorder(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := none.Hush(f)("Adi"); got != "Adi" {
		t.Error(got)
	}
}

func TestWhatIsMaskedUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	r, err := NewRecorder(DefaultMasks)
	if err != nil {
		t.Fatal(err)
	}
	facts, _ := full()
	_, masked, err := r.Keep(facts)
	want := []string{"activities.budgetLines.description", "consultations.place", "findings.title", "indicators.measurements.source", "stakeholders.role", "trainingEvents.venue"}
	if diff := cmp.Diff(want, masked); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
