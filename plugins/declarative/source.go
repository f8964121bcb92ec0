package declarative

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/berdaya/berdaya/plugins/rules"
)

// The limits of a rule file beyond those of the contract.
const (
	mostParameters = 50
	mostTests      = 1000
	mostExpression = 8 << 10 // characters of one expression
)

var (
	namePattern  = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	codePattern  = regexp.MustCompile(`^[A-Z0-9_]{1,64}$`)
	valuePattern = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9]{0,39}$`)
)

// source is a rule file as it was written, with where everything stands.
type source struct {
	name, version string
	title         rules.Text
	parameters    []member
	rules         []ruleSource
	stages        []stageSource
	tests         []*Test
}

type ruleSource struct {
	at            place
	code          string
	title         rules.Text
	stages, moves []string
	severity      string
	waivable      string
	each, assert  scalar
	en, id        scalar // the message
	values        []namedExpression
	path          []string
}

type namedExpression struct {
	name string
	expression
}

type expression = scalar

type stageSource struct {
	stage     string
	days      *expression
	checklist []rules.Item
}

// file reads a rule file; what is left out of the source is noted among the problems.
func (r *reader) file(root ast.Node) (s source) {
	given := map[string]bool{}
	for _, m := range r.mapping(root, place{1, 1}, "name", "version", "title", "parameters", "rules", "stages", "tests") {
		given[m.key] = true
		switch m.key {
		case "name":
			s.name = r.word(m, namePattern, "1 to 64 small letters, digits and hyphens", "1 sampai 64 huruf kecil, angka dan tanda hubung")
		case "version":
			v, _ := r.sized(m, 64)
			s.version = v.text
		case "title":
			s.title = r.text(m)
		case "parameters":
			if s.parameters = r.mapping(m.value, m.at); len(s.parameters) > mostParameters {
				r.wrong(m.at, fmt.Sprintf("at most %d parameters are possible", mostParameters), fmt.Sprintf("paling banyak %d parameter", mostParameters))
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
		r.missing(place{1, 1}, given, "name", "version", "title", "rules")
	}
	return s
}

// missing notes which keys must be there and are not.
func (r *reader) missing(at place, given map[string]bool, keys ...string) bool {
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
	r.wrong(at, "missing here: "+list, "belum ada di sini: "+list)
	return true
}

// word gives a text of a certain form.
func (r *reader) word(m member, form *regexp.Regexp, en, id string) string {
	s, ok := r.scalar(m)
	if !ok {
		return ""
	}
	if !form.MatchString(s.text) {
		r.wrong(s.at, fmt.Sprintf("%q must be %s", short(s.text), en), fmt.Sprintf("%q harus berupa %s", short(s.text), id))
		return ""
	}
	return s.text
}

func (r *reader) code(m member) string {
	c := r.word(m, codePattern, "1 to 64 capital letters, digits and underscores, such as WOMEN_HEARD", "1 sampai 64 huruf besar, angka dan garis bawah, misalnya PEREMPUAN_DIDENGAR")
	if c == rules.RuleError {
		r.wrong(m.at, rules.RuleError+" is taken; choose another code", rules.RuleError+" sudah dipakai; pilih kode lain")
	}
	return c
}

// text gives a text in both languages.
func (r *reader) text(m member) rules.Text {
	en, id := r.both(m)
	return rules.Text{EN: strings.TrimSpace(en.text), ID: strings.TrimSpace(id.text)}
}

func (r *reader) both(m member) (en, id scalar) {
	given := map[string]bool{}
	for _, language := range r.mapping(m.value, m.at, "en", "id") {
		given[language.key] = true
		s, _ := r.sized(language, rules.MaxText)
		if language.key == "en" {
			en = s
		} else {
			id = s
		}
	}
	if _, isText := scalarOf(m.value, nil); !isText && (!given["en"] || !given["id"]) {
		r.wrong(m.at, fmt.Sprintf("%q is said in both languages: {en: …, id: …}", short(m.key)), fmt.Sprintf("%q ditulis dalam kedua bahasa: {en: …, id: …}", short(m.key)))
	}
	return en, id
}

func (r *reader) expression(m member) expression {
	s, ok := r.scalar(m)
	switch {
	case !ok:
	case strings.TrimSpace(s.text) == "":
		r.wrong(m.at, fmt.Sprintf("%q is an expression", short(m.key)), fmt.Sprintf("%q berupa ekspresi", short(m.key)))
	case utf8.RuneCountInString(s.text) > mostExpression:
		r.wrong(m.at, fmt.Sprintf("an expression has at most %d characters", mostExpression), fmt.Sprintf("ekspresi paling banyak %d karakter", mostExpression))
		s.text = ""
	}
	return s
}

func (r *reader) rules(m member) (list []ruleSource) {
	seen := map[string]bool{}
	for _, n := range r.list(m, rules.MaxVerdicts) {
		rule := r.rule(n, m.at)
		if rule.code != "" && seen[rule.code] {
			r.wrong(rule.at, "the code "+rule.code+" is there twice; each rule needs its own", "kode "+rule.code+" ada dua kali; setiap aturan perlu kodenya sendiri")
		}
		seen[rule.code] = true
		list = append(list, rule)
	}
	return list
}

func (r *reader) rule(n ast.Node, at place) ruleSource {
	s := ruleSource{at: beginning(n, at), moves: []string{rules.Advance}, severity: rules.Block, waivable: rules.ByNobody}
	given := map[string]bool{}
	for _, m := range r.mapping(n, s.at, "code", "title", "when", "each", "assert", "severity", "waivable", "message", "values", "path") {
		given[m.key] = true
		switch m.key {
		case "code":
			s.code, s.at = r.code(m), m.at
		case "title":
			s.title = r.text(m)
		case "when":
			r.when(m, &s)
		case "each":
			s.each = r.expression(m)
		case "assert":
			s.assert = r.expression(m)
		case "severity":
			s.severity, _ = r.oneOf(m.value, m.at, m.key, rules.Severities)
		case "waivable":
			s.waivable, _ = r.oneOf(m.value, m.at, m.key, rules.Waivables)
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

func (r *reader) when(m member, s *ruleSource) {
	given := map[string]bool{}
	for _, w := range r.mapping(m.value, m.at, "stages", "moves") {
		given[w.key] = true
		if w.key == "stages" {
			s.stages = r.several(w, rules.Stages)
		} else {
			s.moves = r.several(w, rules.Moves)
		}
	}
	if !r.missing(m.at, given, "stages") && (len(s.stages) == 0 || len(s.moves) == 0) {
		r.wrong(m.at, "a rule speaks to one stage and one move at least", "aturan berlaku untuk sedikitnya satu tahap dan satu langkah")
	}
}

func (r *reader) values(m member) (list []namedExpression) {
	members := r.mapping(m.value, m.at)
	if len(members) > rules.MaxValues {
		r.wrong(m.at, fmt.Sprintf("at most %d values are possible", rules.MaxValues), fmt.Sprintf("paling banyak %d nilai", rules.MaxValues))
		return nil
	}
	for _, v := range members {
		if !valuePattern.MatchString(v.key) {
			r.wrong(v.at, fmt.Sprintf("the name %q must be a letter, then letters and digits, at most 40", short(v.key)), fmt.Sprintf("nama %q harus berupa huruf, lalu huruf dan angka, paling banyak 40", short(v.key)))
			continue
		}
		list = append(list, namedExpression{v.key, r.expression(v)})
	}
	return list
}

func (r *reader) path(m member) (path []string) {
	for _, n := range r.list(m, rules.MaxPath) {
		if s, ok := r.value(n, m.at, m.key); ok {
			if len(s.text) > 200 {
				r.wrong(s.at, "a name in a path has at most 200 bytes", "nama dalam path paling banyak 200 bita")
				continue
			}
			path = append(path, s.text)
		}
	}
	return path
}

func (r *reader) stages(m member) (list []stageSource) {
	for _, stage := range r.mapping(m.value, m.at, rules.Stages...) {
		s := stageSource{stage: stage.key}
		for _, w := range r.mapping(stage.value, stage.at, "days", "checklist") {
			if w.key == "days" {
				days := r.expression(w)
				s.days = &days
				continue
			}
			seen := map[string]bool{}
			for _, n := range r.list(w, rules.MaxVerdicts) {
				at, item, given := beginning(n, w.at), rules.Item{}, map[string]bool{}
				for _, f := range r.mapping(n, at, "code", "title") {
					given[f.key] = true
					if f.key == "code" {
						item.Code = r.code(f)
					} else {
						item.Title = r.text(f)
					}
				}
				r.missing(at, given, "code", "title")
				if item.Code != "" && seen[item.Code] {
					r.wrong(at, "the code "+item.Code+" is there twice in the checklist", "kode "+item.Code+" ada dua kali dalam daftar")
				}
				seen[item.Code] = true
				s.checklist = append(s.checklist, item)
			}
		}
		list = append(list, s)
	}
	return list
}

// beginning gives where a node begins: a mapping at its first key, as people see it.
func beginning(n ast.Node, otherwise place) place {
	switch n := n.(type) {
	case nil:
		return otherwise
	case *ast.MappingNode:
		if len(n.Values) > 0 && !n.IsFlowStyle {
			return standing(n.Values[0].Key.GetToken())
		}
	case *ast.MappingValueNode:
		return standing(n.Key.GetToken())
	}
	if n.GetToken() == nil {
		return otherwise
	}
	return standing(n.GetToken())
}
