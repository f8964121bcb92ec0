package replay

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The variables of a script.
const (
	programme = "programme" // the number of the programme to move
	step      = "step"      // how many transactions the client has done
)

// Move is the statements of one move, in round trips, with variables in the place of what is the programme's own.
type Move struct {
	Statements []Statement
}

// counted is the middle of ids that were counted out and not drawn.
const counted = "-0000-7000-8000-"

var ids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// Of gives the move of the programme with a number.
func Of(statements []Statement, number int) (Move, error) {
	digits := strconv.Itoa(number)
	if len(digits) != 12 {
		return Move{}, fmt.Errorf("the number of a programme has twelve digits, not %s", digits)
	}
	drawn := map[string]string{} // ids that the server drew, in the order in which they occur
	var wrong error
	own := func(text string) string {
		text = ids.ReplaceAllStringFunc(text, func(id string) string {
			if strings.HasPrefix(id[8:], counted) {
				return id
			}
			if drawn[id] == "" {
				drawn[id] = fmt.Sprintf("%08d-0000-7000-9000-%s", len(drawn)+1, digits)
			}
			return drawn[id]
		})
		for at := 0; ; {
			i := strings.Index(text[at:], digits)
			if i < 0 {
				return text
			}
			after := at + i + len(digits)
			if after < len(text) && word.MatchString(text[after:after+1]) {
				wrong = fmt.Errorf("the number %s runs into what follows it: %.100s", digits, text[at+i:])
			}
			text = text[:at+i] + ":" + programme + text[after:]
			at += i + 1 + len(programme)
		}
	}
	m := Move{Statements: slices.Clone(statements)}
	for i := range m.Statements {
		s := &m.Statements[i]
		s.SQL, s.Parameters = own(s.SQL), slices.Clone(s.Parameters)
		for k, p := range s.Parameters {
			s.Parameters[k] = Parameter(own(string(p)))
		}
		if strings.Contains(s.SQL, ":"+programme) && s.Extended {
			wrong = fmt.Errorf("a prepared statement names the programme: %.200s", s.SQL)
		}
	}
	return m, wrong
}

// word is what may stand in a variable's name.
var word = regexp.MustCompile(`[A-Za-z0-9_]`)

// passing is what differs from move to move and makes no difference: times and hashes.
var passing = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00|[0-9a-f]{64}`)

// Same says where two moves differ by more than times and hashes; nil where they do not.
func (m Move) Same(other Move) error {
	if len(m.Statements) != len(other.Statements) {
		return fmt.Errorf("%d statements and %d", len(m.Statements), len(other.Statements))
	}
	for i, s := range m.Statements {
		o := other.Statements[i]
		if s.SQL != o.SQL || s.Extended != o.Extended || len(s.Parameters) != len(o.Parameters) {
			return fmt.Errorf("statement %d: %.300s\nand: %.300s", i+1, s.SQL, o.SQL)
		}
		for k, p := range s.Parameters {
			if a, b := passing.ReplaceAllString(string(p), ""), passing.ReplaceAllString(string(o.Parameters[k]), ""); a != b {
				return fmt.Errorf("statement %d, parameter %d: %.300s\nand: %.300s", i+1, k+1, a, b)
			}
		}
	}
	return nil
}

// Trips gives the statements by round trip.
func (m Move) Trips() [][]Statement {
	var trips [][]Statement
	for _, s := range m.Statements {
		if n := len(trips); n > 0 {
			// Of a transaction that a simple statement began, each statement was waited for.
			first := trips[n-1][0]
			if s.Extended && first.Extended && s.PID == first.PID && s.Within == first.Within && !m.begunSimply(s) {
				trips[n-1] = append(trips[n-1], s)
				continue
			}
		}
		trips = append(trips, []Statement{s})
	}
	return trips
}

func (m Move) begunSimply(s Statement) bool {
	i := slices.IndexFunc(m.Statements, func(o Statement) bool { return o.PID == s.PID && o.Within == s.Within })
	return !m.Statements[i].Extended
}

// prepared tells whether a statement can be prepared by SQL, which those for transactions cannot.
func (s Statement) prepared() bool {
	return s.Extended && slices.Contains([]string{"select", "with", "insert", "update", "delete", "merge", "values"},
		strings.ToLower(strings.Fields(s.SQL)[0]))
}

// Script writes the move for pgbench in simple mode, a client of which moves :moves programmes from number
// :first + :client_id * :moves on. Its transaction number :warm moves nothing but waits for whoever holds the advisory lock:
// until then the clients have prepared and planned everything.
func (m Move) Script(lock int) (string, error) {
	for _, s := range m.Statements {
		for _, name := range []string{step, "first", "moves", "warm", "client_id"} {
			if strings.Contains(fmt.Sprint(s.SQL, s.Parameters), ":"+name) {
				return "", fmt.Errorf("what looks like the variable %s stands in a statement: %.200s", name, s.SQL)
			}
		}
	}
	var b strings.Builder
	names := map[string]string{}
	fmt.Fprintf(&b, "\\if :%s = 0\n", step)
	for _, s := range m.Statements {
		if s.prepared() && names[s.SQL] == "" {
			names[s.SQL] = fmt.Sprintf("s%d", len(names)+1)
			fmt.Fprintf(&b, "PREPARE %s AS %s;\n", names[s.SQL], s.SQL)
		}
	}
	fmt.Fprintf(&b, "\\endif\n\\if :%s = :warm\nselect pg_advisory_lock_shared(%d);\n\\else\n\\set %s :first + :client_id * :moves + :%s\n", step, lock, programme, step)
	for _, trip := range m.Trips() {
		for i, s := range trip {
			text := s.SQL
			switch {
			case s.prepared():
				text = "EXECUTE " + names[s.SQL]
				var values []string
				for _, p := range s.Parameters {
					values = append(values, string(p))
				}
				if len(values) > 0 {
					text += "(" + strings.Join(values, ", ") + ")"
				}
			case len(s.Parameters) > 0:
				return "", fmt.Errorf("a statement that cannot be prepared has parameters: %.200s", s.SQL)
			}
			b.WriteString(text)
			if i < len(trip)-1 {
				b.WriteString(` \;`)
			} else {
				b.WriteString(";")
			}
			b.WriteByte('\n')
		}
	}
	fmt.Fprintf(&b, "\\endif\n\\set %s :%s + 1\n", step, step)
	return b.String(), nil
}
