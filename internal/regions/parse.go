package regions

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/berdaya/berdaya/domain"
)

// The limits of a release. All of Indonesia is 3 MB and 91,599 rows.
const (
	MaxProblems  = 20       // problems reported at once
	MaxFileBytes = 64 << 20 // of one file
	MaxFileRows  = 500_000  // of one file, without its header
	maxName      = 200      // characters
)

// list is the file of one level.
type list struct {
	level   domain.Level
	file    string
	parent  string // the column with the parent's code; "" for the provinces, whose parent is the nation
	example string
}

// lists are the files of a release, parents first.
var lists = []list{
	{domain.Province, "provinces.csv", "", "32"},
	{domain.Regency, "regencies.csv", "province_code", "32.73"},
	{domain.District, "districts.csv", "regency_code", "32.73.05"},
	{domain.Village, "villages.csv", "district_code", "32.73.05.1001"},
}

// place is one row of a release.
type place struct {
	code, name string
}

// content is what a release says.
type content struct {
	places []place // parents before children
	heirs  []heir
}

// errEnough ends the reading when there are as many problems as are reported at once.
var errEnough = errors.New("enough problems")

// errStop ends the reading of one file after a problem.
var errStop = errors.New("the rest of the file cannot be read")

// reader reads a release and gathers its problems.
type reader struct {
	content
	problems domain.Problems
	progress func(bytes int)
}

// read reads a release. Its error is domain.Problems if rows are broken, and a *domain.Error with CodeBadFile if a file is
// missing or cannot be read. Only the file of successors may be missing.
func read(ctx context.Context, source fs.FS, progress func(done, total int)) (content, error) {
	all := append(slices.Clone(lists), successorsFile)
	files := make([]fs.File, len(all))
	total := 0
	for i, l := range all {
		// Before opening, which would wait at a pipe for somebody to write.
		info, err := fs.Stat(source, l.file)
		if l == successorsFile && errors.Is(err, fs.ErrNotExist) {
			all = all[:i]
			break
		}
		if err != nil {
			return content{}, unreadable(l.file, err)
		}
		if !info.Mode().IsRegular() {
			return content{}, unreadable(l.file, errors.New("it is not a regular file"))
		}
		f, err := source.Open(l.file)
		if err != nil {
			return content{}, unreadable(l.file, err)
		}
		defer f.Close()
		files[i] = f
		total += int(info.Size())
	}
	r := &reader{progress: func(int) {}}
	if progress != nil {
		done := 0
		r.progress = func(n int) { done += n; progress(done, max(done, total)) }
	}
	var parents map[string]int
	for i, l := range all {
		in := &bounded{ctx: ctx, r: files[i], left: MaxFileBytes, read: r.progress}
		var codes map[string]int
		var err error
		if l == successorsFile {
			err = r.successors(in)
		} else {
			codes, err = r.list(l, in, parents)
		}
		switch {
		case errors.Is(err, errEnough):
			return content{}, r.problems
		case errors.Is(err, errStop):
		case err != nil && ctx.Err() != nil:
			return content{}, ctx.Err()
		case err != nil:
			return content{}, unreadable(l.file, err)
		}
		parents = codes
	}
	if len(r.problems) > 0 {
		return content{}, r.problems
	}
	return r.content, nil
}

// list reads one file. It gives the line of each code, for the children to find their parents; nil if the file could not be
// read to its end, so that children are not called orphans for it. parents is nil for the provinces, and where it is unknown.
func (r *reader) list(l list, in io.Reader, parents map[string]int) (map[string]int, error) {
	rows := newRows(in)
	next := func() ([]string, error) { return r.next(l, rows) }
	header, err := next()
	if errors.Is(err, io.EOF) {
		return nil, r.problem(l, 1, 1, "", "the file is empty; its first line names the columns", "berkas kosong; baris pertamanya memuat nama kolom")
	}
	if err != nil {
		return nil, err
	}
	columns, err := r.header(l, rows, header)
	if columns == nil || err != nil {
		return nil, err
	}
	width := len(header)
	codes := map[string]int{}
	for n := 1; ; n++ {
		row, err := next()
		if errors.Is(err, io.EOF) {
			return codes, nil
		}
		if err != nil {
			return nil, err
		}
		if n > MaxFileRows {
			line, column := rows.FieldPos(0)
			return nil, r.problem(l, line, column, "", fmt.Sprintf("the file has more than %d rows, the most that is read", MaxFileRows),
				fmt.Sprintf("berkas memuat lebih dari %d baris, batas yang dibaca", MaxFileRows))
		}
		if ok, err := r.sized(l, rows, row, width); err != nil {
			return nil, err
		} else if !ok {
			continue
		}
		if err := r.row(l, rows, row, columns, codes, parents); err != nil {
			return nil, err
		}
	}
}

