package declarative

import (
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// place is where something stands in a file: line and column from 1, the column in characters.
type place struct{ line, column int }

func standing(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{1, 1}
	}
	return place{t.Position.Line, t.Position.Column}
}

// scalar is a text, a number or a truth value, as the file writes it, with where each of its characters stands.
type scalar struct {
	text   string
	at     place    // where it begins
	lines  []string // of the file
	source place    // from where on its characters are found
	quote  rune     // ' or ", 0 for none
}

// spot gives the place of a character of the text, by its number from 0. YAML folds lines, cuts indentation and knows
// escapes, so the text is followed through the file: white space matches any white space, all else itself.
func (s scalar) spot(character int) place {
	at := cursor{lines: s.lines, place: s.source}
	if s.quote != 0 {
		at.step(1)
	}
	for i, want := range []rune(s.text) {
		if i >= character && !unicode.IsSpace(want) {
			return at.seek(s.quote)
		}
		if unicode.IsSpace(want) {
			continue
		}
		if at.seek(s.quote); at.done() {
			return s.at
		}
		switch c := at.peek(0); {
		case c == '\\' && s.quote == '"':
			at.step(escape(at.peek(1)))
		case c == '\'' && s.quote == '\'':
			at.step(2)
		case c == want:
			at.step(1)
		default: // the file is written in a way that this does not follow
			return s.at
		}
	}
	return at.place // right after the text
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
	place
	line []rune // the present one, once it was looked at
	of   int    // its number
}

func (c *cursor) done() bool { return c.place.line > len(c.lines) }

// peek gives a character of the present line, or a line break after its end.
func (c *cursor) peek(ahead int) rune {
	if c.done() {
		return '\n'
	}
	if c.of != c.place.line {
		c.line, c.of = []rune(c.lines[c.place.line-1]), c.place.line
	}
	if i := c.column - 1 + ahead; i < len(c.line) {
		return c.line[i]
	}
	return '\n'
}

func (c *cursor) step(n int) {
	for range n {
		if c.peek(0) == '\n' {
			c.place = place{c.place.line + 1, 1}
		} else {
			c.column++
		}
	}
}

// seek goes to the next character that is not white space, nor an escape that stands for some.
func (c *cursor) seek(quote rune) place {
	for !c.done() {
		switch now := c.peek(0); {
		case unicode.IsSpace(now):
			c.step(1)
		case quote == '"' && now == '\\' && strings.ContainsRune("ntr \n", c.peek(1)):
			c.step(2)
		default:
			return c.place
		}
	}
	return c.place
}

// scalarOf reads a scalar as the file writes it; ok is false where something else stands.
func scalarOf(n ast.Node, lines []string) (s scalar, ok bool) {
	switch n := n.(type) {
	case *ast.LiteralNode:
		at := standing(n.Start)
		return scalar{text: n.Value.Value, at: at, lines: lines, source: place{at.line + 1, 1}}, true
	case *ast.StringNode:
		s = scalar{text: n.Value}
		switch n.Token.Type {
		case token.SingleQuoteType:
			s.quote = '\''
		case token.DoubleQuoteType:
			s.quote = '"'
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		s = scalar{text: n.GetToken().Value}
	default:
		return scalar{}, false
	}
	s.at, s.lines = standing(n.GetToken()), lines
	s.source = s.at
	return s, true
}
