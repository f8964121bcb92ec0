package conformance

import (
	"encoding/json"
	"regexp"
	"slices"

	"github.com/berdaya/berdaya/plugins/rules"
)

// Run is what was seen of a program that was started as a process, asked to end, and ended.
type Run struct {
	Failure   string   // why it could not be asked anything; empty where it could
	FirstLine string   // that it wrote on standard output; empty where it wrote none
	Log       []string // what it wrote on standard error, line by line
	Ended     bool     // by itself, when it was asked to
	Left      []int    // processes that it started and that were there after its end
}

// handshake is the line by which a program says where it can be asked.
var handshake = regexp.MustCompile(`^1\|1\|(unix|tcp)\|[^|]+\|grpc(\|.*)?$`)

// With gives what is wrong with the program's process and, between, what [Check] found of its answers, in the order of [Clauses].
func (r *Run) With(answers []Finding) []Finding {
	var findings []Finding
	started := r.Failure == ""
	for i := range Clauses {
		c := &Clauses[i]
		found := slices.IndexFunc(answers, func(f Finding) bool { return f.Clause == c.Code })
		text := r.broken(c.Code)
		switch {
		case c.Process && text != nil && (started || c.Severity == Error): // what it says when it does not start is for people
			findings = append(findings, c.finding(text))
		case found >= 0:
			findings = append(findings, answers[found])
		case !started && c.Code != "QUIET_BEFORE_HANDSHAKE":
			findings = append(findings, Finding{Clause: c.Code, Severity: Skipped, EN: "Not tried, because it did not start.", ID: "Tidak dicoba, karena program tidak berhasil mulai."})
		}
	}
	return findings
}

// broken says what is wrong with one clause; nil where it is kept.
func (r *Run) broken(clause string) *rules.Text {
	babbles := r.FirstLine != "" && !handshake.MatchString(r.FirstLine)
	switch clause {
	case "STARTS":
		if r.Failure != "" && !babbles {
			return wrong("It could not be started: %s. Run it by hand and read what it says.", "Program tidak dapat dimulai: %s. Jalankan sendiri dan baca pesannya.", clip(r.Failure))
		}
	case "QUIET_BEFORE_HANDSHAKE":
		if babbles {
			return wrong("The first line on standard output is %q, which is no handshake. Write nothing there; logs go to standard error.",
				"Baris pertama pada keluaran standar adalah %q, bukan jabat tangan. Jangan menulis apa pun di sana; catatan ditulis ke standard error.", clip(r.FirstLine))
		}
	case "ENDS_WHEN_ASKED":
		if r.Failure == "" && !r.Ended {
			return wrong("It was asked to end and had to be killed. End the process when Shutdown of plugin.GRPCController is called.",
				"Program diminta berhenti, tetapi harus dihentikan paksa. Akhiri proses ketika Shutdown dari plugin.GRPCController dipanggil.")
		}
	case "LEAVES_NOTHING":
		if len(r.Left) > 0 {
			return wrong("Processes that it started outlived it: %v. Start none, or end them.", "Proses yang dimulainya masih hidup: %v. Jangan memulai proses lain, atau akhiri.", r.Left)
		}
	case "LOG_LINES":
		for _, line := range r.Log {
			var entry struct{ Level, Msg string }
			if json.Unmarshal([]byte(line), &entry) != nil || entry.Level == "" || entry.Msg == "" {
				return wrong("The line %q is not a JSON object with level and msg; it is logged as it is, for information.",
					"Baris %q bukan objek JSON dengan level dan msg; baris itu dicatat apa adanya, sebagai informasi.", clip(line))
			}
		}
	}
	return nil
}