// newRows reads the rows of a file as spreadsheets write them.
func newRows(in io.Reader) *csv.Reader {
	buffer := bufio.NewReaderSize(in, 64<<10)
	if mark, _ := buffer.Peek(3); string(mark) == "\ufeff" {
		_, _ = buffer.Discard(3) // just peeked, so it cannot fail
	}
	rows := csv.NewReader(buffer)
	rows.FieldsPerRecord = -1
	rows.ReuseRecord = true
	rows.LazyQuotes = true // releases up to 3.1.2 of the usual list write Soka"an without quotes around it
	return rows
}

// next gives the next row.
func (r *reader) next(l list, rows *csv.Reader) ([]string, error) {
	row, err := rows.Read()
	if err != nil {
		return nil, err
	}
	for i, field := range row {
		if strings.Contains(field, "\n") { // it took in the rows after it, which cannot be told apart now
			line, column := rows.FieldPos(i)
			return nil, cmp.Or(r.problem(l, line, column, "", "the field runs over several lines; its quote is not closed",
				"isian ini terbentang beberapa baris; tanda kutipnya tidak ditutup"), errStop)
		}
	}
	return row, nil
}

// sized tells whether a row has as many fields as the header, and notes a problem where it does not.
func (r *reader) sized(l list, rows *csv.Reader, row []string, width int) (bool, error) {
	if len(row) == width {
		return true, nil
	}
	at := min(len(row), width+1) - 1 // the last field of a short row, the first one too many of a long row
	line, column := rows.FieldPos(at)
	return false, r.problem(l, line, column, "",
		fmt.Sprintf("the row has %d fields where the header names %d columns; a name with a comma needs quotes", len(row), width),
		fmt.Sprintf("baris ini memuat %d isian, sedangkan judulnya %d kolom; nama yang memuat koma perlu tanda kutip", len(row), width))
}

// columns says where the columns that are read stand in a row.
type columns struct{ code, name, parent int }

// header finds the columns; nil if one is missing.
func (r *reader) header(l list, rows *csv.Reader, header []string) (*columns, error) {
	names := []string{"code", "name", l.parent}
	if l.parent == "" {
		names = names[:2]
	}
	at, err := r.find(l, rows, header, names...)
	if at == nil || err != nil {
		return nil, err
	}
	c := &columns{code: at[0], name: at[1], parent: -1}
	if l.parent != "" {
		c.parent = at[2]
	}
	return c, nil
}

// find gives the places of the named columns; nil if one is missing.
func (r *reader) find(l list, rows *csv.Reader, header []string, names ...string) ([]int, error) {
	found := map[string]int{}
	for i, h := range header {
		h = strings.ToLower(strings.TrimSpace(h))
		if _, twice := found[h]; twice && slices.Contains(names, h) {
			line, column := rows.FieldPos(i)
			return nil, r.problem(l, line, column, h, "the column is there twice", "kolom ini muncul dua kali")
		}
		found[h] = i
	}
	at := make([]int, 0, len(names))
	for _, name := range names {
		if i, ok := found[name]; ok {
			at = append(at, i)
			continue
		}
		line, column := rows.FieldPos(0)
		if err := r.problem(l, line, column, name,
			"the column is missing; the first line names the columns, with commas between them",
			"kolom ini tidak ada; baris pertama memuat nama kolom yang dipisahkan koma"); err != nil {
			return nil, err
		}
	}
	if len(at) < len(names) {
		return nil, nil
	}
	return at, nil
}

