package domain

// Locale is a language that Berdaya speaks to people.
type Locale string

// The languages. English is the one every text has.
const (
	English    Locale = "en"
	Indonesian Locale = "id"
)

// Text is one message in both languages.
type Text struct {
	EN string `json:"en"`
	ID string `json:"id,omitempty"`
}

// In gives the text in the language asked for, in English where that is missing.
func (t Text) In(l Locale) string {
	if l == Indonesian && t.ID != "" {
		return t.ID
	}
	return t.EN
}
