package national

import "github.com/berdaya/berdaya/plugins/rules"

// Name is the rule set's name, by which blocks and history name it.
const Name = "national"

// Version of the national rules. It changes with every change of what they say.
const Version = "1.2.0"

// Serve serves the national rules to the server that started this process.
func Serve() { rules.Serve(Rules()) }

// Rules gives the national rules.
func Rules() *rules.Set {
	set := &rules.Set{
		Name: Name, Version: Version,
		Title: rules.Text{EN: "National rules of community empowerment", ID: "Aturan nasional pemberdayaan masyarakat"},
		Facts: []string{rules.Needs, rules.Consultations, rules.Logframe, rules.Activities, rules.Trainings, rules.Indicators,
			rules.Findings, rules.Reports},
		Rules:  table,
		Stages: map[string]rules.StageWork{},
	}
	for _, stage := range rules.Stages {
		set.Stages[stage] = rules.StageWork{Checklist: checklist(stage)}
	}
	return set
}

// checklist gives what a stage's rules will ask for as things to do.
func checklist(stage string) []rules.Item {
	var items []rules.Item
	for _, r := range table {
		if r.Stages[0] == stage && r.Severity == rules.Block {
			items = append(items, rules.Item{Code: r.Code, Title: todo[r.Code]})
		}
	}
	return items
}

var advance = []string{rules.Advance}

// table is the rules, each in the one stage it speaks to.
var table = []rules.Rule{
	{
		Code: "CONSULTATION_HELD", Stages: []string{rules.Identify}, Moves: advance,
		Title:    rules.Text{EN: "A consultation was held", ID: "Musyawarah telah diadakan"},
		Severity: rules.Block, Waivable: rules.ByNobody, Path: []string{"consultations"}, Check: consultationHeld,
	},
	{
		Code: "NEED_RANKED", Stages: []string{rules.Identify}, Moves: advance,
		Title:    rules.Text{EN: "A need is ranked", ID: "Kebutuhan telah diberi peringkat"},
		Severity: rules.Block, Waivable: rules.ByNobody, Path: []string{"needs"}, Check: needRanked,
	},
	{
		Code: "ROOT_CAUSE_FOUND", Stages: []string{rules.Identify}, Moves: advance,
		Title:    rules.Text{EN: "A root cause is found", ID: "Akar masalah telah ditemukan"},
		Severity: rules.Block, Waivable: rules.ByNobody, Path: []string{"needs", "problemTree"}, Check: rootCauseFound,
	},
	{
		Code: "OBJECTIVE_MEASURABLE", Stages: []string{rules.Plan}, Moves: advance,
		Title:    rules.Text{EN: "An objective has an indicator", ID: "Tujuan memiliki indikator"},
		Severity: rules.Block, Waivable: rules.ByNobody, Path: []string{"objectives", "indicators"}, Check: objectiveMeasurable,
	},
	{
		Code: "ACTIVITY_DATED_AND_BUDGETED", Stages: []string{rules.Plan}, Moves: advance,
		Title:    rules.Text{EN: "An activity has dates and a budget", ID: "Kegiatan memiliki jadwal dan anggaran"},
		Severity: rules.Block, Waivable: rules.ByNobody, Path: []string{"activities"}, Check: activityDatedAndBudgeted,
	},
	{
		Code: "HALF_BUILDS_CAPACITY", Stages: []string{rules.Plan}, Moves: advance,
		Title:    rules.Text{EN: "Half of the activities build capacity", ID: "Separuh kegiatan membangun kapasitas"},
		Severity: rules.Block, Waivable: rules.ByRegion, Path: []string{"activities", "buildsCapacity"}, Check: halfBuildsCapacity,
	},
	{
		Code: "AID_UNDER_HALF", Stages: []string{rules.Plan}, Moves: advance,
		Title:    rules.Text{EN: "Direct aid is less than half of the budget", ID: "Bantuan langsung kurang dari separuh anggaran"},
		Severity: rules.Warn, Waivable: rules.ByRegion, Path: []string{"activities", "budgetLines"}, Check: aidUnderHalf,
	},
	{
		Code: "SESSION_ATTENDED", Stages: []string{rules.Train}, Moves: advance,
		Title:    rules.Text{EN: "A session was held, with attendance by sex", ID: "Sesi telah terlaksana dengan daftar hadir menurut jenis kelamin"},
		Severity: rules.Block, Waivable: rules.ByNobody, Path: []string{"trainingEvents", "sessions"}, Check: sessionAttended,
	},
	{
		Code: "MEASURED_AGAINST_BASELINE", Stages: []string{rules.Monitor}, Moves: advance,
		Title:    rules.Text{EN: "An indicator is measured against its baseline", ID: "Indikator telah diukur terhadap data awal"},
		Severity: rules.Block, Waivable: rules.ByNobody, Path: []string{"indicators", "measurements"}, Check: measuredAgainstBaseline,
	},
	{
		Code: "SEVERE_FINDINGS_CLOSED", Stages: []string{rules.Monitor}, Moves: advance,
		Title:    rules.Text{EN: "No severe finding is open", ID: "Tidak ada temuan berat yang terbuka"},
		Severity: rules.Block, Waivable: rules.ByNobody, Path: []string{"findings"}, Check: severeFindingsClosed,
	},
	{
		Code: "REPORT_SENT", Stages: []string{rules.Report}, Moves: advance,
		Title:    rules.Text{EN: "A report is published and sent to a stakeholder", ID: "Laporan telah terbit dan dikirim ke pemangku kepentingan"},
		Severity: rules.Block, Waivable: rules.ByNobody, Path: []string{"reports", "distributions"}, Check: reportSent,
	},
}

// todo words the blocking rules as things to do.
var todo = map[string]rules.Text{
	"CONSULTATION_HELD":           {EN: "Hold a consultation and count who came", ID: "Adakan musyawarah dan catat jumlah pesertanya"},
	"NEED_RANKED":                 {EN: "Record the needs and rank them", ID: "Catat kebutuhan dan beri peringkat"},
	"ROOT_CAUSE_FOUND":            {EN: "Ask why until a root cause is found", ID: "Tanyakan mengapa sampai akar masalah ditemukan"},
	"OBJECTIVE_MEASURABLE":        {EN: "Set an objective with an indicator", ID: "Tetapkan tujuan beserta indikatornya"},
	"ACTIVITY_DATED_AND_BUDGETED": {EN: "Plan activities with dates and budget", ID: "Rencanakan kegiatan beserta jadwal dan anggarannya"},
	"HALF_BUILDS_CAPACITY":        {EN: "Let half of the activities or more build capacity", ID: "Pastikan separuh kegiatan atau lebih membangun kapasitas"},
	"SESSION_ATTENDED":            {EN: "Hold a session and record who attended", ID: "Laksanakan sesi dan catat kehadirannya"},
	"MEASURED_AGAINST_BASELINE":   {EN: "Record a baseline and measure against it", ID: "Catat data awal dan lakukan pengukuran"},
	"SEVERE_FINDINGS_CLOSED":      {EN: "Close every severe finding", ID: "Tutup semua temuan berat"},
	"REPORT_SENT":                 {EN: "Publish a report and send it to a stakeholder", ID: "Terbitkan laporan dan kirim ke pemangku kepentingan"},
}
