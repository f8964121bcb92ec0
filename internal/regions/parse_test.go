package regions

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/berdaya/berdaya/domain"
)

// release makes the files of a release; a small sound one, with some of the files replaced.
func release(replaced map[string]string) fstest.MapFS {
	files := map[string]string{
		"provinces.csv": "code,name\n32,Jawa Barat\n",
		"regencies.csv": "code,province_code,name\n32.73,32,Kota Bandung\n",
		"districts.csv": "code,regency_code,name\n32.73.05,32.73,Sukajadi\n",
		"villages.csv":  "code,district_code,name\n32.73.05.1001,32.73.05,Sukawarna\n",
	}
	for name, content := range replaced {
		files[name] = content
	}
	source := fstest.MapFS{}
	for name, content := range files {
		source[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return source
}

var sound = []place{{"32", "Jawa Barat"}, {"32.73", "Kota Bandung"}, {"32.73.05", "Sukajadi"}, {"32.73.05.1001", "Sukawarna"}}

func TestReadTakesWhatSpreadsheetsWrite(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"plain":              "code,district_code,name\n32.73.05.1001,32.73.05,Sukawarna\n",
		"byte order mark":    "\ufeffcode,district_code,name\n32.73.05.1001,32.73.05,Sukawarna\n",
		"carriage returns":   "code,district_code,name\r\n32.73.05.1001,32.73.05,Sukawarna\r\n",
		"no last line break": "code,district_code,name\n32.73.05.1001,32.73.05,Sukawarna",
		"quotes":             "\"code\",\"district_code\",\"name\"\n\"32.73.05.1001\",\"32.73.05\",\"Sukawarna\"\n",
		"another order":      "name,code,district_code\nSukawarna,32.73.05.1001,32.73.05\n",
		"more columns":       "area,code,district_code,name,note\n1.5,32.73.05.1001,32.73.05,Sukawarna,\n",
		"capitals, spaces":   "Code, District_Code ,NAME\n32.73.05.1001,32.73.05, Sukawarna \n",
		"empty lines":        "code,district_code,name\n\n32.73.05.1001,32.73.05,Sukawarna\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := read(t.Context(), release(map[string]string{"villages.csv": content}), nil)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(sound, got.places, cmp.AllowUnexported(place{})); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestReadNamesFileLineAndColumn(t *testing.T) {
	t.Parallel()
	const head = "code,district_code,name\n"
	for name, c := range map[string]struct{ file, content, want string }{
		"orphan":               {"villages.csv", head + "32.73.06.1001,32.73.06,Sukawarna\n", "villages.csv, line 2, column 15 (district_code): 32.73.06 is not in districts.csv"},
		"parent of another":    {"villages.csv", head + "32.73.05.1001,32.73.06,Sukawarna\n", `villages.csv, line 2, column 15 (district_code): "32.73.06" does not match the code 32.73.05.1001, whose parent is 32.73.05`},
		"duplicate code":       {"villages.csv", head + "32.73.05.1001,32.73.05,A\n\n32.73.05.1001,32.73.05,B\n", "villages.csv, line 4, column 1 (code): the code 32.73.05.1001 is on line 2 already"},
		"code of a district":   {"villages.csv", head + "32.73.05,32.73.05,A\n", `villages.csv, line 2, column 1 (code): "32.73.05" is not the code of a village; one looks like 32.73.05.1001`},
		"code without dots":    {"provinces.csv", "name,code\nJawa Barat,032\n", `provinces.csv, line 2, column 12 (code): "032" is not the code of a province; one looks like 32`},
		"the nation":           {"provinces.csv", "code,name\nID,Indonesia\n", `provinces.csv, line 2, column 1 (code): "ID" is not the code of a province; one looks like 32`},
		"not UTF-8":            {"villages.csv", head + "32.73.05.1001,32.73.05,Regapu\x92u\n", "villages.csv, line 2, column 24 (name): the name is not UTF-8; save the file with that encoding"},
		"zero byte":            {"villages.csv", head + "32.73.05.1001,32.73.05,Suka\x00warna\n", "villages.csv, line 2, column 24 (name): the name contains a control character, such as a tab or a zero byte"},
		"code not UTF-8":       {"villages.csv", head + "32.73.05.100\xff,32.73.05,A\n", `villages.csv, line 2, column 1 (code): "32.73.05.100\xff" is not the code of a village; one looks like 32.73.05.1001`},
		"empty name":           {"villages.csv", head + "32.73.05.1001,32.73.05, \n", "villages.csv, line 2, column 24 (name): the name is empty"},
		"long name":            {"villages.csv", head + "32.73.05.1001,32.73.05," + strings.Repeat("é", 201) + "\n", "villages.csv, line 2, column 24 (name): the name is longer than 200 characters"},
		"short row":            {"villages.csv", head + "32.73.05.1001,32.73.05\n", "villages.csv, line 2, column 15: the row has 2 fields where the header names 3 columns; a name with a comma needs quotes"},
		"long row":             {"villages.csv", head + "32.73.05.1001,32.73.05,Suka, warna\n", "villages.csv, line 2, column 29: the row has 4 fields where the header names 3 columns; a name with a comma needs quotes"},
		"quote not closed":     {"villages.csv", head + "32.73.05.1001,32.73.05,\"Suka\n32.73.05.1002,32.73.05,A\n", "villages.csv, line 2, column 24: the field runs over several lines; its quote is not closed"},
		"line break in a note": {"villages.csv", "note,code,district_code,name\n\"a\r\nb\",32.73.05.1001,32.73.05,A\n", "villages.csv, line 2, column 1: the field runs over several lines; its quote is not closed"},
		"quote in the header":  {"villages.csv", "\"code,district_code,name\n", "villages.csv, line 1, column 1: the field runs over several lines; its quote is not closed"},
		"missing column":       {"villages.csv", "code,name\n32.73.05.1001,A\n", "villages.csv, line 1, column 1 (district_code): the column is missing; the first line names the columns, with commas between them"},
		"column twice":         {"villages.csv", "code,name,district_code,name\n", "villages.csv, line 1, column 25 (name): the column is there twice"},
		"empty file":           {"villages.csv", "", "villages.csv, line 1, column 1: the file is empty; its first line names the columns"},
		"regency out of place": {"regencies.csv", "code,province_code,name\n33.73,33,Kota Bandung\n32.73,32,Kota Bandung\n", "regencies.csv, line 2, column 7 (province_code): 33 is not in provinces.csv"},
		"behind a mark":        {"provinces.csv", "\ufeffcode,name\n32,Jawa Barat\n32,Jawa\n", "provinces.csv, line 3, column 1 (code): the code 32 is on line 2 already"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(t.Context(), release(map[string]string{c.file: c.content}), nil)
			problems, ok := errors.AsType[domain.Problems](err)
			if !ok {
				t.Fatalf("the error is %v, not problems", err)
			}
			if got := problems[0].Error(); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
			if domain.CodeOf(err) != domain.CodeBadFile || problems[0].Text.ID == "" {
				t.Errorf("code %s, in Indonesian %q", domain.CodeOf(err), problems[0].Text.ID)
			}
		})
	}
}

func TestReadTakesAQuoteInsideAName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{`Soka"an`, `"Soka""an"`, `"Soka"an"`} {
		got, err := read(t.Context(), release(map[string]string{"villages.csv": "code,district_code,name\n32.73.05.1001,32.73.05," + name + "\n"}), nil)
		if err != nil || got.places[3].name != `Soka"an` {
			t.Errorf("%s was read as %v: %v", name, got, err)
		}
	}
}

