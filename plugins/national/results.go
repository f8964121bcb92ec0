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
		text := rules.Values{"sessions": 0, "held": 0}.Text("No training session is recorded yet. Hold at least one and record who attended, by sex.",
			"Belum ada sesi pelatihan yang dicatat. Laksanakan sedikitnya satu dan catat kehadiran menurut jenis kelamin.")
		if len(q.Facts.TrainingEvents) == 0 {
			return text.At("trainingEvents")
		}
		return text
	case held == 0:
		return rules.Values{"sessions": sessions, "held": 0}.Text("{held} of {sessions} training sessions were held. Hold at least one and record who attended, by sex.",
			"{held} dari {sessions} sesi pelatihan terlaksana. Laksanakan sedikitnya satu dan catat kehadiran menurut jenis kelamin.").
			At("trainingEvents", "sessions", "status")
	}
	return rules.Values{"sessions": sessions, "held": held, "withAttendance": 0}.Text(
		"Training sessions recorded: {sessions}; held: {held}; with attendance by sex: {withAttendance}. Record who was present.",
		"Sesi pelatihan tercatat: {sessions}; terlaksana: {held}; dengan daftar hadir menurut jenis kelamin: {withAttendance}. Catat siapa yang hadir.").
		At("trainingEvents", "sessions", "attendances")
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
		return rules.Values{"indicators": 0}.Text("No indicator is recorded yet. Record at least one with its baseline, and measure it.",
			"Belum ada indikator yang dicatat. Catat sedikitnya satu beserta data awalnya, lalu lakukan pengukuran.").At("indicators")
	}
	text := rules.Values{"indicators": len(indicators), "withBaseline": baselines, "withMeasurement": measured}.Text(
		"Indicators recorded: {indicators}; with a baseline: {withBaseline}; with a measurement: {withMeasurement}. At least one must have a measurement on or after the day of its baseline.",
		"Indikator tercatat: {indicators}; dengan data awal: {withBaseline}; dengan pengukuran: {withMeasurement}. Sedikitnya satu harus memiliki pengukuran pada atau setelah tanggal data awalnya.")
	if baselines == 0 {
		return text.At("indicators", "baseline")
	}
	return text
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
	return rules.Values{"severeOpen": open, "findings": len(q.Facts.Findings)}.Text(
		"Findings that are severe and still open: {severeOpen} of {findings}. Settle and close each of them.",
		"Temuan berat yang masih terbuka: {severeOpen} dari {findings}. Selesaikan dan tutup setiap temuan itu.")
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
		return rules.Values{"reports": 0, "published": 0, "sent": 0}.Text("No report is written yet. Write one, publish it and send it to at least one stakeholder.",
			"Belum ada laporan. Susun laporan, terbitkan, dan kirim ke sedikitnya satu pemangku kepentingan.").At("reports")
	case published == 0:
		return rules.Values{"reports": len(reports), "published": 0, "sent": 0}.Text("{published} of {reports} reports are published. Publish one and send it to at least one stakeholder.",
			"{published} dari {reports} laporan telah terbit. Terbitkan dan kirim ke sedikitnya satu pemangku kepentingan.").At("reports", "publishedAt")
	}
	return rules.Values{"reports": len(reports), "published": published, "sent": 0}.Text(
		"Reports written: {reports}; published: {published}; sent: {sent}. Send a published report to at least one stakeholder.",
		"Laporan tersusun: {reports}; terbit: {published}; terkirim: {sent}. Kirim laporan yang telah terbit ke sedikitnya satu pemangku kepentingan.")
}
