package workflow

import (
	"fmt"

	"github.com/berdaya/berdaya/domain"
)

// Content is a kind of content, as far as it matters to when it may be entered.
type Content string

// The kinds of content.
const (
	AnyContent         Content = "ANY"         // whatever is not named below
	MeasurementContent Content = "MEASUREMENT" // the value of an indicator, also after the end (ex-post)
	EvaluationContent  Content = "EVALUATION"  // an evaluation of the programme
	FeedbackContent    Content = "FEEDBACK"    // what stakeholders say to a report, and that they received it
	ErasureContent     Content = "ERASURE"     // the erasing of a person
)

// MayEnter says whether content may be entered, changed or taken away in a programme of this status: any content while it is
// ACTIVE, in every stage; measurements, evaluations and feedback also when it is COMPLETED; nothing while it is ON_HOLD or
// after it was CANCELLED. A person may be erased at any time, because the law does not wait. The error is
// MOVE_NOT_POSSIBLE and names the move that would make it possible.
func MayEnter(status domain.Status, c Content) error {
	after := c == MeasurementContent || c == EvaluationContent || c == FeedbackContent
	if status == domain.Active || c == ErasureContent || status == domain.Completed && after {
		return nil
	}
	move := domain.Reopen
	if status == domain.OnHold {
		move = domain.Resume
	}
	words := func(l domain.Locale) []any {
		return []any{domain.Statuses.Label(string(status), l), domain.Moves.Label(string(move), l)}
	}
	e := domain.Errorf(domain.CodeMoveNotPossible, "a programme with status %s does not take this content; it takes the move %s first", words(domain.English)...).
		In(fmt.Sprintf("program dengan status %s tidak menerima isian ini; lakukan langkah %s terlebih dahulu", words(domain.Indonesian)...))
	e.Params = map[string]any{"status": string(status), "needs": string(move)}
	return e
}
