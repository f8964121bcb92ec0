package national

import (
	"time"

	"github.com/berdaya/berdaya/plugins/rules"
)

// consultationHeld asks for a consultation up to today that people came to.
func consultationHeld(q *rules.Question) rules.Text {
	consultations, today := q.Facts.Consultations, q.At.AsTime().Add(earliestDay).Format(time.DateOnly)
	empty, ahead := 0, 0
	for _, c := range consultations {
		switch {
		case c.HeldOn > today:
			ahead++
		case c.Female+c.Male == 0:
			empty++
		default:
			return rules.Passed
		}
	}
	if len(consultations) == 0 {
		return rules.Text{
			EN: "No consultation is recorded yet. Hold at least one and record how many women and men came.",
			ID: "Belum ada musyawarah yang dicatat. Adakan sedikitnya satu dan catat jumlah peserta perempuan dan laki-laki.",
		}
	}
	return rules.Textf(
		"Consultations recorded: %d; without participants: %d; still ahead: %d. At least one must have been held, with the number of women and men who came.",
		"Musyawarah tercatat: %d; tanpa peserta: %d; belum berlangsung: %d. Sedikitnya satu harus sudah diadakan, dengan jumlah peserta perempuan dan laki-laki.",
		len(consultations), empty, ahead)
}

// earliestDay is how far the clock is ahead of UTC in the easternmost of Indonesia's time zones, where each day begins first:
// nobody there is told that today is still ahead.
const earliestDay = 9 * time.Hour

// needRanked asks for a need with a rank.
func needRanked(q *rules.Question) rules.Text {
	needs := q.Facts.Needs
	if len(needs) == 0 {
		return rules.Text{
			EN: "No need is recorded yet. Record what people say they lack, and rank the needs.",
			ID: "Belum ada kebutuhan yang dicatat. Catat apa yang menurut warga kurang, lalu beri peringkat.",
		}
	}
	for _, n := range needs {
		if n.Rank != nil {
			return rules.Passed
		}
	}
	return rules.Textf("0 of %d needs are ranked. Rank them, so that it is clear which comes first.",
		"0 dari %d kebutuhan diberi peringkat. Beri peringkat agar jelas mana yang didahulukan.", len(needs))
}

// rootCauseFound asks for a root cause in any need's problem tree.
func rootCauseFound(q *rules.Question) rules.Text {
	causes := 0
	for _, n := range q.Facts.Needs {
		for _, p := range n.ProblemTree {
			if p.RootCause {
				return rules.Passed
			}
			if p.Kind == "CAUSE" {
				causes++
			}
		}
	}
	return rules.Textf("Needs recorded: %d; causes in their problem trees: %d; root causes: 0. Ask why until nobody can go deeper, and mark that cause.",
		"Kebutuhan tercatat: %d; penyebab dalam pohon masalahnya: %d; akar masalah: 0. Tanyakan mengapa sampai tidak bisa lebih dalam, lalu tandai penyebab itu.",
		len(q.Facts.Needs), causes)
}
