package rules

import "time"

// earliestDay is how far the clock is ahead of UTC in the easternmost of Indonesia's time zones, where each day begins first:
// nobody there is told that today is still ahead. Berdaya counts all days so.
const earliestDay = 9 * time.Hour

// Day gives the day of an instant, YYYY-MM-DD, as Berdaya counts days: that which has begun somewhere in Indonesia.
func Day(t time.Time) string { return t.UTC().Add(earliestDay).Format(time.DateOnly) }
