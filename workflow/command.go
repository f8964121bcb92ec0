package workflow

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/berdaya/berdaya/domain"
)

// MaxReason is the length of the longest reason, in characters.
const MaxReason = 10_000

// Command is a move that somebody wants to make.
type Command struct {
	Actor         string // the subject
	Move          domain.Move
	ToStage       *domain.Stage // SEND_BACK: the earlier stage to go back to
	Reason        *string       // 1 to MaxReason characters; needed for every move but ADVANCE
	ReviewOn      *domain.Date  // HOLD: when to look at it again, today or later
	ShiftDueDates bool          // RESUME: whether due dates shift by the time held; no other move looks at it
	At            time.Time
}

// Tidy gives the command in the form that it is judged, stored and compared in: the reason without blanks around it, nil
// where nothing is left, and the time in UTC to the microsecond.
func (c Command) Tidy() Command {
	if c.Reason != nil {
		reason := strings.TrimSpace(*c.Reason)
		c.Reason = &reason
		if domain.Blank(reason) {
			c.Reason = nil
		}
	}
	c.At = c.At.UTC().Truncate(time.Microsecond)
	return c
}

// check gives everything that is wrong with a tidy command's input, whatever the programme's state.
func (c Command) check() error {
	var wrong domain.Problems
	if !domain.Moves.Has(string(c.Move)) {
		wrong = append(wrong, domain.Errorf(domain.CodeBadUserInput, "%q is not a move; the moves are %s", c.Move, strings.Join(domain.Moves.Codes(), ", ")).
			In(fmt.Sprintf("%q bukan langkah; langkah yang ada: %s", c.Move, strings.Join(domain.Moves.Codes(), ", "))).At("move"))
	}
	switch {
	case c.Reason == nil && NeedsReason(c.Move):
		wrong = append(wrong, domain.Errorf(domain.CodeReasonRequired, "%s needs a reason: say why", domain.Moves.Label(string(c.Move), domain.English)).
			In(fmt.Sprintf("%s memerlukan alasan: sebutkan mengapa", domain.Moves.Label(string(c.Move), domain.Indonesian))).At("reason"))
	case c.Reason != nil && utf8.RuneCountInString(*c.Reason) > MaxReason:
		wrong = append(wrong, domain.Errorf(domain.CodeBadUserInput, "the reason has more than %d characters; shorten it", MaxReason).
			In(fmt.Sprintf("alasan lebih dari %d karakter; persingkatlah", MaxReason)).At("reason"))
	case c.Reason != nil && (!utf8.ValidString(*c.Reason) || strings.ContainsRune(*c.Reason, 0)):
		wrong = append(wrong, domain.Errorf(domain.CodeBadUserInput, "the reason is not valid text").
			In("alasan bukan teks yang sah").At("reason"))
	}
	if c.ToStage != nil && c.Move != domain.SendBack {
		wrong = append(wrong, domain.Errorf(domain.CodeBadUserInput, "only SEND_BACK takes a stage; leave it out").
			In("hanya SEND_BACK yang menerima tahap; kosongkan").At("toStage"))
	}
	if c.ReviewOn != nil {
		if _, err := domain.ParseDate(string(*c.ReviewOn)); err != nil || c.Move != domain.Hold || *c.ReviewOn < domain.DateOf(c.At) {
			wrong = append(wrong, domain.Errorf(domain.CodeBadUserInput, "only HOLD takes a review date, and it is today or later").
				In("hanya HOLD yang menerima tanggal tinjauan, hari ini atau sesudahnya").At("reviewOn"))
		}
	}
	switch len(wrong) {
	case 0:
		return nil
	case 1:
		return wrong[0]
	}
	return wrong
}
