package declarative

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	undeclared  = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	noField     = regexp.MustCompile(`^undefined field '([^']*)'`)
	noOverload  = regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '(.*)'$`)
	syntaxError = regexp.MustCompile(`^Syntax error: (.*)$`)
	operator    = strings.NewReplacer("_", "", "@in", "in", "!", "!")
	ours        = strings.NewReplacer("berdaya.rules.v1.", "")
)

// worded puts what CEL finds wrong into both languages. What it says seldom stays in its own words.
func (c *compiler) worded(message string) (en, id string) {
	message = ours.Replace(oneLine(message))
	if m := undeclared.FindStringSubmatch(message); m != nil {
		name := m[1]
		if name == params {
			list := c.parameterNames()
			return "there is no such parameter; there are " + list, "tidak ada parameter itu; yang ada: " + list
		}
		en, id := suggestion(name, c.vocabulary())
		return fmt.Sprintf("%q is not known%s", name, en), fmt.Sprintf("%q tidak dikenal%s", name, id)
	}
	if m := noField.FindStringSubmatch(message); m != nil {
		en, id := suggestion(m[1], everyField())
		return fmt.Sprintf("there is no field %q here%s", m[1], en), fmt.Sprintf("tidak ada isian %q di sini%s", m[1], id)
	}
	if m := noOverload.FindStringSubmatch(message); m != nil {
		name := operator.Replace(m[1])
		return fmt.Sprintf("%s cannot be applied to %s", name, m[2]), fmt.Sprintf("%s tidak dapat diterapkan pada %s", name, m[2])
	}
	if m := syntaxError.FindStringSubmatch(message); m != nil {
		if strings.Contains(m[1], "<EOF>") {
			return "this is no expression: it ends too early", "ini bukan ekspresi: berakhir terlalu awal"
		}
		says, _, _ := strings.Cut(m[1], " expecting ")
		return "this is no expression: " + says, "ini bukan ekspresi: " + says
	}
	return "this expression cannot be used: " + message, "ekspresi ini tidak dapat dipakai: " + message
}

func (c *compiler) parameterNames() string {
	var names []string
	for _, p := range c.parameters.list {
		names = append(names, params+"."+p.name)
	}
	if len(names) == 0 {
		return "–"
	}
	return strings.Join(names, ", ")
}

// vocabulary lists all words that an expression may begin with.
func (c *compiler) vocabulary() (words []string) {
	for _, v := range c.env.Variables() {
		words = append(words, v.Name())
	}
	for name := range c.env.Functions() {
		if plainWord.MatchString(name) {
			words = append(words, name)
		}
	}
	return words
}

var plainWord = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9.]*$`)
