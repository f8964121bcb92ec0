package conformance

import (
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// planned gives the questions of a kind with the facts that Plan asks for.
func (s *suite) planned(k kind) []*rules.Question {
	var list []*rules.Question
	for _, q := range questions(k) {
		list = append(list, only(q, s.description.GetPlanFacts()))
	}
	return list
}

func (s *suite) plans() *rules.Text {
	for _, k := range kinds {
		asked := s.planned(k)
		plans, err := s.plan(asked...)
		if err != nil {
			return wrong("Plan failed (%s): %s. Where there is nothing to say, give an empty plan.",
				"Plan gagal (%s): %s. Bila tidak ada yang perlu disampaikan, beri rencana kosong.", k, failure(err))
		}
		if text := inOrder(asked, plans); text != nil {
			return text
		}
		for i, p := range plans {
			if err := rules.CheckPlan(asked[i], p); err != nil {
				return wrong("A plan for %s is against the contract: %v.", "Sebuah rencana untuk %s bertentangan dengan kontrak: %v.", asked[i].GetTargetStage(), err)
			}
		}
		again, err := s.plan(asked...)
		if err != nil || !proto.Equal(&rulespb.PlanResponse{Plans: plans}, &rulespb.PlanResponse{Plans: again}) {
			return wrong("Asked a second time (%s), Plan gave something else. Plan by the question alone.",
				"Ditanya untuk kedua kali (%s), Plan memberi hal lain. Susun rencana dari pertanyaan saja.", k)
		}
	}
	return nil
}

// checklistsMissing looks through the checklists of all stages.
func (s *suite) checklistsMissing(missing func(string, *rulespb.Text) *rules.Text) *rules.Text {
	plans, _ := s.plan(s.planned(none)...)
	for _, p := range plans {
		for _, item := range p.GetChecklist() {
			if text := missing("title of "+item.GetCode(), item.GetTitle()); text != nil {
				return text
			}
		}
	}
	return nil
}

// plansFollowTime asks about a day far off. A stage that begins then is not due before.
func (s *suite) plansFollowTime() *rules.Text {
	at := time.Date(2090, 5, 1, 3, 0, 0, 0, time.UTC)
	var asked []*rules.Question
	for _, stage := range rules.Stages {
		asked = append(asked, question(none, stage, rules.Advance, 0, at))
	}
	plans, err := s.plan(asked...)
	if err != nil || len(plans) != len(asked) {
		return wrong("Asked in 2090, Plan failed: %s.", "Ditanya pada tahun 2090, Plan gagal: %s.", failure(err))
	}
	day := at.Format(time.DateOnly)
	for i, p := range plans {
		if p.GetDueOn() != "" && p.GetDueOn() < day {
			return wrong("Asked at %s, it wants %s done by %s, which is before. Count days from the question's `at`.",
				"Ditanya pada %s, ia meminta %s selesai pada %s, yaitu sebelumnya. Hitung hari dari `at` pada pertanyaan.",
				day, asked[i].GetTargetStage(), p.GetDueOn())
		}
	}
	return nil
}

// takesLargeRequests asks with facts of about 2 MiB, as the server sends them, and of 16 MiB, the most that it may.
func (s *suite) takesLargeRequests() *rules.Text {
	for _, mib := range []int{2, 16} {
		q := question(none, rules.Identify, rules.Advance, 1, today)
		q.Facts.Programme.Goal = strings.Repeat("x", mib<<20-4096)
		answers, err := s.evaluate(q)
		if err != nil {
			return wrong("A request of %[1]d MiB failed: %[2]s. Set the largest message that the server takes to 16 MiB.",
				"Permintaan sebesar %[1]d MiB gagal: %[2]s. Atur ukuran pesan terbesar yang diterima server menjadi 16 MiB.", mib, failure(err))
		}
		if text := inOrder([]*rules.Question{q}, answers); text != nil {
			return text
		}
	}
	return nil
}

func (s *suite) answersInTime() *rules.Text {
	if err := s.batch(most).err; err != nil {
		return wrong("%d questions in one call failed: %s. Do less for each question.",
			"%d pertanyaan dalam satu panggilan gagal: %s. Kurangi pekerjaan untuk setiap pertanyaan.", most, failure(err))
	}
	return nil
}
