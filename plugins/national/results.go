package national

import "github.com/berdaya/berdaya/plugins/rules"

// sessionAttended asks for a held session that a participant counted by sex was present at.
func sessionAttended(q *rules.Question) rules.Text {
	sessions, held := 0, 0
	for _, e := range q.Facts.TrainingEvents {
		counted := map[string]bool{}
		for _, p := range e.Participants {
			counted[p.Id] = p.Sex == "FEMALE" || p.Sex == "MALE"
		}
		for _, s := range e.Sessions {
			sessions++
			if s.Status != "HELD" {
				continue
			}
			held++
			for _, a := range s.Attendances {
				if a.Present && counted[a.Participant] {
					return rules.Passed
				}
			}
		}
	}
	switch {
	case sessions == 0:
		return rules.Text{
			EN: "No training session is recorded yet. Hold at least one and record who attended, by sex.",
			ID: "Belum ada sesi pelatihan yang dicatat. Laksanakan sedikitnya satu dan catat kehadiran menurut jenis kelamin.",
		}
	case held == 0:
		return rules.Textf("0 of %d training sessions were held. Hold at least one and record who attended, by sex.",
			"0 dari %d sesi pelatihan terlaksana. Laksanakan sedikitnya satu dan catat kehadiran menurut jenis kelamin.", sessions)
	}
	return rules.Textf("Training sessions recorded: %d; held: %d; with attendance by sex: 0. Record who was present.",
		"Sesi pelatihan tercatat: %d; terlaksana: %d; dengan daftar hadir menurut jenis kelamin: 0. Catat siapa yang hadir.", sessions, held)
}

// measuredAgainstBaseline asks for a measurement, not before the baseline, of an indicator that has one.
func measuredAgainstBaseline(q *rules.Question) rules.Text {
	indicators, baselines, measured := q.Facts.Indicators, 0, 0
	for _, i := range indicators {
		if len(i.Measurements) > 0 {
			measured++
		}
		if i.Baseline == nil {
			continue
		}
		baselines++
		for _, m := range i.Measurements {
			if m.MeasuredOn >= i.GetBaselineOn() {
				return rules.Passed
			}
		}
	}
	if len(indicators) == 0 {
		return rules.Text{
			EN: "No indicator is recorded yet. Record at least one with its baseline, and measure it.",
			ID: "Belum ada indikator yang dicatat. Catat sedikitnya satu beserta data awalnya, lalu lakukan pengukuran.",
		}
	}
	return rules.Textf("Indicators recorded: %d; with a baseline: %d; with a measurement: %d. At least one must have a measurement on or after the day of its baseline.",
		"Indikator tercatat: %d; dengan data awal: %d; dengan pengukuran: %d. Sedikitnya satu harus memiliki pengukuran pada atau setelah tanggal data awalnya.",
		len(indicators), baselines, measured)
}

// severeFindingsClosed asks that no severe finding is open.
func severeFindingsClosed(q *rules.Question) rules.Text {
	open := 0
	for _, f := range q.Facts.Findings {
		if f.Severity == "SEVERE" && f.Status == "OPEN" {
			open++
		}
	}
	if open == 0 {
		return rules.Passed
	}
	return rules.Textf("Findings that are severe and still open: %d of %d. Settle and close each of them.",
		"Temuan berat yang masih terbuka: %d dari %d. Selesaikan dan tutup setiap temuan itu.", open, len(q.Facts.Findings))
}

// reportSent asks for a report that is published and sent to a stakeholder.
func reportSent(q *rules.Question) rules.Text {
	reports, published := q.Facts.Reports, 0
	for _, r := range reports {
		if r.PublishedAt == nil {
			continue
		}
		published++
		if len(r.Distributions) > 0 {
			return rules.Passed
		}
	}
	switch {
	case len(reports) == 0:
		return rules.Text{
			EN: "No report is written yet. Write one, publish it and send it to at least one stakeholder.",
			ID: "Belum ada laporan. Susun laporan, terbitkan, dan kirim ke sedikitnya satu pemangku kepentingan.",
		}
	case published == 0:
		return rules.Textf("0 of %d reports are published. Publish one and send it to at least one stakeholder.",
			"0 dari %d laporan telah terbit. Terbitkan dan kirim ke sedikitnya satu pemangku kepentingan.", len(reports))
	}
	return rules.Textf("Reports written: %d; published: %d; sent: 0. Send a published report to at least one stakeholder.",
		"Laporan tersusun: %d; terbit: %d; terkirim: 0. Kirim laporan yang telah terbit ke sedikitnya satu pemangku kepentingan.",
		len(reports), published)
}
