package conformance

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

// talk is what was asked with one kind of facts and what was said.
type talk struct {
	questions []*rules.Question
	answers   []*rules.Answer
	err       error
}

// talk asks the questions of a kind, once.
func (s *suite) talk(k kind) *talk {
	if t := s.talks[k]; t != nil {
		return t
	}
	all := questions(k)
	if k == full {
		all = append(all, s.o.Examples...)
	}
	t := &talk{}
	for _, q := range all {
		t.questions = append(t.questions, only(q, s.description.GetFacts()))
	}
	t.answers, t.err = s.evaluate(t.questions...)
	s.talks[k] = t
	return t
}

// whole are the talks in which each question has an answer; the others are the business of another clause.
func (s *suite) whole() []*talk {
	var list []*talk
	for _, k := range kinds {
		if t := s.talks[k]; t != nil && t.err == nil && len(t.answers) == len(t.questions) {
			list = append(list, t)
		}
	}
	return list
}

// judges asks with one kind of facts. What is wrong is that the call fails or a rule breaks down; where texts are long, also
// that a verdict does not hold.
func (s *suite) judges(k kind) *rules.Text {
	t := s.talk(k)
	if t.err != nil {
		for _, q := range t.questions { // the first that it cannot bear
			if _, err := s.evaluate(q); err != nil {
				return wrong("Asked about %s out of %s, Evaluate failed: %s. Judge what is there; where a rule cannot, its verdict says so.",
					"Ditanya tentang %s dari %s, Evaluate gagal: %s. Nilailah apa yang ada; bila sebuah aturan tidak dapat menilai, sampaikan dalam penilaiannya.",
					q.GetMove(), q.GetFacts().GetProgramme().GetStage(), failure(err))
			}
		}
		return wrong("Asked %d questions at a time, Evaluate failed: %s.", "Ditanya %d pertanyaan sekaligus, Evaluate gagal: %s.", len(t.questions), failure(t.err))
	}
	for i, a := range t.answers {
		for _, v := range a.GetVerdicts() {
			if v.GetRule() == rules.RuleError {
				q := t.questions[min(i, len(t.questions)-1)]
				return wrong("Asked about %s out of %s, a rule broke down: %q. Let it judge facts like these, too; what a program logs says where.",
					"Ditanya tentang %s dari %s, sebuah aturan mengalami kesalahan: %q. Buatlah agar fakta seperti ini pun dapat dinilai; catatan program menyebut tempatnya.",
					q.GetMove(), q.GetFacts().GetProgramme().GetStage(), clip(v.GetMessage().GetEn()))
			}
		}
		if err := s.holds(a); k == long && err != nil && s.verdictsHold() == nil {
			return wrong("Where texts are long, an answer is against the contract: %v. Cut what you quote.",
				"Bila teksnya panjang, jawabannya bertentangan dengan kontrak: %v. Potong teks yang dikutip.", err)
		}
	}
	return nil
}

// holds tells whether an answer's verdicts are well formed, whichever rules had to speak.
func (s *suite) holds(a *rules.Answer) error {
	d := proto.Clone(s.description).(*rules.Description)
	for _, r := range d.Rules {
		r.Stages, r.Moves = nil, nil
	}
	return rules.CheckAnswer(d, &rules.Question{ProgrammeId: a.GetProgrammeId()}, a)
}

func (s *suite) keepsOrder() *rules.Text {
	for _, k := range kinds {
		if t := s.talks[k]; t != nil && t.err == nil {
			if text := inOrder(t.questions, t.answers); text != nil {
				return text
			}
		}
	}
	for _, size := range []int{1, 2, most} {
		if t := s.batch(size); t.err == nil { // which clause another one breaks is found elsewhere
			if text := inOrder(t.questions, t.answers); text != nil {
				return text
			}
		}
	}
	return nil
}

// most is how many questions the server asks in one call.
const most = 500

// batch asks so many questions in one call, once.
func (s *suite) batch(size int) *talk {
	if t := s.batches[size]; t != nil {
		return t
	}
	t := &talk{questions: many(s.talk(full).questions, size)}
	t.answers, t.err = s.evaluate(t.questions...)
	s.batches[size] = t
	return t
}

func inOrder[T interface{ GetProgrammeId() string }](questions []*rules.Question, answers []T) *rules.Text {
	if len(answers) != len(questions) {
		return wrong("%[2]d answers came to %[1]d questions.", "Untuk %[1]d pertanyaan ada %[2]d jawaban.", len(questions), len(answers))
	}
	for i, a := range answers {
		if a.GetProgrammeId() != questions[i].GetProgrammeId() {
			return wrong("In a batch of %d, answer %d has the programme %q where question %d is about %s. Give the answers in the order of the questions, with the programme_id of each.",
				"Dalam kelompok %d pertanyaan, jawaban %d menyebut program %q padahal pertanyaan %d tentang %s. Jawab menurut urutan pertanyaan, dengan programme_id masing-masing.",
				len(questions), i+1, clip(a.GetProgrammeId()), i+1, questions[i].GetProgrammeId())
		}
	}
	return nil
}

