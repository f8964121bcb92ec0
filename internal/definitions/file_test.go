package definitions_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/definitions"
	"github.com/berdaya/berdaya/workflow"
)

func of[T any](v T) *T { return &v }

const whole = `# How long stages take in our regency.
stages:
  IDENTIFY:
    days: 60
    checkpoints: [30, 15]
    reminders: [14, 3, 0]
    overdue: [1, 7]
    escalations:
      - {after: 14, to: REGENCY}
      - after: 30
        to: PROVINCE
  TRAIN: {}
`

var read = []definitions.Entry{
	{Stage: domain.Identify, Schedule: workflow.Schedule{Days: of(60), Checkpoints: []int{30, 15}, Reminders: []int{14, 3, 0}, Overdue: []int{1, 7},
		Escalations: []workflow.Escalation{{After: 14, To: domain.Regency}, {After: 30, To: domain.Province}}}},
	{Stage: domain.Train},
}

func TestAFileIsReadFromYAMLAndFromJSON(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"YAML": whole, "JSON": `{"stages": {"IDENTIFY": {"days": 60, "checkpoints": [30, 15], "reminders": [14, 3, 0],
		"overdue": [1, 7], "escalations": [{"after": 14, "to": "REGENCY"}, {"after": 30, "to": "PROVINCE"}]}, "TRAIN": {}}}`} {
		got, err := definitions.Parse("ours.yaml", []byte(text))
		if err != nil {
			t.Fatal(name, err)
		}
		if diff := cmp.Diff(read, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	if got, err := definitions.Parse("ours.yaml", []byte("\uFEFF"+whole)); err != nil || len(got) != 2 {
		t.Error("with the mark that some editors begin a file with:", got, err)
	}
	if got, err := definitions.Parse("ours.yaml", []byte("stages: {}")); err != nil || len(got) != 0 {
		t.Error("what takes everything back:", got, err)
	}
}

// Each file in testdata has one kind of trouble or many; what is said about it is the file of the same name.
func TestAllThatIsWrongWithAFileIsSaidAtOnceWithItsPlace(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = definitions.Parse(filepath.Base(path), text)
		problems, ok := errors.AsType[domain.Problems](err)
		if !ok {
			t.Errorf("%s: %v", path, err)
			continue
		}
		var b strings.Builder
		for _, p := range problems {
			if p.Code != domain.CodeBadFile || p.Params["file"] != filepath.Base(path) || p.Text.EN != p.Message {
				t.Errorf("%+v", p)
			}
			b.WriteString(p.Text.EN + "\n" + p.Text.ID + "\n")
		}
		golden(t, strings.TrimSuffix(path, ".yaml")+".txt", b.String())
	}
}

func TestWhatNoPersonWritesIsRefusedQuickly(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing": "", "a list": "- 1", "too long": strings.Repeat("#", definitions.FileMost+1), "no text": "stages: \xff",
		"brackets": "stages: " + strings.Repeat("[", 60_000), "braces": strings.Repeat("{a: ", 15_000), "indents": indented(300),
		"two documents": "stages: {}\n---\nstages: {}", "dashes": strings.Repeat("- ", 30_000), "questions": strings.Repeat("? ", 30_000),
		"aliases": "stages: &a {TRAIN: {days: 1}, b: *a}", "merge": "stages:\n  <<: {TRAIN: {days: 1}}",
	} {
		if got, err := definitions.Parse("x.yaml", []byte(text)); domain.CodeOf(err) == domain.CodeInternal || err == nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func indented(levels int) string {
	var b strings.Builder
	for i := range levels {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.yaml")
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(whole))
	f.Fuzz(func(t *testing.T, text []byte) {
		entries, err := definitions.Parse("x.yaml", text)
		if err == nil {
			if wrong := definitions.Check(entries); len(wrong) > 0 {
				t.Error(wrong)
			}
			return
		}
		problems, ok := errors.AsType[domain.Problems](err)
		if !ok || len(problems) == 0 {
			t.Fatal(err)
		}
		lines := strings.Count(string(text), "\n") + strings.Count(string(text), "\r") + 1
		for _, p := range problems {
			if line := p.Params["line"].(int); p.Code != domain.CodeBadFile || line < 1 || line > lines+1 {
				t.Errorf("line %d of %d: %s", line, lines, p)
			}
		}
	})
}
