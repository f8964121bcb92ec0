package notices

import (
	"fmt"

	"github.com/berdaya/berdaya/domain"
)

// Unseen is what is said of a programme that the reader no longer sees.
var Unseen = domain.Text{EN: "About a programme that you can no longer see.", ID: "Tentang program yang tidak dapat Anda lihat lagi."}

// Sentence says what a notice is about, without the programme.
func Sentence(n *domain.Notice) domain.Text {
	en, id := domain.Stages.Label(string(n.Stage), domain.English), domain.Stages.Label(string(n.Stage), domain.Indonesian)
	switch n.Kind {
	case domain.NoticeCheckpoint:
		return both("%d days in the stage %s: see how it goes.", "Sudah %d hari pada tahap %s: periksa perkembangannya.",
			[]any{n.OffsetDays, en}, []any{n.OffsetDays, id})
	case domain.NoticeReminder:
		return both("The stage %s is due on %s.", "Tenggat tahap %s: %s.", []any{en, day(n.DueOn, domain.English)}, []any{id, day(n.DueOn, domain.Indonesian)})
	case domain.NoticeOverdue:
		return both("The stage %s was due on %s and is not done.", "Tahap %s seharusnya selesai %s dan belum selesai.",
			[]any{en, day(n.DueOn, domain.English)}, []any{id, day(n.DueOn, domain.Indonesian)})
	case domain.NoticeEscalation:
		return both("The stage %s was due on %s and is not done; the admins (%s) are told.", "Tahap %s seharusnya selesai %s dan belum selesai; admin (%s) diberi tahu.",
			[]any{en, day(n.DueOn, domain.English), level(n.Level, domain.English)}, []any{id, day(n.DueOn, domain.Indonesian), level(n.Level, domain.Indonesian)})
	case domain.NoticeWaiverRequested:
		return waiver(n, "A waiver of the rule %s (%s) is asked for, until %s.", "Pengecualian dari aturan %s (%s) diajukan, sampai %s.")
	case domain.NoticeWaiverGranted:
		return waiver(n, "The waiver of the rule %s (%s) is granted, until %s.", "Pengecualian dari aturan %s (%s) dikabulkan, sampai %s.")
	case domain.NoticeWaiverRefused:
		return waiver(n, "The waiver of the rule %s (%s), asked for until %s, is refused.", "Pengecualian dari aturan %s (%s), yang diajukan sampai %s, ditolak.")
	case domain.NoticeWaiverRevoked:
		return waiver(n, "The waiver of the rule %s (%s), granted until %s, is taken back.", "Pengecualian dari aturan %s (%s), yang berlaku sampai %s, dicabut.")
	}
	return domain.Text{EN: domain.NoticeKinds.Label(string(n.Kind), domain.English) + ".", ID: domain.NoticeKinds.Label(string(n.Kind), domain.Indonesian) + "."}
}

// Message says what a notice is about, led by the programme.
func Message(n *domain.Notice) domain.Text {
	s := Sentence(n)
	about := n.Title + " (" + n.Code + "): "
	return domain.Text{EN: about + s.EN, ID: about + s.ID}
}

func both(en, id string, english, indonesian []any) domain.Text {
	return domain.Text{EN: fmt.Sprintf(en, english...), ID: fmt.Sprintf(id, indonesian...)}
}

func waiver(n *domain.Notice, en, id string) domain.Text {
	rule, set := text(n.Rule), text(n.RuleSet)
	return both(en, id, []any{rule, set, day(n.ExpiresOn, domain.English)}, []any{rule, set, day(n.ExpiresOn, domain.Indonesian)})
}

func text(s *string) string {
	if s == nil || *s == "" {
		return "?"
	}
	return *s
}

func level(l *domain.Level, in domain.Locale) string {
	if l == nil {
		return "?"
	}
	return domain.Levels.Label(string(*l), in)
}

var months = map[domain.Locale][12]string{
	domain.English:    {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	domain.Indonesian: {"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November", "Desember"},
}

// day writes a date as people do: 4 May 2026.
func day(d *domain.Date, in domain.Locale) string {
	if d == nil {
		return "?"
	}
	at := d.Time()
	return fmt.Sprintf("%d %s %d", at.Day(), months[in][at.Month()-1], at.Year())
}