// many gives so many questions, made of some by giving each another programme.
func many(of []*rules.Question, n int) []*rules.Question {
	m := &maker{random: rand.New(rand.NewPCG(uint64(n), 500))}
	batch := make([]*rules.Question, n)
	for i := range batch {
		q := proto.Clone(of[i%len(of)]).(*rules.Question)
		q.ProgrammeId = m.newID()
		q.Facts.Programme.Id = q.ProgrammeId
		batch[i] = q
	}
	return batch
}

func (s *suite) speaks() *rules.Text {
	for _, t := range s.whole() {
		for i, a := range t.answers {
			q := t.questions[i]
			for _, r := range s.description.GetRules() {
				if !slices.Contains(r.GetMoves(), q.GetMove()) || !slices.Contains(r.GetStages(), q.GetFacts().GetProgramme().GetStage()) {
					continue
				}
				if !slices.ContainsFunc(a.GetVerdicts(), func(v *rules.Verdict) bool { return v.GetRule() == r.GetCode() || v.GetRule() == rules.RuleError }) {
					return wrong("Asked about %s out of %s, it gave no verdict of its rule %s, which says that it speaks to that. Give a verdict where it passes, too.",
						"Ditanya tentang %s dari %s, ia tidak memberi penilaian dari aturan %s yang menyatakan berlaku untuk itu. Beri penilaian juga bila aturan itu lulus.",
						q.GetMove(), q.GetFacts().GetProgramme().GetStage(), r.GetCode())
				}
			}
		}
	}
	return nil
}

func (s *suite) verdictsHold() *rules.Text {
	for _, k := range kinds {
		t := s.talks[k]
		if t == nil || k == long {
			continue
		}
		for _, a := range t.answers {
			if err := s.holds(a); err != nil {
				return wrong("An answer is against the contract: %v.", "Sebuah jawaban bertentangan dengan kontrak: %v.", err)
			}
		}
	}
	return nil
}

func (s *suite) speaksIndonesian() *rules.Text {
	missing := func(what string, t *rulespb.Text) *rules.Text {
		if t.GetId() != "" || t.GetEn() == "" {
			return nil
		}
		return wrong("%s is not there in Indonesian: %q.", "%s tidak tersedia dalam bahasa Indonesia: %q.", what, clip(t.GetEn()))
	}
	if text := missing("title", s.description.GetTitle()); text != nil {
		return text
	}
	for _, r := range s.description.GetRules() {
		if text := missing("title of "+r.GetCode(), r.GetTitle()); text != nil {
			return text
		}
	}
	for _, t := range s.whole() {
		for _, a := range t.answers {
			for _, v := range a.GetVerdicts() {
				if text := missing("message of "+v.GetRule(), v.GetMessage()); text != nil && !v.GetPassed() {
					return text
				}
			}
		}
	}
	return s.checklistsMissing(missing)
}

// differs says where two rounds of answers are not the same; nil where they are.
func differs(questions []*rules.Question, first, second []*rules.Answer, en, id string) *rules.Text {
	for i := range questions {
		if i >= len(first) || i >= len(second) || !proto.Equal(first[i], second[i]) {
			q := questions[i]
			return wrong("Asked about %[1]s out of %[2]s "+en, "Ditanya tentang %[1]s dari %[2]s "+id, q.GetMove(), q.GetFacts().GetProgramme().GetStage())
		}
	}
	return nil
}

const (
	notAgainEN = "a second time, it gave another answer. Judge by the question alone, and give verdicts in a fixed order."
	notAgainID = "untuk kedua kali, jawabannya lain. Nilailah dari pertanyaan saja, dan beri penilaian dalam urutan tetap."
)

func (s *suite) answersTheSame() *rules.Text {
	for _, t := range s.whole() {
		again, err := s.evaluate(t.questions...)
		if err != nil {
			return wrong("Asked a second time, Evaluate failed: %s.", "Ditanya untuk kedua kali, Evaluate gagal: %s.", failure(err))
		}
		if text := differs(t.questions, t.answers, again, notAgainEN, notAgainID); text != nil {
			return text
		}
	}
	return nil
}

// answersTheSameInCompany asks in the opposite order, and one by one.
func (s *suite) answersTheSameInCompany() *rules.Text {
	const (
		en = "alone or among other questions, it gave different answers. Keep nothing from one question to the next."
		id = "sendiri atau bersama pertanyaan lain, jawabannya berbeda. Jangan simpan apa pun dari satu pertanyaan ke pertanyaan berikutnya."
	)
	for _, t := range s.whole() {
		back := slices.Clone(t.questions)
		slices.Reverse(back)
		answers, err := s.evaluate(back...)
		if err != nil {
			return wrong("Asked in another order, Evaluate failed: %s.", "Ditanya dalam urutan lain, Evaluate gagal: %s.", failure(err))
		}
		slices.Reverse(answers)
		if text := differs(t.questions, t.answers, answers, en, id); text != nil {
			return text
		}
		for i := 0; i < len(t.questions); i += 3 {
			alone, err := s.evaluate(t.questions[i])
			if err != nil {
				return wrong("Asked alone, Evaluate failed: %s.", "Ditanya sendiri, Evaluate gagal: %s.", failure(err))
			}
			if text := differs(t.questions[i:i+1], t.answers[i:i+1], alone, en, id); text != nil {
				return text
			}
		}
	}
	return nil
}

