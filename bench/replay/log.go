// Package replay has pgbench do what a server did: it reads the statements of one move from PostgreSQL's log and writes a script
// that does the same, with the same statements, parameters and round trips, to one programme after the other.
//
// # What is read
//
// PostgreSQL logs every statement (log_statement = all) as a line of JSON with the parameters it was given. Statements by the
// simple protocol are a round trip each. Those by the extended protocol that follow each other on one connection, within one
// transaction, were sent together: our driver sends one at a time otherwise, and each is a transaction then.
//
// # What is written
//
// Each statement is prepared once by every client and executed with its parameters as text, as the driver prepares and executes
// it; statements of one round trip are one message. The script is for pgbench's simple mode, where variables are put into
// texts, too.
//
// The programme's number stands in its id and in the ids of all that belongs to it, in twelve decimal digits, which are
// hexadecimal digits as well; wherever they stand a variable takes their place. Ids that the server drew for this move become ids
// of the number's own. Two captured moves of two programmes must come to the same then, but for times and hashes: [Move.Same].
package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// Statement is one statement as PostgreSQL was given it.
type Statement struct {
	SQL        string
	Parameters []Parameter
	Extended   bool   // by the extended protocol, so prepared
	PID        int    // of the connection
	Within     string // the transaction
}

// Parameter is a value as a literal in SQL: a text in quotes, or NULL.
type Parameter string

// line is what we read of a line of PostgreSQL's JSON log.
type line struct {
	PID         int    `json:"pid"`
	Transaction string `json:"vxid"`
	Message     string `json:"message"`
	Detail      string `json:"detail"`
	Application string `json:"application_name"`
}

var (
	executed = regexp.MustCompile(`(?s)^execute [^:]*: (.*)$`)
	stated   = regexp.MustCompile(`(?s)^statement: (.*)$`)
	comments = regexp.MustCompile(`(?m)--[^\n]*$`)
)

// Between gives the statements of an application that were logged between two statements, and whether both are there. A line
// that is still being written counts as not there.
func Between(log []byte, begin, end, application string) (found []Statement, whole bool, err error) {
	inside := false
	for text := range bytes.Lines(log) {
		if !bytes.HasSuffix(text, []byte("\n")) {
			break
		}
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return nil, false, fmt.Errorf("PostgreSQL's log: %w: %.200s", err, text)
		}
		switch l.Message {
		case "statement: " + begin:
			inside, found = true, nil
			continue
		case "statement: " + end:
			if inside {
				return found, true, nil
			}
		}
		if !inside || l.Application != application {
			continue
		}
		s, ok, err := l.statement()
		if err != nil {
			return nil, false, err
		}
		if ok {
			found = append(found, s)
		}
	}
	return nil, false, nil
}

// statement reads a line; false where it is about no statement, or about one that does nothing.
func (l line) statement() (Statement, bool, error) {
	s := Statement{PID: l.PID, Within: l.Transaction}
	if m := executed.FindStringSubmatch(l.Message); m != nil {
		s.SQL, s.Extended = m[1], true
	} else if m := stated.FindStringSubmatch(l.Message); m != nil {
		s.SQL = m[1]
	} else {
		return s, false, nil
	}
	s.SQL = strings.TrimRight(strings.TrimSpace(s.SQL), "; \n")
	if strings.TrimSpace(comments.ReplaceAllString(s.SQL, "")) == "" {
		return s, false, nil // an empty statement, by which a pool asks whether the connection is alive
	}
	var err error
	s.Parameters, err = parameters(l.Detail)
	return s, true, err
}

// parameters reads "parameters: $1 = 'one', $2 = NULL".
func parameters(detail string) ([]Parameter, error) {
	_, rest, ok := strings.Cut(detail, "arameters: ")
	if !ok {
		return nil, nil
	}
	var all []Parameter
	for rest != "" {
		head := fmt.Sprintf("$%d = ", len(all)+1)
		if !strings.HasPrefix(rest, head) {
			return nil, fmt.Errorf("no %q where it should be: %.200s", head, rest)
		}
		rest = rest[len(head):]
		length, err := literal(rest)
		if err != nil {
			return nil, err
		}
		all = append(all, Parameter(rest[:length]))
		rest = strings.TrimPrefix(rest[length:], ", ")
	}
	return all, nil
}

// literal gives the length of the literal that a text begins with.
func literal(text string) (int, error) {
	if strings.HasPrefix(text, "NULL") {
		return len("NULL"), nil
	}
	if strings.HasPrefix(text, "'") {
		for i := 1; i < len(text); i++ {
			if text[i] != '\'' {
				continue
			}
			if i+1 < len(text) && text[i+1] == '\'' {
				i++
				continue
			}
			return i + 1, nil
		}
	}
	return 0, fmt.Errorf("no text in quotes and no NULL: %.200s", text)
}
