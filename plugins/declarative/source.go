package declarative

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/berdaya/berdaya/internal/plainyaml"
	"github.com/berdaya/berdaya/plugins/rules"
)

// The limits of a rule file beyond those of the contract.
const (
	mostParameters = 50
	mostTests      = 1000
	mostExpression = 8 << 10 // characters of one expression
)

var (
	namePattern  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)
	codePattern  = regexp.MustCompile(`^[A-Z0-9_]{1,64}$`)
	valuePattern = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9]{0,39}$`)
)

// source is a rule file as it was written, with where everything stands.
type source struct {
	name, version string
	title         rules.Text
	parameters    []plainyaml.Member
	rules         []ruleSource
	stages        []stageSource
	tests         []*Test
}

type ruleSource struct {
	at            plainyaml.Place
	code          string
	title         rules.Text
	stages, moves []string
	severity      string
	waivable      string
	each, assert  plainyaml.Scalar
	en, id        plainyaml.Scalar // the message
	values        []namedExpression
	path          []string
}

type namedExpression struct {
	name string
	expression
}

type expression = plainyaml.Scalar

type stageSource struct {
	stage     string
	days      *expression
	checklist []rules.Item
}

// file reads a rule file; what is left out of the source is noted among the problems.
func (r *reader) file(root ast.Node) (s source) {
	given := map[string]bool{}
	for _, m := range r.Mapping(root, plainyaml.Place{}, "name", "version", "title", "parameters", "rules", "stages", "tests") {
		given[m.Key] = true
		switch m.Key {
		case "name":
			s.name = r.word(m, namePattern, "1 to 64 small letters, digits and hyphens, with no hyphen first or last", "1 sampai 64 huruf kecil, angka dan tanda hubung, tanpa tanda hubung di awal atau akhir")
		case "version":
			v, _ := r.Sized(m, 64)
			s.version = v.Text
		case "title":
			s.title = r.text(m)
		case "parameters":
			if s.parameters = r.Mapping(m.Value, m.At); len(s.parameters) > mostParameters {
				r.Wrong(m.At, fmt.Sprintf("at most %d parameters are possible", mostParameters), fmt.Sprintf("paling banyak %d parameter", mostParameters))
				s.parameters = nil
			}
		case "rules":
			s.rules = r.rules(m)
		case "stages":
			s.stages = r.stages(m)
		case "tests":
			s.tests = r.tests(m)
		}
	}
	if _, isMapping := root.(*ast.MappingNode); isMapping {
		r.missing(plainyaml.Place{}, given, "name", "version", "title", "rules")
	}
	return s
}

// missing notes which keys must be there and are not.
func (r *reader) missing(at plainyaml.Place, given map[string]bool, keys ...string) bool {
	var absent []string
	for _, k := range keys {
		if !given[k] {
			absent = append(absent, k)
		}
	}
	if len(absent) == 0 {
		return false
	}
	list := strings.Join(absent, ", ")
	r.Wrong(at, "missing here: "+list, "belum ada di sini: "+list)
	return true
}

// word gives a text of a certain form.
func (r *reader) word(m plainyaml.Member, form *regexp.Regexp, en, id string) string {
	s, ok := r.Scalar(m)
	if !ok {
		return ""
	}
	if !form.MatchString(s.Text) {
		r.Wrong(s.At, fmt.Sprintf("%q must be %s", plainyaml.Short(s.Text), en), fmt.Sprintf("%q harus berupa %s", plainyaml.Short(s.Text), id))
		return ""
	}
	return s.Text
}

func (r *reader) code(m plainyaml.Member) string {
	c := r.word(m, codePattern, "1 to 64 capital letters, digits and underscores, such as WOMEN_HEARD", "1 sampai 64 huruf besar, angka dan garis bawah, misalnya PEREMPUAN_DIDENGAR")
	if c == rules.RuleError {
		r.Wrong(m.At, rules.RuleError+" is taken; choose another code", rules.RuleError+" sudah dipakai; pilih kode lain")
	}
	return c
}

// text gives a text in both languages.
func (r *reader) text(m plainyaml.Member) rules.Text {
	en, id := r.both(m)
	return rules.Text{EN: strings.TrimSpace(en.Text), ID: strings.TrimSpace(id.Text)}
}

func (r *reader) both(m plainyaml.Member) (en, id plainyaml.Scalar) {
	given := map[string]bool{}
	for _, language := range r.Mapping(m.Value, m.At, "en", "id") {
		given[language.Key] = true
		s, _ := r.Sized(language, rules.MaxText)
		if language.Key == "en" {
			en = s
		} else {
			id = s
		}
	}
	if _, isText := plainyaml.ScalarOf(m.Value, nil); !isText && (!given["en"] || !given["id"]) {
		r.Wrong(m.At, fmt.Sprintf("%q is said in both languages: {en: …, id: …}", plainyaml.Short(m.Key)), fmt.Sprintf("%q ditulis dalam kedua bahasa: {en: …, id: …}", plainyaml.Short(m.Key)))
	}
	return en, id
}

func (r *reader) expression(m plainyaml.Member) expression {
	s, ok := r.Scalar(m)
	switch {
	case !ok:
	case strings.TrimSpace(s.Text) == "":
		r.Wrong(m.At, fmt.Sprintf("%q is an expression", plainyaml.Short(m.Key)), fmt.Sprintf("%q berupa ekspresi", plainyaml.Short(m.Key)))
	case utf8.RuneCountInString(s.Text) > mostExpression:
		r.Wrong(m.At, fmt.Sprintf("an expression has at most %d characters", mostExpression), fmt.Sprintf("ekspresi paling banyak %d karakter", mostExpression))
		s.Text = ""
	}
	return s
}

func (r *reader) rules(m plainyaml.Member) (list []ruleSource) {
	seen := map[string]bool{}
	for _, n := range r.List(m, rules.MaxVerdicts) {
		rule := r.rule(n, m.At)
		if rule.code != "" && seen[rule.code] {
			r.Wrong(rule.at, "the code "+rule.code+" is there twice; each rule needs its own", "kode "+rule.code+" ada dua kali; setiap aturan perlu kodenya sendiri")
		}
		seen[rule.code] = true
		list = append(list, rule)
	}
	return list
}

func (r *reader) rule(n ast.Node, at plainyaml.Place) ruleSource {
	s := ruleSource{at: plainyaml.Beginning(n, at), moves: []string{rules.Advance}, severity: rules.Block, waivable: rules.ByNobody}
	given := map[string]bool{}
	for _, m := range r.Mapping(n, s.at, "code", "title", "when", "each", "assert", "severity", "waivable", "message", "values", "path") {
		given[m.Key] = true
		switch m.Key {
		case "code":
			s.code, s.at = r.code(m), m.At
		case "title":
			s.title = r.text(m)
		case "when":
			r.when(m, &s)
		case "each":
			s.each = r.expression(m)
		case "assert":
			s.assert = r.expression(m)
		case "severity":
			s.severity, _ = r.OneOf(m.Value, m.At, m.Key, rules.Severities)
		case "waivable":
			s.waivable, _ = r.OneOf(m.Value, m.At, m.Key, rules.Waivables)
		case "message":
			s.en, s.id = r.both(m)
		case "values":
			s.values = r.values(m)
		case "path":
			s.path = r.path(m)
		}
	}
	r.missing(s.at, given, "code", "title", "when", "assert", "message")
	return s
}

func (r *reader) when(m plainyaml.Member, s *ruleSource) {
	given := map[string]bool{}
	for _, w := range r.Mapping(m.Value, m.At, "stages", "moves") {
		given[w.Key] = true
		if w.Key == "stages" {
			s.stages = r.Several(w, rules.Stages)
		} else {
			s.moves = r.Several(w, rules.Moves)
		}
	}
	if !r.missing(m.At, given, "stages") && (len(s.stages) == 0 || len(s.moves) == 0) {
		r.Wrong(m.At, "a rule speaks to one stage and one move at least", "aturan berlaku untuk sedikitnya satu tahap dan satu langkah")
	}
}

func (r *reader) values(m plainyaml.Member) (list []namedExpression) {
	members := r.Mapping(m.Value, m.At)
	if len(members) > rules.MaxValues {
		r.Wrong(m.At, fmt.Sprintf("at most %d values are possible", rules.MaxValues), fmt.Sprintf("paling banyak %d nilai", rules.MaxValues))
		return nil
	}
	for _, v := range members {
		if !valuePattern.MatchString(v.Key) {
			r.Wrong(v.At, fmt.Sprintf("the name %q must be a letter, then letters and digits, at most 40", plainyaml.Short(v.Key)), fmt.Sprintf("nama %q harus berupa huruf, lalu huruf dan angka, paling banyak 40", plainyaml.Short(v.Key)))
			continue
		}
		list = append(list, namedExpression{v.Key, r.expression(v)})
	}
	return list
}

func (r *reader) path(m plainyaml.Member) (path []string) {
	for _, n := range r.List(m, rules.MaxPath) {
		if s, ok := r.Value(n, m.At, m.Key); ok {
			if len(s.Text) > 200 {
				r.Wrong(s.At, "a name in a path has at most 200 bytes", "nama dalam path paling banyak 200 bita")
				continue
			}
			path = append(path, s.Text)
		}
	}
	return path
}

func (r *reader) stages(m plainyaml.Member) (list []stageSource) {
	for _, stage := range r.Mapping(m.Value, m.At, rules.Stages...) {
		s := stageSource{stage: stage.Key}
		for _, w := range r.Mapping(stage.Value, stage.At, "days", "checklist") {
			if w.Key == "days" {
				days := r.expression(w)
				s.days = &days
				continue
			}
			seen := map[string]bool{}
			for _, n := range r.List(w, rules.MaxVerdicts) {
				at, item, given := plainyaml.Beginning(n, w.At), rules.Item{}, map[string]bool{}
				for _, f := range r.Mapping(n, at, "code", "title") {
					given[f.Key] = true
					if f.Key == "code" {
						item.Code = r.code(f)
					} else {
						item.Title = r.text(f)
					}
				}
				r.missing(at, given, "code", "title")
				if item.Code != "" && seen[item.Code] {
					r.Wrong(at, "the code "+item.Code+" is there twice in the checklist", "kode "+item.Code+" ada dua kali dalam daftar")
				}
				seen[item.Code] = true
				s.checklist = append(s.checklist, item)
			}
		}
		list = append(list, s)
	}
	return list
}