// callers is how many ask at the same time, as many as the server has calls in flight.
const callers = 8

func (s *suite) answersTheSameAtOnce() *rules.Text {
	t := s.talk(full)
	found := make([]*rules.Text, callers)
	var all sync.WaitGroup
	for n := range callers {
		all.Go(func() {
			for range 3 {
				answers, err := s.evaluate(t.questions...)
				if err != nil {
					found[n] = wrong("While others asked too, Evaluate failed: %s.", "Ketika pihak lain bertanya juga, Evaluate gagal: %s.", failure(err))
					return
				}
				if found[n] = differs(t.questions, t.answers, answers, "while others asked too, it gave another answer. Keep nothing that two calls share.",
					"ketika pihak lain bertanya juga, jawabannya lain. Jangan simpan apa pun yang dipakai dua panggilan bersama."); found[n] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	for _, text := range found {
		if text != nil {
			return text
		}
	}
	return nil
}

// needsWhatItDeclares asks with all facts what was asked with the declared ones.
func (s *suite) needsWhatItDeclares() *rules.Text {
	t := s.talk(full)
	all := append(questions(full), s.o.Examples...)
	answers, err := s.evaluate(all...)
	if err != nil {
		return wrong("Asked with all facts, Evaluate failed: %s.", "Ditanya dengan semua fakta, Evaluate gagal: %s.", failure(err))
	}
	return differs(all, t.answers, answers, "with facts that its description does not ask for, it gave another answer. Name every group that a rule looks at in facts.",
		"dengan fakta yang tidak diminta keterangannya, jawabannya lain. Sebutkan setiap kelompok yang dilihat aturan dalam facts.")
}

// The two times lie 56 years apart, so that days fall on the same days of the week and of the month; today lies between them.
var (
	longAgo = time.Date(1998, 3, 2, 3, 0, 0, 0, time.UTC)
	farOff  = longAgo.AddDate(56, 0, 0)
)

// movesInTime asks the same long ago and far off. Only whether rules pass is compared: messages may have days in them.
func (s *suite) movesInTime() *rules.Text {
	if s.o.Clockless {
		return nil
	}
	var rounds [2][]*rules.Answer
	var asked []*rules.Question
	for n, at := range []time.Time{longAgo, farOff} {
		asked = nil
		for seed := range uint64(8) {
			for _, stage := range rules.Stages {
				asked = append(asked, only(question(full, stage, rules.Advance, seed, at), s.description.GetFacts()))
			}
		}
		answers, err := s.evaluate(asked...)
		if err != nil || len(answers) != len(asked) {
			return wrong("Asked at %s, Evaluate failed: %s.", "Ditanya pada %s, Evaluate gagal: %s.", at.Format(time.DateOnly), failure(err))
		}
		rounds[n] = passes(answers)
	}
	return differs(asked, rounds[0], rounds[1], "in 1998 and, with every date moved along, in 2054, it judged differently. If no rule has a year in it, one looks at the clock; look at the question's `at`.",
		"pada tahun 1998 dan, dengan semua tanggal ikut digeser, pada tahun 2054, penilaiannya berbeda. Bila tidak ada aturan yang menyebut tahun, ada yang melihat jam; gunakan `at` dari pertanyaan.")
}

// passes leaves of answers which rules pass.
func passes(answers []*rules.Answer) []*rules.Answer {
	left := make([]*rules.Answer, len(answers))
	for i, a := range answers {
		left[i] = &rules.Answer{}
		for _, v := range a.GetVerdicts() {
			left[i].Verdicts = append(left[i].Verdicts, &rules.Verdict{Rule: v.GetRule(), Passed: v.GetPassed(), Severity: v.GetSeverity()})
		}
	}
	return left
}

func (s *suite) answersTheSameLater() *rules.Text {
	if s.o.Clockless {
		return nil
	}
	select {
	case <-time.After(s.o.Later):
	case <-s.ctx.Done():
		return wrong("The check was cut off: %v.", "Pemeriksaan terhenti: %v.", s.ctx.Err())
	}
	for _, t := range s.whole() {
		again, err := s.evaluate(t.questions...)
		if err != nil {
			return wrong("Asked a while later, Evaluate failed: %s.", "Ditanya beberapa saat kemudian, Evaluate gagal: %s.", failure(err))
		}
		if text := differs(t.questions, t.answers, again, "a while later, it gave another answer. Look at no clock but the question's `at`.",
			"beberapa saat kemudian, jawabannya lain. Jangan melihat jam selain `at` dari pertanyaan."); text != nil {
			return text
		}
	}
	return nil
}
