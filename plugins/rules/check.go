package rules

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/berdaya/berdaya/plugins/rules/rulespb"
)

var (
	namePattern = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)
	codePattern = regexp.MustCompile(`^[A-Z0-9_]{1,64}$`)
	// valuePattern is the form of a value's name.
	valuePattern = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9]{0,39}$`)
)

// CheckDescription tells what is wrong with a rule set's description; nil when it keeps the contract.
func CheckDescription(d *Description) error {
	switch {
	case !namePattern.MatchString(d.GetName()):
		return fmt.Errorf("the name %q must be 1 to 64 small letters, digits and hyphens", clip(d.GetName()))
	case d.GetVersion() == "" || len(d.GetVersion()) > 64 || strings.ContainsFunc(d.GetVersion(), unicode.IsControl):
		return errors.New("the version must be 1 to 64 characters that can be seen")
	case d.GetContract() != Contract:
		return fmt.Errorf("it speaks version %d of the contract; this server speaks version %d", d.GetContract(), Contract)
	case len(d.GetRules()) > MaxVerdicts:
		return fmt.Errorf("it has %d rules; at most %d are possible", len(d.GetRules()), MaxVerdicts)
	}
	if err := checkText(d.GetTitle(), "title"); err != nil {
		return err
	}
	for _, group := range slices.Concat(d.GetFacts(), d.GetPlanFacts()) {
		if !slices.Contains(FactGroups, group) {
			return fmt.Errorf("there are no facts %q; there are %v", clip(group), FactGroups)
		}
	}
	seen := map[string]bool{}
	for _, r := range d.GetRules() {
		if !codePattern.MatchString(r.GetCode()) || r.GetCode() == RuleError || seen[r.GetCode()] {
			return fmt.Errorf("the rule code %q must be 1 to 64 capital letters, digits and underscores, unique and not %s", clip(r.GetCode()), RuleError)
		}
		seen[r.GetCode()] = true
		if err := checkRule(r); err != nil {
			return fmt.Errorf("rule %s: %w", r.GetCode(), err)
		}
	}
	return nil
}

func checkRule(r *rulespb.Rule) error {
	if err := checkText(r.GetTitle(), "title"); err != nil {
		return err
	}
	if len(r.GetStages()) == 0 || len(r.GetMoves()) == 0 {
		return errors.New("it must name the stages and the moves that it speaks to")
	}
	for _, list := range []struct {
		what    string
		given   []string
		allowed []string
	}{
		{"stage", r.GetStages(), Stages}, {"move", r.GetMoves(), Moves},
		{"severity", []string{r.GetSeverity()}, Severities}, {"waivable", []string{r.GetWaivable()}, Waivables},
	} {
		for _, given := range list.given {
			if !slices.Contains(list.allowed, given) {
				return fmt.Errorf("%s is %q; it must be one of %v", list.what, clip(given), list.allowed)
			}
		}
	}
	return nil
}

// CheckAnswer tells what is wrong with an answer to a question; nil when it keeps the contract. Whoever asks must not believe
// an answer that does not: it could be that of another programme, or be silent about a rule.
func CheckAnswer(d *Description, q *Question, a *Answer) error {
	if a.GetProgrammeId() != q.GetProgrammeId() {
		return fmt.Errorf("it answered for the programme %q when asked about %q", clip(a.GetProgrammeId()), q.GetProgrammeId())
	}
	if len(a.GetVerdicts()) > MaxVerdicts {
		return fmt.Errorf("it gave %d verdicts; at most %d are possible", len(a.GetVerdicts()), MaxVerdicts)
	}
	heard := map[string]bool{}
	for _, v := range a.GetVerdicts() {
		if err := checkVerdict(d, v); err != nil {
			return err
		}
		heard[v.GetRule()] = true
	}
	for _, r := range d.GetRules() {
		speaks := slices.Contains(r.GetMoves(), q.GetMove()) && slices.Contains(r.GetStages(), q.GetFacts().GetProgramme().GetStage())
		if speaks && !heard[r.GetCode()] && !heard[RuleError] {
			return fmt.Errorf("it gave no verdict of its rule %s", r.GetCode())
		}
	}
	return nil
}

func checkVerdict(d *Description, v *Verdict) error {
	declared := &rulespb.Rule{Code: RuleError, Severity: Block, Waivable: ByNobody}
	if v.GetRule() != RuleError {
		i := slices.IndexFunc(d.GetRules(), func(r *rulespb.Rule) bool { return r.GetCode() == v.GetRule() })
		if i < 0 {
			return fmt.Errorf("it gave a verdict of a rule %q that it does not have", clip(v.GetRule()))
		}
		declared = d.GetRules()[i]
	}
	switch {
	case v.GetRule() == RuleError && (v.GetPassed() || v.GetSeverity() != "" && v.GetSeverity() != Block):
		return fmt.Errorf("its %s does not block", RuleError)
	case v.GetSeverity() != "" && !slices.Contains(Severities, v.GetSeverity()):
		return fmt.Errorf("the severity of its verdict %s is %q; it must be one of %v", v.GetRule(), clip(v.GetSeverity()), Severities)
	case v.GetWaivable() != "" && v.GetWaivable() != declared.GetWaivable():
		return fmt.Errorf("its verdict %s is waivable by %q where the rule declares %s", v.GetRule(), clip(v.GetWaivable()), declared.GetWaivable())
	case len(v.GetPath()) > MaxPath:
		return fmt.Errorf("the path of its verdict %s has %d names; at most %d are possible", v.GetRule(), len(v.GetPath()), MaxPath)
	}
	for _, name := range v.GetPath() {
		if len(name) > 200 || strings.ContainsFunc(name, unicode.IsControl) {
			return fmt.Errorf("the path of its verdict %s has a name of %d bytes, or with control characters; at most 200 are possible", v.GetRule(), len(name))
		}
	}
	if err := checkValues(v); err != nil {
		return err
	}
	if !v.GetPassed() {
		return checkText(v.GetMessage(), "message of its verdict "+v.GetRule())
	}
	return nil
}

func checkValues(v *Verdict) error {
	if n := len(v.GetValues()); n > MaxValues {
		return fmt.Errorf("its verdict %s has %d values; at most %d are possible", v.GetRule(), n, MaxValues)
	}
	for name, value := range v.GetValues() {
		switch {
		case !valuePattern.MatchString(name):
			return fmt.Errorf("its verdict %s has a value %q; a name is a letter, then letters and digits, at most 40", v.GetRule(), clip(name))
		case utf8.RuneCountInString(value) > MaxValue:
			return fmt.Errorf("the value %s of its verdict %s has more than %d characters", name, v.GetRule(), MaxValue)
		case strings.ContainsFunc(value, unshown):
			return fmt.Errorf("the value %s of its verdict %s has control characters", name, v.GetRule())
		}
	}
	return nil
}

// CheckPlan tells what is wrong with a plan; nil when it keeps the contract.
func CheckPlan(q *Question, p *StagePlan) error {
	if p.GetProgrammeId() != q.GetProgrammeId() {
		return fmt.Errorf("it planned for the programme %q when asked about %q", clip(p.GetProgrammeId()), q.GetProgrammeId())
	}
	if p.GetDueOn() != "" {
		if due, err := time.Parse(time.DateOnly, p.GetDueOn()); err != nil || due.Year() < 1900 || due.Year() > 2200 {
			return fmt.Errorf("the due date %q is not a day between 1900 and 2200 written YYYY-MM-DD", clip(p.GetDueOn()))
		}
	}
	if len(p.GetChecklist()) > MaxVerdicts {
		return fmt.Errorf("its checklist has %d items; at most %d are possible", len(p.GetChecklist()), MaxVerdicts)
	}
	seen := map[string]bool{}
	for _, item := range p.GetChecklist() {
		if !codePattern.MatchString(item.GetCode()) || seen[item.GetCode()] {
			return fmt.Errorf("the checklist item %q needs a code of its own of 1 to 64 capital letters, digits and underscores", clip(item.GetCode()))
		}
		seen[item.GetCode()] = true
		if err := checkText(item.GetTitle(), "title of the checklist item "+item.GetCode()); err != nil {
			return err
		}
	}
	return nil
}

func checkText(t *rulespb.Text, what string) error {
	if t.GetEn() == "" {
		return fmt.Errorf("the %s is missing in English", what)
	}
	if n := max(utf8.RuneCountInString(t.GetEn()), utf8.RuneCountInString(t.GetId())); n > MaxText {
		return fmt.Errorf("the %s has %d characters; at most %d are possible", what, n, MaxText)
	}
	if strings.ContainsFunc(t.GetEn(), unshown) || strings.ContainsFunc(t.GetId(), unshown) {
		return fmt.Errorf("the %s has control characters other than line breaks and tabs", what)
	}
	return nil
}

// unshown tells whether a character is a control character that texts have no use for. Databases keep no NUL, and terminals obey
// others.
func unshown(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }

// clip shortens what another program sent before it is quoted.
func clip(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}
