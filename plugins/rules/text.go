package rules

import (
	"fmt"
	"strings"

	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// Text is a message for people in both languages.
type Text struct {
	EN, ID string
	about  *about
}

// about is what a text says to programs. It is a pointer so that texts can be compared.
type about struct {
	values map[string]string
	path   []string
}

// Passed is the text of a rule that has nothing to say.
var Passed Text

// Textf formats both languages with the same values, in the same order.
func Textf(en, id string, values ...any) Text {
	return Text{EN: fmt.Sprintf(en, values...), ID: fmt.Sprintf(id, values...)}
}

// Values are the numbers and names in a message, by name: a letter, then letters and digits.
type Values map[string]any

// Text gives a message in which {name} stands for a value, in both languages. The values go to programs as well, those too
// that the message does not show; a number that people read in another form than programs is a value of two names.
func (v Values) Text(en, id string) Text {
	plain := make(map[string]string, len(v))
	var pairs []string
	for name, value := range v {
		plain[name] = fmt.Sprint(value)
		pairs = append(pairs, "{"+name+"}", plain[name])
	}
	in := strings.NewReplacer(pairs...)
	return Text{EN: in.Replace(en), ID: in.Replace(id), about: &about{values: plain}}
}

// At says what the message is about where that is something else than the rule's path: names from the programme inwards.
func (t Text) At(path ...string) Text {
	at := about{path: path}
	if t.about != nil {
		at.values = t.about.values
	}
	t.about = &at
	return t
}

// fill puts the message into a verdict.
func (t Text) fill(v *Verdict) {
	v.Message = t.proto()
	if t.about != nil {
		v.Values = t.about.values
		if t.about.path != nil {
			v.Path = t.about.path
		}
	}
}

func (t Text) proto() *rulespb.Text {
	if t == Passed {
		return nil
	}
	return &rulespb.Text{En: t.EN, Id: t.ID}
}