// row checks one row and keeps it. A code of the right shape counts as seen even if the rest of its row is wrong: its
// children are not to blame.
func (r *reader) row(l list, rows *csv.Reader, row []string, c *columns, codes, parents map[string]int) error {
	sound := true
	wrong := func(field int, column, en, id string) error {
		sound = false
		line, at := rows.FieldPos(field)
		return r.problem(l, line, at, column, en, id)
	}
	code, name := row[c.code], strings.TrimSpace(row[c.name])
	line, _ := rows.FieldPos(c.code)
	if level, ok := domain.LevelOf(code); !ok || level != l.level {
		en := fmt.Sprintf("%s is not the code of a %s; one looks like %s", quote(code), nouns[l.level].one.EN, l.example)
		id := fmt.Sprintf("%s bukan kode %s; contohnya %s", quote(code), nouns[l.level].one.ID, l.example)
		return wrong(c.code, "code", en, id)
	}
	if first, twice := codes[code]; twice {
		if err := wrong(c.code, "code", fmt.Sprintf("the code %s is on line %d already", code, first),
			fmt.Sprintf("kode %s sudah ada di baris %d", code, first)); err != nil {
			return err
		}
	} else {
		codes[code] = line
	}
	if c.parent >= 0 {
		parent := domain.ParentOf(code)
		_, there := parents[parent]
		var err error
		if given := row[c.parent]; given != parent {
			err = wrong(c.parent, l.parent, fmt.Sprintf("%s does not match the code %s, whose parent is %s", quote(given), code, parent),
				fmt.Sprintf("%s tidak cocok dengan kode %s, yang induknya %s", quote(given), code, parent))
		} else if parents != nil && !there {
			above := lists[strings.Count(parent, ".")].file
			err = wrong(c.parent, l.parent, fmt.Sprintf("%s is not in %s", parent, above), fmt.Sprintf("%s tidak ada di %s", parent, above))
		}
		if err != nil {
			return err
		}
	}
	if en, id := nameFault(name); en != "" {
		if err := wrong(c.name, "name", en, id); err != nil {
			return err
		}
	}
	if sound {
		r.places = append(r.places, place{code, name})
	}
	return nil
}

// nameFault says what is wrong with a name; "" if nothing is.
func nameFault(name string) (en, id string) {
	switch {
	case name == "":
		return "the name is empty", "nama kosong"
	case !utf8.ValidString(name):
		return "the name is not UTF-8; save the file with that encoding", "nama tidak dalam UTF-8; simpan berkas dengan pengodean itu"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "the name contains a control character, such as a tab or a zero byte", "nama memuat karakter kendali, misalnya tab atau bita nol"
	case utf8.RuneCountInString(name) > maxName:
		return fmt.Sprintf("the name is longer than %d characters", maxName), fmt.Sprintf("nama lebih dari %d karakter", maxName)
	}
	return "", ""
}

// problem notes a problem; errEnough says that no more are wanted. name is the column's, "" if it is about no column.
func (r *reader) problem(l list, line, column int, name, en, id string) error {
	r.problems = append(r.problems, misplaced(l.file, line, column, name, en, id))
	if len(r.problems) >= MaxProblems {
		return errEnough
	}
	return nil
}

// misplaced makes a problem with a place in a file.
func misplaced(file string, line, column int, name, en, id string) *domain.Error {
	if name != "" {
		name = " (" + name + ")"
	}
	e := domain.Errorf(domain.CodeBadFile, "%s, line %d, column %d%s: %s", file, line, column, name, en).
		In(fmt.Sprintf("%s, baris %d, kolom %d%s: %s", file, line, column, name, id))
	e.Params = map[string]any{"file": file, "line": line, "column": column}
	return e
}

// quote shows what stands in a file, shortened and with everything unprintable escaped.
func quote(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return strconv.Quote(s)
}

// unreadable says that a file of the release cannot be read at all.
func unreadable(file string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return domain.Errorf(domain.CodeBadFile,
			"%s is not there; the folder of a release holds provinces.csv, regencies.csv, districts.csv and villages.csv", file).
			In(file + " tidak ada; folder rilis memuat provinces.csv, regencies.csv, districts.csv, dan villages.csv")
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return domain.Errorf(domain.CodeBadFile, "%s cannot be read: %w", file, err).In(fmt.Sprintf("%s tidak dapat dibaca: %v", file, err))
}

// bounded reads a file as far as the limit, tells how much it has read, and stops when the context ends.
type bounded struct {
	ctx  context.Context
	r    io.Reader
	left int
	read func(bytes int)
}

// Read reads the next bytes.
func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.r.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, fmt.Errorf("it is larger than %d MB, the most that is read", MaxFileBytes>>20)
	}
	b.read(n)
	return n, err
}
