package plainyaml

import (
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Place is where something stands in a file.
type Place struct {
	Line   int // from 1
	Column int // from 1, in characters
}

// Standing gives where a word stands.
func Standing(t *token.Token) Place {
	if t == nil || t.Position == nil {
		return Place{1, 1}
	}
	return Place{t.Position.Line, t.Position.Column}
}

// Scalar is a text, a number or a truth value, as the file writes it, with where each of its characters stands.
type Scalar struct {
	Text   string
	At     Place    // where it begins
	lines  []string // of the file
	source Place    // from where on its characters are found
	quote  rune     // ' or ", 0 for none
}

// Spot gives the place of a character of the text, by its number from 0. YAML folds lines, cuts indentation and knows
// escapes, so the text is followed through the file: white space matches any white space, all else itself.
func (s Scalar) Spot(character int) Place {
	at := cursor{lines: s.lines, Place: s.source}
	if s.quote != 0 {
		at.step(1)
	}
	for i, want := range []rune(s.Text) {
		if i >= character && !unicode.IsSpace(want) {
			return at.seek(s.quote)
		}
		if unicode.IsSpace(want) {
			continue
		}
		if at.seek(s.quote); at.done() {
			return s.At
		}
		switch c := at.peek(0); {
		case c == '\\' && s.quote == '"':
			at.step(escape(at.peek(1)))
		case c == '\'' && s.quote == '\'':
			at.step(2)
		case c == want:
			at.step(1)
		default: // the file is written in a way that this does not follow
			return s.At
		}
	}
	return at.Place // right after the text
}

// escape gives the length of an escape in double quotes by the character after the backslash.
func escape(kind rune) int {
	switch kind {
	case 'x':
		return 4
	case 'u':
		return 6
	case 'U':
		return 10
	}
	return 2
}

// cursor walks through the lines of a file.
type cursor struct {
	lines []string
	Place
	line []rune // the present one, once it was looked at
	of   int    // its number
}

func (c *cursor) done() bool { return c.Line > len(c.lines) }

// peek gives a character of the present line, or a line break after its end.
func (c *cursor) peek(ahead int) rune {
	if c.done() {
		return '\n'
	}
	if c.of != c.Line {
		c.line, c.of = []rune(c.lines[c.Line-1]), c.Line
	}
	if i := c.Column - 1 + ahead; i < len(c.line) {
		return c.line[i]
	}
	return '\n'
}

func (c *cursor) step(n int) {
	for range n {
		if c.peek(0) == '\n' {
			c.Place = Place{c.Line + 1, 1}
		} else {
			c.Column++
		}
	}
}

// seek goes to the next character that is not white space, nor an escape that stands for some.
func (c *cursor) seek(quote rune) Place {
	for !c.done() {
		switch now := c.peek(0); {
		case unicode.IsSpace(now):
			c.step(1)
		case quote == '"' && now == '\\' && strings.ContainsRune("ntr \n", c.peek(1)):
			c.step(2)
		default:
			return c.Place
		}
	}
	return c.Place
}

// ScalarOf reads a scalar as the file writes it; ok is false where something else stands.
func ScalarOf(n ast.Node, lines []string) (s Scalar, ok bool) {
	switch n := n.(type) {
	case *ast.LiteralNode:
		at := Standing(n.Start)
		return Scalar{Text: n.Value.Value, At: at, lines: lines, source: Place{at.Line + 1, 1}}, true
	case *ast.StringNode:
		s = Scalar{Text: n.Value}
		switch n.Token.Type {
		case token.SingleQuoteType:
			s.quote = '\''
		case token.DoubleQuoteType:
			s.quote = '"'
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		s = Scalar{Text: n.GetToken().Value}
	default:
		return Scalar{}, false
	}
	s.At, s.lines = Standing(n.GetToken()), lines
	s.source = s.At
	return s, true
}

// Beginning gives where a node begins: a mapping at its first key, as people see it.
func Beginning(n ast.Node, otherwise Place) Place {
	switch n := n.(type) {
	case nil:
		return otherwise
	case *ast.MappingNode:
		if len(n.Values) > 0 && !n.IsFlowStyle {
			return Standing(n.Values[0].Key.GetToken())
		}
	case *ast.MappingValueNode:
		return Standing(n.Key.GetToken())
	}
	if n.GetToken() == nil {
		return otherwise
	}
	return Standing(n.GetToken())
}
