package national

import (
	"github.com/berdaya/berdaya/plugins/rules"
)

// consultationHeld asks for a consultation up to today that people came to.
func consultationHeld(q *rules.Question) rules.Text {
	consultations, today := q.Facts.Consultations, rules.Day(q.At.AsTime())
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
		return rules.Values{"consultations": 0}.Text(
			"No consultation is recorded yet. Hold at least one and record how many women and men came.",
			"Belum ada musyawarah yang dicatat. Adakan sedikitnya satu dan catat jumlah peserta perempuan dan laki-laki.")
	}
	return rules.Values{"consultations": len(consultations), "withoutParticipants": empty, "ahead": ahead}.Text(
		"Consultations recorded: {consultations}; without participants: {withoutParticipants}; still ahead: {ahead}. At least one must have been held, with the number of women and men who came.",
		"Musyawarah tercatat: {consultations}; tanpa peserta: {withoutParticipants}; belum berlangsung: {ahead}. Sedikitnya satu harus sudah diadakan, dengan jumlah peserta perempuan dan laki-laki.")
}

// needRanked asks for a need with a rank.
func needRanked(q *rules.Question) rules.Text {
	needs := q.Facts.Needs
	if len(needs) == 0 {
		return rules.Values{"needs": 0, "ranked": 0}.Text(
			"No need is recorded yet. Record what people say they lack, and rank the needs.",
			"Belum ada kebutuhan yang dicatat. Catat apa yang menurut warga kurang, lalu beri peringkat.")
	}
	for _, n := range needs {
		if n.Rank != nil {
			return rules.Passed
		}
	}
	return rules.Values{"needs": len(needs), "ranked": 0}.Text("{ranked} of {needs} needs are ranked. Rank them, so that it is clear which comes first.",
		"{ranked} dari {needs} kebutuhan diberi peringkat. Beri peringkat agar jelas mana yang didahulukan.").At("needs", "rank")
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
	text := rules.Values{"needs": len(q.Facts.Needs), "causes": causes, "rootCauses": 0}.Text(
		"Needs recorded: {needs}; causes in their problem trees: {causes}; root causes: {rootCauses}. Ask why until nobody can go deeper, and mark that cause.",
		"Kebutuhan tercatat: {needs}; penyebab dalam pohon masalahnya: {causes}; akar masalah: {rootCauses}. Tanyakan mengapa sampai tidak bisa lebih dalam, lalu tandai penyebab itu.")
	switch {
	case len(q.Facts.Needs) == 0:
		return text.At("needs")
	case causes == 0:
		return text
	}
	return text.At("needs", "problemTree", "rootCause")
}
