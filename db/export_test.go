package db

import (
	"strings"

	"github.com/berdaya/berdaya/domain"
)

// DueQuery lets a test read its plan.
var DueQuery = dueQuery

// AnyEnteredQuery lets a test read its plan.
func AnyEnteredQuery(region string) string {
	level, _ := domain.LevelOf(region)
	return strings.NewReplacer("$1", "?0", "$2", "?1", "$3", "?2").Replace(anyEnteredQuery(level))
}

// Removals lets a test read their plans.
var Removals = removals
