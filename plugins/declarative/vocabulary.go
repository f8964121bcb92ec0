package declarative

import (
	"regexp"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/berdaya/berdaya/plugins/rules"
)

// Word is something that an expression may use.
type Word struct {
	Name    string // of a field: MESSAGE.FIELD
	Type    string
	EN, ID  string // what it is; fields have what the contract says of them, in English
	Example string // of a function
}

// Variables lists the words that an expression may begin with.
func Variables() []Word {
	words := []Word{
		{Name: wordMove, Type: "string", EN: "the move: " + strings.Join(rules.Moves, ", "), ID: "langkahnya: " + strings.Join(rules.Moves, ", ")},
		{Name: wordStage, Type: "string", EN: "the stage that is left: " + strings.Join(rules.Stages, ", "), ID: "tahap yang ditinggalkan: " + strings.Join(rules.Stages, ", ")},
		{Name: wordTarget, Type: "string", EN: "the stage that the move leads to", ID: "tahap yang dituju"},
		{Name: wordAt, Type: "timestamp", EN: "the time of the question, the only clock there is", ID: "waktu pertanyaan, satu-satunya jam yang ada"},
		{Name: wordToday, Type: "string", EN: "the day of the question, YYYY-MM-DD, as the easternmost of Indonesia's time zones has it", ID: "tanggal pertanyaan, YYYY-MM-DD, menurut WIT"},
		{Name: params + ".NAME", Type: "as its schema says", EN: "a parameter of the region", ID: "parameter wilayah"},
		{Name: wordIt, Type: "as the list has it", EN: "the entry, in a rule with each", ID: "isi yang ditanyakan, dalam aturan dengan each"},
		{Name: wordFacts, Type: "Facts", EN: "all of the following, as one", ID: "semua yang berikut, sebagai satu kesatuan"},
	}
	for _, w := range Fields() {
		message, name, _ := strings.Cut(w.Name, ".")
		if message != string(facts.Name()) {
			continue
		}
		en, id := "always there", "selalu ada"
		if g := groups[name]; g != "" {
			en, id = "facts "+g, "fakta "+g
		}
		words = append(words, Word{Name: name, Type: w.Type, EN: en, ID: id})
	}
	return words
}

var (
	messageLine = regexp.MustCompile(`^message (\w+) \{`)
	fieldLine   = regexp.MustCompile(`^\s+(optional |repeated )?([\w.]+) (\w+) = \d+;(?:\s*//\s*(.*))?$`)
	commentLine = regexp.MustCompile(`^\s+//\s?(.*)$`)
)

// Fields lists the fields of all facts, in the order of the contract, with what its text says of them: units, and the values
// of enums.
func Fields() (words []Word) {
	reachable := map[string]bool{}
	reach(facts, reachable)
	message, before := "", []string(nil)
	for line := range strings.Lines(rules.Proto) {
		line = strings.TrimRight(line, "\n")
		if m := messageLine.FindStringSubmatch(line); m != nil {
			message, before = m[1], nil
		} else if m := commentLine.FindStringSubmatch(line); m != nil {
			before = append(before, m[1])
		} else if m := fieldLine.FindStringSubmatch(line); m != nil && reachable[message] {
			about := strings.TrimSpace(strings.Join(before, " ") + " " + m[4])
			words, before = append(words, Word{Name: message + "." + m[3], Type: kindNamed(m[1], m[2]), EN: about, ID: about}), nil
		} else {
			before = nil
		}
	}
	return words
}

// kindNamed says of what type a field is, as authors know it.
func kindNamed(label, kind string) string {
	switch kind {
	case "int32", "int64":
		kind = "int"
	case "google.protobuf.Timestamp":
		kind = "timestamp"
	}
	switch label {
	case "repeated ":
		return "list of " + kind
	case "optional ":
		return kind + ", may be absent"
	}
	return kind
}

// reach names the messages that facts are made of.
func reach(d protoreflect.MessageDescriptor, seen map[string]bool) {
	if seen[string(d.Name())] || d.ParentFile() != facts.ParentFile() {
		return
	}
	seen[string(d.Name())] = true
	for i := range d.Fields().Len() {
		if of := d.Fields().Get(i).Message(); of != nil {
			reach(of, seen)
		}
	}
}

