package host

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/berdaya/berdaya/plugins/rules"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
	"github.com/berdaya/berdaya/workflow"
)

// factsOf puts facts into the contract's words. What the contract has no field for stays behind: names and contacts of
// people, accounts, years of birth, and free text that may say anything about anybody.
func factsOf(f *workflow.Facts) *rules.Facts {
	p := &f.Programme
	return &rules.Facts{
		Programme: &rulespb.Programme{
			Id: id(p.ID), Code: p.Code, Title: p.Title, Goal: p.Goal, StartDate: string(p.StartDate), EndDate: string(p.EndDate),
			Stage: string(p.Stage), Status: string(p.Status), StageEnteredAt: instant(p.StageEnteredAt), DueOn: optional(p.DueOn),
		},
		Region: &rulespb.Region{
			Code: f.Region.Code, Level: string(f.Region.Level), Name: f.Region.Name, ValidFrom: string(f.Region.ValidFrom),
			ValidTo: optional(f.Region.ValidTo),
		},
		Communities:         each(f.Communities, communityOf),
		Needs:               each(f.Needs, needOf),
		Consultations:       each(f.Consultations, consultationOf),
		CapacityAssessments: each(f.Assessments, assessmentOf),
		Objectives:          objectivesOf(f),
		Activities:          each(f.Activities, activityOf),
		TrainingEvents:      each(f.TrainingEvents, trainingEventOf),
		Indicators:          each(f.Indicators, indicatorOf),
		Findings:            each(f.Findings, findingOf),
		Stakeholders:        each(f.Stakeholders, stakeholderOf),
		Reports:             each(f.Reports, reportOf),
	}
}

// groupOf are the groups of facts that fields belong to, by their names in paths. What belongs to none is given to all.
var groupOf = map[string]string{
	"needs": rules.Needs, "consultations": rules.Consultations, "capacityAssessments": rules.Capacity, "objectives": rules.Logframe,
	"activities": rules.Activities, "trainingEvents": rules.Trainings, "indicators": rules.Indicators, "findings": rules.Findings,
	"stakeholders": rules.Stakeholders, "reports": rules.Reports,
}

// only gives the facts of the groups asked for, sharing everything with the whole.
func only(f *rules.Facts, groups []string) *rules.Facts {
	has := func(group string) bool { return slices.Contains(groups, group) }
	part := &rules.Facts{Programme: f.Programme, Region: f.Region, Communities: f.Communities}
	if has(rules.Needs) {
		part.Needs = f.Needs
	}
	if has(rules.Consultations) {
		part.Consultations = f.Consultations
	}
	if has(rules.Capacity) {
		part.CapacityAssessments = f.CapacityAssessments
	}
	if has(rules.Logframe) {
		part.Objectives = f.Objectives
	}
	if has(rules.Activities) {
		part.Activities = f.Activities
	}
	if has(rules.Trainings) {
		part.TrainingEvents = f.TrainingEvents
	}
	if has(rules.Indicators) {
		part.Indicators = f.Indicators
	}
	if has(rules.Findings) {
		part.Findings = f.Findings
	}
	if has(rules.Stakeholders) {
		part.Stakeholders = f.Stakeholders
	}
	if has(rules.Reports) {
		part.Reports = f.Reports
	}
	return part
}

// needs widens groups by what they rest on: the log-frame names the indicators of each objective, and those come with the
// indicators.
func needs(groups []string) []workflow.FactKind {
	var kinds []workflow.FactKind
	for _, kind := range workflow.FactKinds {
		asked := slices.Contains(groups, string(kind))
		if asked || kind == workflow.IndicatorFacts && slices.Contains(groups, rules.Logframe) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// each converts a list, leaving out what is not there.
func each[From, To any](list []*From, convert func(*From) *To) []*To {
	var converted []*To
	for _, v := range list {
		if v != nil {
			converted = append(converted, convert(v))
		}
	}
	return converted
}

func id(u uuid.UUID) string { return u.String() }

func optionalID(u *uuid.UUID) *string {
	if u == nil {
		return nil
	}
	s := u.String()
	return &s
}

// optional gives an optional text-like value as the wire has it.
func optional[T ~string](v *T) *string {
	if v == nil {
		return nil
	}
	s := string(*v)
	return &s
}

func optionalCount(v *int) *int32 {
	if v == nil {
		return nil
	}
	n := count(*v)
	return &n
}

// count gives a number of people or things, which domain keeps within 100,000,000.
func count(n int) int32 { return int32(min(max(n, -1<<31), 1<<31-1)) }

func optionalQuantity(d *decimal.Decimal) *float64 {
	if d == nil {
		return nil
	}
	f := d.InexactFloat64()
	return &f
}

func instant(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func optionalInstant(t *time.Time) *timestamppb.Timestamp {
	if t == nil {
		return nil
	}
	return timestamppb.New(*t)
}

// money splits an amount, which has two decimals and less than 10^15 units, without loss.
func money(currency string, amount decimal.Decimal) *rulespb.Money {
	units := amount.Truncate(0)
	return &rulespb.Money{Currency: currency, Units: units.IntPart(), Nanos: int32(amount.Sub(units).Shift(9).IntPart())}
}

// given tells whether an optional text says anything.
func given(s *string) bool { return s != nil && *s != "" }

func characters(s string) int32 { return count(utf8.RuneCountInString(s)) }