func TestABrokenParentIsReportedWithoutItsChildren(t *testing.T) {
	t.Parallel()
	for name, replaced := range map[string]map[string]string{
		"a row":        {"districts.csv": "code,regency_code,name\n32.73.05,32.73,\n"},
		"a whole file": {"districts.csv": "code;regency_code;name\n32.73.05;32.73;Sukajadi\n"},
		"a bad quote":  {"provinces.csv": "code,name\n\"32,Jawa Barat\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(t.Context(), release(replaced), nil)
			for _, p := range problems(t, err) {
				for file := range replaced {
					if p.Params["file"] != file {
						t.Errorf("also reported: %v", p)
					}
				}
			}
		})
	}
}

func problems(t *testing.T, err error) domain.Problems {
	t.Helper()
	p, ok := errors.AsType[domain.Problems](err)
	if !ok {
		t.Fatalf("the error is %v, not problems", err)
	}
	return p
}

func TestProblemsAreReportedTogetherUpToALimit(t *testing.T) {
	t.Parallel()
	rows := "code,district_code,name\n" + strings.Repeat("x,y,z\n", 7)
	_, err := read(t.Context(), release(map[string]string{"villages.csv": rows, "provinces.csv": "code,name\n32,\n"}), nil)
	if got := len(problems(t, err)); got != 8 {
		t.Errorf("%d problems of 8 reported", got)
	}
	rows += strings.Repeat("x,y,z\n", 100)
	_, err = read(t.Context(), release(map[string]string{"villages.csv": rows}), nil)
	if got := len(problems(t, err)); got != MaxProblems {
		t.Errorf("%d problems reported, not %d", got, MaxProblems)
	}
}

