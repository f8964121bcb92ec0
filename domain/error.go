package domain

import (
	"errors"
	"fmt"
	"strings"
)

// Code says what kind of problem an Error is. Clients decide by it, so a code once published keeps its meaning.
type Code string

// The codes, and what whoever receives one can do about it.
const (
	// CodeBadUserInput: the input is malformed or out of range; correct the field that Path names.
	CodeBadUserInput Code = "BAD_USER_INPUT"
	// CodeNotFound: there is no such thing, or it may not be seen; the two are never told apart.
	CodeNotFound Code = "NOT_FOUND"
	// CodeAlreadyExists: something with the same natural key is there already.
	CodeAlreadyExists Code = "ALREADY_EXISTS"
	// CodeConflict: somebody else changed it first; read it again and decide anew.
	CodeConflict Code = "CONFLICT"
	// CodeBlocked: rules do not allow the move yet; the blocks say what is missing.
	CodeBlocked Code = "BLOCKED"
	// CodeMoveNotPossible: the programme's stage or status does not offer this move; the message lists those it does.
	CodeMoveNotPossible Code = "MOVE_NOT_POSSIBLE"
	// CodeReasonRequired: the move needs a reason.
	CodeReasonRequired Code = "REASON_REQUIRED"
	// CodeNotWaivable: the rule allows no waiver; do what it asks for.
	CodeNotWaivable Code = "NOT_WAIVABLE"
	// CodeRulesUnavailable: the rules could not be asked; try again shortly.
	CodeRulesUnavailable Code = "RULES_UNAVAILABLE"
	// CodeIdempotencyMismatch: this key was used before with another input; use a new key for a new command.
	CodeIdempotencyMismatch Code = "IDEMPOTENCY_MISMATCH"
	// CodeForbidden: the actor sees it but may not change it.
	CodeForbidden Code = "FORBIDDEN"
	// CodeUnauthenticated: no valid token; sign in.
	CodeUnauthenticated Code = "UNAUTHENTICATED"
	// CodeBulkEmpty: a bulk move's filter or list matches nothing; change it.
	CodeBulkEmpty Code = "BULK_EMPTY"
	// CodeBulkCountMismatch: a bulk move's filter matches another number of programmes than expected; look at them first.
	CodeBulkCountMismatch Code = "BULK_COUNT_MISMATCH"
	// CodeBulkNotPossible: the bulk move's state does not allow this; the message says what it allows.
	CodeBulkNotPossible Code = "BULK_NOT_POSSIBLE"
	// CodeRuleSetNotPossible: the state of the rule set or of its version does not allow this; the message says what it allows.
	CodeRuleSetNotPossible Code = "RULE_SET_NOT_POSSIBLE"
	// CodeRuleSetInUse: the version may still bind programmes; the message names the regions where it is to be taken out of work first.
	CodeRuleSetInUse Code = "RULE_SET_IN_USE"
	// CodeTooLarge: the request exceeds a limit; the message names the limit.
	CodeTooLarge Code = "TOO_LARGE"
	// CodeBadFile: a file is wrong; the message names file, line and column.
	CodeBadFile Code = "BAD_FILE"
	// CodeUnavailable: something Berdaya needs is not there now; try again or look at the operator's log.
	CodeUnavailable Code = "UNAVAILABLE"
	// CodeSchemaMismatch: the database's schema is not the one this program knows.
	CodeSchemaMismatch Code = "SCHEMA_MISMATCH"
	// CodeInternal: a fault of ours; the request id finds it in the log.
	CodeInternal Code = "INTERNAL"
)

// Error is a problem that a person can understand and act on.
type Error struct {
	Code    Code
	Message string         // English; the edge may show Text in the reader's language instead
	Text    Text           // the message by language, where there is one
	Path    []string       // the input field or the content it is about, from the outside in
	Params  map[string]any // the values in the message, for clients that write their own
	Blocks  []Block        // with CodeBlocked and CodeRulesUnavailable: all that stands in the way
	cause   error
}

// Errorf makes an Error with a formatted English message. %w keeps a cause for the log; its text is part of the message,
// so wrap only causes whose text a person may read.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), cause: errors.Unwrap(err)}
}

// InFile makes an error about a place in a file that somebody wrote: BAD_FILE with file, line and column, both from 1.
func InFile(file string, line, column int, en, id string) *Error {
	e := Errorf(CodeBadFile, "%s, line %d, column %d: %s", file, line, column, en).In(fmt.Sprintf("%s, baris %d, kolom %d: %s", file, line, column, id))
	e.Params = map[string]any{"file": file, "line": line, "column": column}
	return e
}

// Error gives the message, led by the path where there is one.
func (e *Error) Error() string {
	if len(e.Path) == 0 {
		return e.Message
	}
	return strings.Join(e.Path, ".") + ": " + e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// At returns the same error, about the thing that path names.
func (e *Error) At(path ...string) *Error {
	c := *e
	c.Path = append(append([]string{}, path...), e.Path...)
	return &c
}

// Because returns the same error with a cause for the log, whose text is not shown.
func (e *Error) Because(err error) *Error {
	c := *e
	c.cause = err
	return &c
}

// In returns the same error with its message in Indonesian as well.
func (e *Error) In(id string) *Error {
	c := *e
	c.Text = Text{EN: e.Message, ID: id}
	return &c
}

// Shown gives the params without the names that the database put there for stores and logs. A column of a file is a number.
func (e *Error) Shown() map[string]any {
	out := map[string]any{}
	for k, v := range e.Params {
		if _, name := v.(string); k != "constraint" && k != "table" && (k != "column" || !name) {
			out[k] = v
		}
	}
	return out
}

// CodeOf gives the code of an error: that of the first Error in its chain, CodeInternal for any other, "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// Problems are several errors about one input, reported together so that a person corrects them in one go.
type Problems []*Error

// Error joins the messages.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, e := range p {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "; ")
}

// Unwrap gives the errors.
func (p Problems) Unwrap() []error {
	errs := make([]error, len(p))
	for i, e := range p {
		errs[i] = e
	}
	return errs
}
