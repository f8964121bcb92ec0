package regions

import (
	"errors"
	"fmt"
	"io"

	"github.com/berdaya/berdaya/domain"
)

// successorsFile is the file of a release that says what took the place of closed regions. It may be missing.
var successorsFile = list{file: "successors.csv"}

// heir is one row of it.
type heir struct {
	old, new string
	on       domain.Date
	place    func(field int) (line, column int) // of old, new and date in the file; nil where it comes from no file
}

// heirFields are the columns, in the order of the fields of a heir.
var heirFields = [...]string{"old", "new", "date"}

// successors reads the file as far as it can be understood by itself.
func (r *reader) successors(in io.Reader) error {
	l, rows := successorsFile, newRows(in)
	header, err := r.next(l, rows)
	if errors.Is(err, io.EOF) {
		return r.problem(l, 1, 1, "", "the file is empty; its first line names the columns", "berkas kosong; baris pertamanya memuat nama kolom")
	}
	if err != nil {
		return err
	}
	at, err := r.find(l, rows, header, heirFields[:]...)
	if at == nil || err != nil {
		return err
	}
	width, lines := len(header), map[[2]string]int{}
	for n := 1; ; n++ {
		row, err := r.next(l, rows)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n > MaxFileRows {
			line, column := rows.FieldPos(0)
			return r.problem(l, line, column, "", fmt.Sprintf("the file has more than %d rows, the most that is read", MaxFileRows),
				fmt.Sprintf("berkas memuat lebih dari %d baris, batas yang dibaca", MaxFileRows))
		}
		if ok, err := r.sized(l, rows, row, width); err != nil {
			return err
		} else if !ok {
			continue
		}
		line, columns := 0, [3]int{}
		for i := range columns {
			line, columns[i] = rows.FieldPos(at[i])
		}
		h := heir{row[at[0]], row[at[1]], domain.Date(row[at[2]]), func(field int) (int, int) { return line, columns[field] }}
		field, en, id := h.fault()
		if first, twice := lines[[2]string{h.old, h.new}]; twice && en == "" {
			field, en, id = 1, fmt.Sprintf("%s is the successor of %s on line %d already", h.new, h.old, first), fmt.Sprintf("%s sudah menjadi penerus %s di baris %d", h.new, h.old, first)
		}
		lines[[2]string{h.old, h.new}] = line
		if en == "" {
			r.heirs = append(r.heirs, h)
		} else if err := r.problem(l, line, columns[field], heirFields[field], en, id); err != nil {
			return err
		}
	}
}

// fault says what is wrong with a row by itself, and in which of its fields; no text if nothing is.
func (h heir) fault() (field int, en, id string) {
	for i, code := range []string{h.old, h.new} {
		if level, ok := domain.LevelOf(code); !ok || level == domain.Nation {
			return i, quote(code) + " is not the code of a region below the nation; one looks like 32.73.05",
				quote(code) + " bukan kode wilayah di bawah negara; contohnya 32.73.05"
		}
	}
	if h.old == h.new {
		return 1, "a region cannot succeed itself", "wilayah tidak dapat menjadi penerus dirinya sendiri"
	}
	if len(h.old) != len(h.new) {
		return 1, fmt.Sprintf("%s is on another level of the tree than %s", h.new, h.old), fmt.Sprintf("%s berada pada tingkat yang berbeda dari %s", h.new, h.old)
	}
	if _, err := domain.ParseDate(string(h.on)); err != nil {
		return 2, quote(string(h.on)) + " is not a date between 1900-01-01 and 2200-12-31; write YYYY-MM-DD",
			quote(string(h.on)) + " bukan tanggal antara 1900-01-01 dan 2200-12-31; tulis YYYY-MM-DD"
	}
	return 0, "", ""
}

