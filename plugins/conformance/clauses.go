package conformance

import "github.com/berdaya/berdaya/plugins/rules"

// Severity says how grave a finding is.
type Severity string

// The severities of findings.
const (
	Error   Severity = "ERROR"   // a promise of the contract is broken; the rule set cannot go live
	Warning Severity = "WARNING" // it works, and serves people badly
	Skipped Severity = "SKIPPED" // not tried, because of another finding
)

// Clause is one promise of the contract.
type Clause struct {
	Code     string
	Title    rules.Text // what holds where it is kept
	Severity Severity   // of a finding
	Says     string     // the sentence of the contract or, about processes, of docs/regional-offices.md
	Process  bool       // about the program rather than its answers; see Run

	after []string                   // the clauses without which it cannot be tried
	try   func(s *suite) *rules.Text // nil: it is kept
}

// Clauses lists the clauses in the order in which they are tried.
var Clauses = []Clause{
	{Code: "STARTS", Process: true, Severity: Error,
		Title: rules.Text{EN: "It starts and answers the handshake", ID: "Program mulai dan menjawab jabat tangan"},
		Says:  "Within ten seconds it writes one line on standard output, the handshake"},
	{Code: "QUIET_BEFORE_HANDSHAKE", Process: true, Severity: Error,
		Title: rules.Text{EN: "It writes nothing before the handshake", ID: "Program tidak menulis apa pun sebelum jabat tangan"},
		Says:  "and nothing before it"},
	{Code: "DESCRIPTION", Severity: Error, try: (*suite).describes,
		Title: rules.Text{EN: "It says who it is, in the contract's words", ID: "Ia memperkenalkan diri dengan kata-kata kontrak"},
		Says:  "Describe says who the rule set is, which rules it has and which facts they need."},
	{Code: "DESCRIPTION_STABLE", Severity: Error, try: (*suite).describesTheSame, after: []string{"DESCRIPTION"},
		Title: rules.Text{EN: "It says the same of itself when asked again", ID: "Ia memperkenalkan diri dengan cara yang sama bila ditanya lagi"},
		Says:  "the answer must not change while the program runs"},
	{Code: "PARAMETERS_SCHEMA", Severity: Error, try: (*suite).hasASchema, after: []string{"DESCRIPTION"},
		Title: rules.Text{EN: "The schema of its parameters is a JSON Schema", ID: "Skema parameternya adalah JSON Schema"},
		Says:  "JSON Schema (2020-12) of the parameters; empty: it takes none"},
	{Code: "PARAMETERS_REFUSED", Severity: Error, try: (*suite).refusesParameters, after: []string{"PARAMETERS_SCHEMA"},
		Title: rules.Text{EN: "It refuses parameters that do not fit, and says why", ID: "Ia menolak parameter yang tidak sesuai, beserta alasannya"},
		Says:  "Parameters that do not fit the schema are answered with INVALID_ARGUMENT and a message that says why."},
	{Code: "PARAMETERS_ACCEPTED", Severity: Error, try: (*suite).takesParameters, after: []string{"PARAMETERS_SCHEMA"},
		Title: rules.Text{EN: "It takes parameters that fit", ID: "Ia menerima parameter yang sesuai"},
		Says:  "Configure gives the parameters of the region that the rule set works for"},
	{Code: "HEALTH", Severity: Error, try: (*suite).isHealthy, after: []string{"PARAMETERS_ACCEPTED"},
		Title: rules.Text{EN: "It says that it can answer", ID: "Ia menyatakan dapat menjawab"},
		Says:  "Health says whether the rule set can answer now."},
	judges(none, rules.Text{EN: "It judges where nothing is known yet", ID: "Ia menilai meski belum ada yang diketahui"},
		"an absent field is not the same as zero"),
	judges(full, rules.Text{EN: "It judges where everything is known", ID: "Ia menilai bila semuanya diketahui"},
		"Evaluate judges moves: one answer for each question, in the same order."),
	judges(unknown, rules.Text{EN: "It bears words that it does not know", ID: "Ia tahan terhadap kata yang tidak dikenalnya"},
		"a value that is added later reaches an old rule set as a string it does not know, not as an error"),
	judges(absent, rules.Text{EN: "It bears that optional values are absent", ID: "Ia tahan terhadap nilai opsional yang tidak ada"},
		"What may be unknown is `optional`; an absent field is not the same as zero."),
	judges(extreme, rules.Text{EN: "It bears the largest and smallest numbers", ID: "Ia tahan terhadap angka terbesar dan terkecil"},
		"Quantities are doubles."),
	judges(long, rules.Text{EN: "It bears long texts, and quotes only what fits", ID: "Ia tahan terhadap teks panjang, dan hanya mengutip yang muat"},
		"a text at most 2,000 characters"),
	{Code: "ORDER", Severity: Error, try: (*suite).keepsOrder, after: []string{"NO_FACTS"},
		Title: rules.Text{EN: "It answers each question, by its programme, in order", ID: "Ia menjawab setiap pertanyaan, menurut programnya, secara berurutan"},
		Says:  "one answer for each question, in the same order"},
	{Code: "EVERY_RULE_SPEAKS", Severity: Error, try: (*suite).speaks, after: []string{"ORDER"},
		Title: rules.Text{EN: "Every rule that has to speak does", ID: "Setiap aturan yang harus bersuara bersuara"},
		Says:  "a rule without a verdict counts as not answered, never as passed"},
	{Code: "VERDICTS", Severity: Error, try: (*suite).verdictsHold, after: []string{"ORDER"},
		Title: rules.Text{EN: "Its verdicts are well formed", ID: "Penilaiannya tersusun dengan benar"},
		Says:  "Verdict is what one rule says."},
	{Code: "INDONESIAN", Severity: Warning, try: (*suite).speaksIndonesian, after: []string{"ORDER"},
		Title: rules.Text{EN: "People can read all of it in Indonesian", ID: "Semua teksnya tersedia dalam bahasa Indonesia"},
		Says:  "Indonesian; where it is empty, people read the English one"},
	{Code: "SAME_ANSWER", Severity: Error, try: (*suite).answersTheSame, after: []string{"ORDER"},
		Title: rules.Text{EN: "The same question gets the same answer", ID: "Pertanyaan yang sama mendapat jawaban yang sama"},
		Says:  "the same question always gets the same answer"},
	{Code: "SAME_IN_COMPANY", Severity: Error, try: (*suite).answersTheSameInCompany, after: []string{"SAME_ANSWER"},
		Title: rules.Text{EN: "… whatever is asked beside it, in any order", ID: "… apa pun yang ditanyakan bersamanya, dalam urutan apa pun"},
		Says:  "The answer depends on nothing but the request"},
	{Code: "SAME_AT_ONCE", Severity: Error, try: (*suite).answersTheSameAtOnce, after: []string{"SAME_ANSWER"},
		Title: rules.Text{EN: "… when eight ask at the same time", ID: "… ketika delapan pihak bertanya bersamaan"},
		Says:  "the same question always gets the same answer"},
	{Code: "DECLARED_FACTS", Severity: Error, try: (*suite).needsWhatItDeclares, after: []string{"SAME_ANSWER"},
		Title: rules.Text{EN: "It needs no facts but those it asks for", ID: "Ia hanya memerlukan fakta yang dimintanya"},
		Says:  "The groups of facts that Evaluate needs; only these are sent."},
	{Code: "REVISION", Severity: Error, try: (*suite).bearsRevisions, after: []string{"DESCRIPTION_STABLE", "SAME_ANSWER"},
		Title: rules.Text{EN: "It bears a revision that it does not know", ID: "Ia tahan terhadap revisi yang tidak dikenalnya"},
		Says:  "A program that serves one rule set gets an empty revision, and need not look at it."},
	{Code: "PLANS", Severity: Error, try: (*suite).plans, after: []string{"NO_FACTS"},
		Title: rules.Text{EN: "Its plans are well formed, in order and the same again", ID: "Rencananya tersusun benar, berurutan, dan sama bila ditanya lagi"},
		Says:  "One plan for each question, in the same order."},
	{Code: "PLANS_FOLLOW_TIME", Severity: Error, try: (*suite).plansFollowTime, after: []string{"PLANS"},
		Title: rules.Text{EN: "Its due dates count from the time of the question", ID: "Tenggatnya dihitung dari waktu pertanyaan"},
		Says:  "the time of the question: the only clock a rule may look at"},
	{Code: "MOVED_IN_TIME", Severity: Warning, try: (*suite).movesInTime, after: []string{"SAME_ANSWER"},
		Title: rules.Text{EN: "It judges alike when all dates and the question move in time", ID: "Ia menilai sama bila semua tanggal dan pertanyaan bergeser bersama"},
		Says:  "the time of the question: the only clock a rule may look at"},
	{Code: "LARGE_REQUESTS", Severity: Error, try: (*suite).takesLargeRequests, after: []string{"NO_FACTS"},
		Title: rules.Text{EN: "It takes requests of 2 and of 16 MiB", ID: "Ia menerima permintaan sebesar 2 dan 16 MiB"},
		Says:  "A request is at most 16 MiB"},
	{Code: "IN_TIME", Severity: Error, try: (*suite).answersInTime, after: []string{"FULL_FACTS"},
		Title: rules.Text{EN: "It judges 500 programmes within 4.5 seconds", ID: "Ia menilai 500 program dalam 4,5 detik"},
		Says:  "A call has a deadline of two seconds and five milliseconds for each question."},
	{Code: "SAME_LATER", Severity: Error, try: (*suite).answersTheSameLater, after: []string{"SAME_ANSWER"},
		Title: rules.Text{EN: "The same question gets the same answer a while later", ID: "Pertanyaan yang sama mendapat jawaban yang sama beberapa saat kemudian"},
		Says:  "there is nothing to call back, and the same question always gets the same answer"},
	{Code: "ENDS_WHEN_ASKED", Process: true, Severity: Error,
		Title: rules.Text{EN: "It ends when it is asked to", ID: "Program berhenti ketika diminta"},
		Says:  "it ends by itself within two seconds"},
	{Code: "LEAVES_NOTHING", Process: true, Severity: Error,
		Title: rules.Text{EN: "No process of its own outlives it", ID: "Tidak ada proses miliknya yang tertinggal"},
		Says:  "It leaves no process behind"},
	{Code: "LOG_LINES", Process: true, Severity: Warning,
		Title: rules.Text{EN: "It logs JSON objects with level and msg, one a line", ID: "Catatannya berupa objek JSON dengan level dan msg, satu per baris"},
		Says:  "What it logs goes to standard error, best as one JSON object a line with level and msg"},
}

// ClauseOf gives the clause of a code; nil where there is none.
func ClauseOf(code string) *Clause {
	for i := range Clauses {
		if Clauses[i].Code == code {
			return &Clauses[i]
		}
	}
	return nil
}

// judges is a clause about one kind of facts.
func judges(k kind, title rules.Text, says string) Clause {
	after := []string{"PARAMETERS_ACCEPTED"}
	if k != none {
		after = append(after, string(none))
	}
	if k != none && k != full {
		after = append(after, string(full))
	}
	return Clause{Code: string(k), Severity: Error, Title: title, Says: says, after: after,
		try: func(s *suite) *rules.Text { return s.judges(k) }}
}

// Finding is what is wrong with a clause, and what to do about it.
type Finding struct {
	Clause   string   `json:"clause"`
	Severity Severity `json:"severity"`
	EN       string   `json:"en"`
	ID       string   `json:"id"`
}

// Kept tells whether no finding is an error.
func Kept(findings []Finding) bool {
	for _, f := range findings {
		if f.Severity == Error {
			return false
		}
	}
	return true
}

func (c *Clause) finding(t *rules.Text) Finding {
	return Finding{Clause: c.Code, Severity: c.Severity, EN: t.EN, ID: t.ID}
}
