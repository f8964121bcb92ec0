package workflow

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// Definition is how long each stage may take and what reminds of it, as an office wrote it for its region. A stage that it
// leaves out is as in the region above.
type Definition struct {
	Region  string // the code of the region that it is for
	Version int    // 1 or more, growing within a region; the history names it
	Stages  map[domain.Stage]Schedule
}

// Schedule is what a definition says of one stage. All numbers are days; lists are in ascending order.
type Schedule struct {
	Days        *int         `json:"days,omitempty"`        // from entering the stage to its due date, 1 to 3,650; nil: no due date
	Checkpoints []int        `json:"checkpoints,omitempty"` // after entering the stage
	Reminders   []int        `json:"reminders,omitempty"`   // before the due date
	Overdue     []int        `json:"overdue,omitempty"`     // after the due date
	Escalations []Escalation `json:"escalations,omitempty"` // after the due date, up the region tree
}

// Escalation tells the admins of a region above when a stage has been overdue for so many days.
type Escalation struct {
	After int          `json:"after"` // days after the due date
	To    domain.Level `json:"to"`    // the level of that region; where the programme's own region is above it, it is that region itself
}

// Published is a definition as somebody published it. It is never changed: a new version takes its place.
type Published struct {
	Definition
	ID     uuid.UUID
	At     time.Time
	Author string  // the subject
	Note   *string // why, 1 to 10,000 characters
}

// Built is the definition that comes with the program, for the nation. It holds where no region has said otherwise.
var Built = Definition{Region: domain.NationCode, Version: 1, Stages: map[domain.Stage]Schedule{
	domain.Identify: schedule(60), domain.Plan: schedule(45), domain.Train: schedule(180), domain.Monitor: schedule(180),
	domain.ReportResult: schedule(30),
}}

func schedule(days int) Schedule {
	return Schedule{Days: &days, Reminders: []int{3, 14}, Overdue: []int{1, 7, 14},
		Escalations: []Escalation{{14, domain.Regency}, {30, domain.Province}, {60, domain.Nation}}}
}

// Course is what holds for the programmes of one region: for each stage the schedule of the nearest region that has one.
type Course map[domain.Stage]Sourced

// Sourced is a schedule with the definition that it comes from.
type Sourced struct {
	Schedule
	Region  string
	Version int
}

// Default is the course of a nation in which no region has a definition of its own.
var Default = CourseOf(nil, domain.NationCode)

// CourseOf lays the definitions of a region and of all regions above it over each other, the nearest on top. defined gives
// the definition in force by region.
func CourseOf(defined map[string]Definition, region string) Course {
	course := CourseOfOne(Built)
	for _, code := range Above(region) {
		maps.Copy(course, CourseOfOne(defined[code]))
	}
	return course
}

// CourseOfOne gives what a definition says by itself.
func CourseOfOne(d Definition) Course {
	course := make(Course, len(domain.Stages))
	for stage, s := range d.Stages {
		course[stage] = Sourced{s, d.Region, d.Version}
	}
	return course
}

// Above gives the codes of a region and of all regions above it, from the nation down.
func Above(region string) []string {
	codes := []string{domain.NationCode}
	if region == domain.NationCode || region == "" {
		return codes
	}
	for i, r := range region {
		if r == '.' {
			codes = append(codes, region[:i])
		}
	}
	return append(codes, region)
}

// At gives the code of the region at a level that a region lies in; the region itself where it lies above that level.
func At(region string, level domain.Level) string {
	codes := Above(region)
	order := slices.Index(domain.Levels.Codes(), string(level))
	return codes[min(max(order, 0), len(codes)-1)]
}

// Courses is the port by which use cases learn what holds for a region now.
type Courses interface {
	Course(ctx context.Context, region string) (Course, error)
}

// Course lets one course serve as the port where all regions have the same.
func (c Course) Course(context.Context, string) (Course, error) { return c, nil }

// Terms are what holds for one programme beside its state and facts.
type Terms struct {
	Course  Course
	Plan    map[domain.Stage]domain.Date // its own plan of due dates
	Waivers []WaivedRule                 // what granted waivers lift in the present stage
}

// dueOn gives the due date of a stage entered on a day: the rules' date or the programme's own plan, whichever is earlier, and
// otherwise what the course says. A plan that had passed by then says nothing.
func (t Terms) dueOn(s domain.Stage, entered domain.Date, rules *domain.Date) *domain.Date {
	planned, ok := t.Plan[s]
	if ok && planned >= entered && (rules == nil || planned < *rules) {
		return &planned
	}
	if rules != nil {
		return rules
	}
	if days := t.Course[s].Days; days != nil {
		due := entered.AddDays(*days)
		return &due
	}
	return nil
}
