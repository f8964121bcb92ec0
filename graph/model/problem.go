package model

import (
	"encoding/json"

	"github.com/berdaya/berdaya/domain"
)

// UserErrors gives problems with an input as the reader sees them. It fails where one of them is nothing that a person can
// correct.
func UserErrors(problems domain.Problems, l domain.Locale) (shown []*UserError, ok bool) {
	shown = make([]*UserError, len(problems))
	for i, p := range problems {
		e := &UserError{Code: ErrorCode(p.Code), Message: p.Message, Path: append([]string{"input"}, p.Path...)}
		if !e.Code.IsValid() {
			return nil, false
		}
		if p.Text.EN != "" {
			e.Message = p.Text.In(l)
		}
		if params := p.Shown(); len(params) > 0 {
			if raw, err := json.Marshal(params); err == nil {
				e.Params = raw
			}
		}
		shown[i] = e
	}
	return shown, true
}
