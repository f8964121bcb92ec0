package declarative

import (
	"fmt"
	"slices"
	"strings"
)

// suggestion gives the end of a sentence about a word that is not known, in both languages: which one may be meant.
func suggestion(word string, known []string) (en, id string) {
	best, least := "", len(word)/3+2
	for _, k := range slices.Sorted(slices.Values(known)) {
		d := distance(word, k, least)
		if strings.HasPrefix(k, word) && word != "" {
			d = 1 // the beginning of the word that is meant
		}
		if d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return "", ""
	}
	return fmt.Sprintf("; did you mean %q?", best), fmt.Sprintf("; maksudnya %q?", best)
}

// distance counts the letters to change, to add or to leave out that make one word of another, up to a limit.
func distance(a, b string, limit int) int {
	if max(len(a), len(b)) > 64 || max(len(a)-len(b), len(b)-len(a)) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