func TestReadRefusesFilesThatAreMissingWrongOrTooLarge(t *testing.T) {
	t.Parallel()
	missing := release(nil)
	delete(missing, "districts.csv")
	folder := release(nil)
	folder["districts.csv"] = &fstest.MapFile{Mode: fs.ModeDir}
	huge := release(nil)
	huge["villages.csv"].Data = append([]byte("code,district_code,name\n\""), bytes.Repeat([]byte("a"), MaxFileBytes)...)
	plain := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	pipes := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(pipes, "provinces.csv"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		source fs.FS
		want   string
	}{
		"a pipe":           {os.DirFS(pipes), "provinces.csv cannot be read: it is not a regular file"},
		"a missing file":   {missing, "districts.csv is not there"},
		"a missing folder": {os.DirFS(filepath.Join(t.TempDir(), "none")), "provinces.csv is not there"},
		"not a folder":     {os.DirFS(plain), "provinces.csv cannot be read: not a directory"},
		"a folder inside":  {folder, "districts.csv cannot be read: it is not a regular file"},
		"too many bytes":   {huge, "villages.csv cannot be read: it is larger than 64 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(t.Context(), c.source, nil)
			if domain.CodeOf(err) != domain.CodeBadFile || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v, want %s …", err, c.want)
			}
		})
	}
}

func TestReadStopsAtTheMostRows(t *testing.T) {
	t.Parallel()
	villages := &bytes.Buffer{}
	villages.WriteString("code,district_code,name\n")
	source := release(nil)
	districts := &bytes.Buffer{}
	districts.WriteString("code,regency_code,name\n")
	for i := range MaxFileRows/10_000 + 1 {
		fmt.Fprintf(districts, "32.73.%02d,32.73,A\n", i)
		for j := range 10_000 {
			fmt.Fprintf(villages, "32.73.%02d.%04d,32.73.%02d,A\n", i, j, i)
		}
	}
	source["districts.csv"].Data, source["villages.csv"].Data = districts.Bytes(), villages.Bytes()
	_, err := read(t.Context(), source, nil)
	want := fmt.Sprintf("villages.csv, line %d, column 1: the file has more than %d rows, the most that is read", MaxFileRows+2, MaxFileRows)
	if got := problems(t, err); len(got) != 1 || got[0].Error() != want {
		t.Errorf("got %v", got)
	}
}

func TestReadStopsWhenTheContextEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := read(ctx, Bundled(), func(int, int) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestProgressOfReadingEndsAtItsTotal(t *testing.T) {
	t.Parallel()
	var done, total int
	if _, err := read(t.Context(), Bundled(), func(d, t int) { done, total = d, t }); err != nil {
		t.Fatal(err)
	}
	if want := 666 + 14968 + 186385 + 2807375; done != want || total != want {
		t.Errorf("%d of %d bytes read, want %d", done, total, want)
	}
}

func TestTheBundledReleaseIsTheOnePublished(t *testing.T) {
	t.Parallel()
	note, err := os.ReadFile("data/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lists {
		content, err := fs.ReadFile(Bundled(), l.file)
		if err != nil {
			t.Fatal(err)
		}
		if row := fmt.Sprintf("`%x`", sha256.Sum256(content)); !bytes.Contains(note, []byte(row)) {
			t.Errorf("%s has the sum %s, which data/README.md does not name", l.file, row)
		}
	}
	beside, err := os.ReadFile("data/LICENSE.md")
	if err != nil {
		t.Fatal(err)
	}
	if inside, err := fs.ReadFile(Bundled(), "LICENSE.md"); err != nil || !bytes.Equal(inside, beside) {
		t.Errorf("the archive does not carry its license: %v", err)
	}
}

// FuzzRead holds that no content makes the reader panic, that whatever it refuses has a place, and that whatever it lets pass
// is sound.
func FuzzRead(f *testing.F) {
	f.Add("code,district_code,name\n32.73.05.1001,32.73.05,Sukawarna\n")
	f.Add("\ufeffcode,district_code,name\r\n\"32.73.05.1001\",32.73.05,\"Suka \"\"warna\"\"\"\r\n")
	f.Add("name,code\n\"a")
	f.Add("code,district_code,name\n32.73.05.1001,32.73.05,\xff\x00\n,,\n,,,\n")
	f.Add("\"\n\",code,district_code,name,name\n")
	f.Fuzz(func(t *testing.T, villages string) {
		found, err := read(t.Context(), release(map[string]string{"villages.csv": villages}), nil)
		if err != nil {
			found := problems(t, err)
			if len(found) == 0 || len(found) > MaxProblems {
				t.Fatalf("%d problems", len(found))
			}
			for _, p := range found {
				line, column := p.Params["line"].(int), p.Params["column"].(int)
				if p.Code != domain.CodeBadFile || p.Params["file"] != "villages.csv" || line < 1 || line > strings.Count(villages, "\n")+1 || column < 1 {
					t.Fatalf("%v at line %d, column %d", p, line, column)
				}
			}
			return
		}
		seen := map[string]bool{}
		for _, p := range found.places {
			level, ok := domain.LevelOf(p.code)
			if en, _ := nameFault(p.name); !ok || seen[p.code] || en != "" {
				t.Fatalf("%q %q let pass", p.code, p.name)
			}
			if parent := domain.ParentOf(p.code); level != domain.Province && !seen[parent] {
				t.Fatalf("%q let pass before its parent", p.code)
			}
			seen[p.code] = true
		}
	})
}