// everyField lists the names of the fields of all facts.
func everyField() (names []string) {
	for _, w := range Fields() {
		_, name, _ := strings.Cut(w.Name, ".")
		names = append(names, name)
	}
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// Functions lists the functions that rules are written with: ours first, then those of CEL.
func Functions() []Word {
	return []Word{
		{"days", "(day, day) → int", "days from one day to another; negative where it is earlier", "jumlah hari dari satu tanggal ke tanggal lain; negatif bila lebih awal", `days("2026-03-02", "2026-03-30") == 28`},
		{"addDays", "(day, int) → day", "the day so many days later; at most 100,000", "tanggal sekian hari kemudian; paling banyak 100.000", `addDays(today, 30) >= "2026-01-01"`},
		{"day", "(timestamp) → day", "the day of an instant, as today has it", "tanggal dari suatu waktu, seperti today", `day(programme.stage_entered_at) <= today`},
		{"month", "(day) → int", "the month, 1 to 12", "bulan, 1 sampai 12", `month("2026-09-01") in [7, 8, 9]`},
		{"percent", "(part, whole) → int", "whole percents, rounded down; 0 of nothing", "persen bulat ke bawah; 0 bila keseluruhannya nol", `percent(1, 3) == 33`},
		{"sum", "list.sum() → number", "the sum of a list of whole numbers or of a list of doubles", "jumlah daftar bilangan bulat atau daftar bilangan pecahan", `needs.map(n, n.votes).sum() >= 0`},
		{"amount", "(Money) → double", "an amount of money as a number, in its currency", "nilai uang sebagai bilangan, dalam mata uangnya", `activities.all(a, a.budget_lines.all(l, amount(l.planned) >= 0.0))`},
		{"within", "(region, region) → bool", "whether the first is the second or lies in it; both are codes", "apakah yang pertama sama dengan atau berada di dalam yang kedua; keduanya kode", `within("53.01.02", "53")`},
		{"has", "(field) → bool", "whether a field that may be absent is there", "apakah isian yang boleh kosong ada isinya", `needs.all(n, !has(n.rank) || n.rank > 0)`},
		{"size", "(list) → int", "how many entries a list has, or characters a text", "jumlah isi daftar, atau karakter teks", `size(needs) >= 0 && needs.size() >= 0`},
		{"all", "list.all(x, test) → bool", "whether every entry passes; true of an empty list", "apakah semua isi lolos; benar untuk daftar kosong", `needs.all(n, n.severity >= 0)`},
		{"exists", "list.exists(x, test) → bool", "whether some entry passes", "apakah ada isi yang lolos", `!needs.exists(n, n.severity > 5)`},
		{"exists_one", "list.exists_one(x, test) → bool", "whether exactly one entry passes", "apakah tepat satu isi lolos", `[1, 2].exists_one(n, n > 1)`},
		{"filter", "list.filter(x, test) → list", "the entries that pass", "isi yang lolos", `[1, 2, 3].filter(n, n > 1) == [2, 3]`},
		{"map", "list.map(x, value) → list", "a value for each entry", "sebuah nilai untuk setiap isi", `[1, 2].map(n, n * 2) == [2, 4]`},
		{"distinct", "list.distinct() → list", "each entry once", "setiap isi sekali saja", `stakeholders.map(s, s.kind).distinct().size() >= 0`},
		{"sort", "list.sort() → list", "the entries from the smallest to the largest; sortBy(x, value) by a value", "isi dari yang terkecil; sortBy(x, nilai) menurut suatu nilai", `[3, 1].sort() == [1, 3] && needs.sortBy(n, n.votes).size() >= 0`},
		{"flatten", "list.flatten() → list", "the entries of lists in a list, as one list", "isi dari daftar-daftar, sebagai satu daftar", `activities.map(a, a.budget_lines).flatten().size() >= 0`},
		{"join", "list.join(text) → text", "texts put together, with something between", "teks digabung dengan pemisah", `["a", "b"].join(", ") == "a, b"`},
		{"in", "x in list → bool", "whether an entry equals x", "apakah ada isi yang sama dengan x", `"TRAIN" in ["PLAN", "TRAIN"]`},
		{"? :", "test ? a : b", "a where the test is true, otherwise b", "a bila uji benar, selain itu b", `(true ? 1 : 2) == 1`},
		{"math.greatest", "(…) → number", "the greatest of numbers; math.least the smallest; also math.round, math.floor, math.ceil, math.abs", "bilangan terbesar; math.least yang terkecil; juga math.round, math.floor, math.ceil, math.abs", `math.greatest(1, 2) == 2 && math.least([1, 2]) == 1 && math.round(0.5) == 1.0`},
		{"contains", "text.contains(text) → bool", "whether a text is in another; also startsWith, endsWith, lowerAscii, trim, matches (regular expression)", "apakah suatu teks ada di dalam teks lain; juga startsWith, endsWith, lowerAscii, trim, matches (ekspresi reguler)", `"Air bersih".lowerAscii().contains("air") && "a1".matches("[a-z][0-9]")`},
		{"double", "(int) → double", "another kind of number; also int, string", "jenis bilangan lain; juga int, string", `double(1) / 2.0 == 0.5 && int(1.9) == 1 && string(1) == "1"`},
		{"cel.bind", "(x, value, use) → any", "a name for a value that is used more than once", "nama untuk nilai yang dipakai lebih dari sekali", `cel.bind(n, needs.size(), n == 0 || n > 0)`},
		{"sets.contains", "(list, list) → bool", "whether the first has every entry of the second; also sets.intersects, sets.equivalent", "apakah yang pertama memuat semua isi yang kedua; juga sets.intersects, sets.equivalent", `sets.contains(["A", "B"], ["B"])`},
	}
}