// inherit gives the successors to add. changed are the regions as they will be, known all as they were; stored are the successors
// that there are, of which those of regions that open again no longer count. The error is domain.Problems, with the places of the
// rows where they have one.
func inherit(heirs []heir, known, changed []domain.Region, stored []domain.RegionSuccessor) ([]domain.RegionSuccessor, error) {
	if len(heirs) == 0 {
		return nil, nil
	}
	f := family{known: merge(known, changed), since: map[[2]string]domain.Date{}, after: map[string][]string{}}
	for _, s := range stored {
		if r := f.known[s.OldCode]; r != nil && r.ValidTo != nil {
			f.add(s.OldCode, s.NewCode, s.EffectiveOn)
		}
	}
	var coming []domain.RegionSuccessor
	var wrong domain.Problems
	for _, h := range heirs {
		if since, there := f.since[[2]string{h.old, h.new}]; there && since == h.on {
			continue
		}
		if field, en, id := f.fault(h); en != "" {
			if wrong = append(wrong, h.wrong(field, en, id)); len(wrong) == MaxProblems {
				break
			}
			continue
		}
		f.add(h.old, h.new, h.on)
		coming = append(coming, domain.RegionSuccessor{ID: domain.RandomIDs{}.New(), OldCode: h.old, NewCode: h.new, EffectiveOn: h.on})
	}
	if len(wrong) > 0 {
		return nil, wrong
	}
	return coming, nil
}

// wrong makes a problem with a row: by its place in the file, or by its field.
func (h heir) wrong(field int, en, id string) *domain.Error {
	if h.place == nil {
		return domain.Errorf(domain.CodeBadUserInput, "%s", en).In(id).At(heirFields[field])
	}
	line, column := h.place(field)
	return misplaced(successorsFile.file, line, column, heirFields[field], en, id)
}

// family is who succeeds whom.
type family struct {
	known map[string]*domain.Region
	since map[[2]string]domain.Date // by the old code and the new one
	after map[string][]string       // the new codes of an old one
}

func (f family) add(old, successor string, on domain.Date) {
	f.since[[2]string{old, successor}] = on
	f.after[old] = append(f.after[old], successor)
}

// fault says why a row does not fit the regions and the successors before it, and in which of its fields; no text if it does.
func (f family) fault(h heir) (field int, en, id string) {
	for i, code := range []string{h.old, h.new} {
		if f.known[code] == nil {
			return i, "there is no region " + code, "tidak ada wilayah " + code
		}
	}
	old, successor := f.known[h.old], f.known[h.new]
	if since, there := f.since[[2]string{h.old, h.new}]; there {
		return 2, fmt.Sprintf("%s is the successor of %s since %s already", h.new, h.old, since), fmt.Sprintf("%s sudah menjadi penerus %s sejak %s", h.new, h.old, since)
	}
	switch {
	case f.leads(h.new, h.old, map[string]bool{}):
		return 1, fmt.Sprintf("the successors of %s lead back to %s; a region cannot come after itself", h.new, h.old),
			fmt.Sprintf("penerus %s berujung kembali ke %s; wilayah tidak dapat menggantikan dirinya sendiri", h.new, h.old)
	case old.ValidTo == nil:
		return 0, h.old + " is open; only a region that has closed is succeeded", h.old + " masih berlaku; hanya wilayah yang sudah ditutup yang mempunyai penerus"
	case h.on < *old.ValidTo:
		return 2, fmt.Sprintf("%s closes on %s only; give that day or a later one", h.old, *old.ValidTo), fmt.Sprintf("%s baru ditutup %s; berikan tanggal itu atau sesudahnya", h.old, *old.ValidTo)
	case successor.ClosedOn(h.on):
		return 1, fmt.Sprintf("%s is closed since %s, so it cannot succeed from %s", h.new, *successor.ValidTo, h.on),
			fmt.Sprintf("%s sudah ditutup sejak %s, sehingga tidak dapat menjadi penerus per %s", h.new, *successor.ValidTo, h.on)
	case !successor.OpenOn(h.on):
		return 2, fmt.Sprintf("%s begins on %s only; give that day or a later one", h.new, successor.ValidFrom), fmt.Sprintf("%s baru berlaku %s; berikan tanggal itu atau sesudahnya", h.new, successor.ValidFrom)
	}
	return 0, "", ""
}

// leads tells whether successors lead from one region to another.
func (f family) leads(from, to string, seen map[string]bool) bool {
	if from == to {
		return true
	}
	if seen[from] {
		return false
	}
	seen[from] = true
	for _, next := range f.after[from] {
		if f.leads(next, to, seen) {
			return true
		}
	}
	return false
}

// merge gives the regions as they are after changes, by code.
func merge(known, changed []domain.Region) map[string]*domain.Region {
	all := make(map[string]*domain.Region, len(known)+len(changed))
	for _, regions := range [][]domain.Region{known, changed} {
		for i := range regions {
			all[regions[i].Code] = &regions[i]
		}
	}
	return all
}
