package definitions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/workflow"
)

// Operator is the author of what is published from the command line. No member has this subject.
const Operator = "system:operator"

// noteMost is the length of the longest note, in characters.
const noteMost = 10_000

// Store is what definitions need of the database.
type Store interface {
	command.Store
	Region(ctx context.Context, code string) (*domain.Region, error)
	// HoldVersions lets nobody else publish for a region until the transaction ends, and gives the region's newest definition,
	// version 0 for none, and whether there is such a region.
	HoldVersions(ctx context.Context, region string) (newest workflow.Definition, there bool, err error)
	// Publish writes a new version.
	Publish(ctx context.Context, p *workflow.Published) error
	// Versions gives the newest so many definitions of a region, or of all, the newest first.
	Versions(ctx context.Context, region *string, limit int) ([]workflow.Published, error)
}

// Definitions is the use case. All fields are needed.
type Definitions struct {
	Store   Store
	Courses *Courses
	Clock   domain.Clock
	IDs     domain.IDs
}

// Publication is a definition that somebody wants to publish.
type Publication struct {
	RegionCode      string
	Stages          []Entry
	Note            *string // why; 1 to 10,000 characters
	ExpectedVersion *int64  // the version of the region's own definition that the actor saw, 0 for none; nil: whatever it is
	Key             *string // the actor's own, so that the command is carried out once
	DryRun          bool    // only say what would be
}

// View is what holds for a region.
type View struct {
	Region  string
	Version int // of the region's own definition; 0 where it has none
	Course  workflow.Course
	Same    bool // after a publication: this version had said the same already, so there is no new one
}

// Publish writes a new version of a region's definition, unless its newest says the same already, and gives what holds for the
// region then; of a dry run, what would.
// Errors: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND for a region that is not there, CONFLICT with the present version,
// IDEMPOTENCY_MISMATCH, and domain.Problems of BAD_USER_INPUT whose paths begin with the field of the publication.
func (d Definitions) Publish(ctx context.Context, actor access.Actor, p Publication) (View, error) {
	if err := access.MayPublish(actor, p.RegionCode); err != nil {
		return View{}, err
	}
	return d.publish(ctx, actor.Subject, p)
}

// Load is Publish for whoever runs the server, whose right to do so is to be on its machine.
func (d Definitions) Load(ctx context.Context, p Publication) (View, error) {
	return d.publish(ctx, Operator, p)
}

func (d Definitions) publish(ctx context.Context, author string, p Publication) (View, error) {
	p = p.tidy()
	if wrong := p.Validate(""); len(wrong) > 0 {
		return View{}, wrong
	}
	if p.DryRun {
		return d.dryRun(ctx, p)
	}
	same := false
	write := func(ctx context.Context) (command.Outcome, error) {
		next, changed, err := d.next(ctx, p)
		if same = !changed; err != nil || same {
			return command.Outcome{Code: command.Done}, err
		}
		published := &workflow.Published{ID: d.IDs.New(), At: d.Clock.Now(), Author: author, Note: p.Note, Definition: next}
		if err := d.Store.Publish(ctx, published); err != nil {
			return command.Outcome{}, err
		}
		return command.Outcome{Code: command.Done, IDs: []uuid.UUID{published.ID}}, nil
	}
	input := p
	input.Key = nil
	if _, err := command.Run(ctx, d.Store, command.Command{Actor: author, Key: p.Key, Name: "publishDefinition", Input: input}, write); err != nil {
		return View{}, err
	}
	if err := d.Courses.Renew(ctx); err != nil {
		return View{}, err
	}
	v, err := d.view(ctx, p.RegionCode)
	v.Same = same
	return v, err
}

// dryRun says what would hold.
func (d Definitions) dryRun(ctx context.Context, p Publication) (View, error) {
	var next workflow.Definition
	var changed bool
	if err := d.Store.Transact(ctx, func(ctx context.Context) (err error) {
		next, changed, err = d.next(ctx, p)
		return err
	}); err != nil {
		return View{}, err
	}
	v := View{Region: p.RegionCode, Version: next.Version, Same: !changed}
	var err error
	v.Course, err = d.Courses.with(ctx, next)
	return v, err
}

// next gives the next definition of a region; where the newest says the same, that one, which is not changed.
func (d Definitions) next(ctx context.Context, p Publication) (next workflow.Definition, changed bool, err error) {
	last, there, err := d.Store.HoldVersions(ctx, p.RegionCode)
	if err != nil {
		return next, false, err
	}
	if !there {
		return next, false, access.NotFound().At("regionCode")
	}
	if p.RegionCode == workflow.Built.Region && last.Version < workflow.Built.Version {
		last = workflow.Built // histories name the one that comes with the program by its version, too
	}
	if p.ExpectedVersion != nil && *p.ExpectedVersion != int64(last.Version) {
		e := domain.Errorf(domain.CodeConflict, "somebody else published for %s meanwhile; its version is %d now", p.RegionCode, last.Version).
			In(fmt.Sprintf("pihak lain sudah menerbitkan untuk %s; versinya kini %d", p.RegionCode, last.Version)).At("expectedVersion")
		e.Params = map[string]any{"version": last.Version}
		return next, false, e
	}
	next = workflow.Definition{Region: p.RegionCode, Version: last.Version + 1, Stages: stagesOf(p.Stages)}
	if last.Version > 0 && Text(Ordered(last.Stages), nil) == Text(Ordered(next.Stages), nil) {
		return last, false, nil
	}
	return next, true, nil
}

// View gives what holds for a region; nil where there is none. Whoever is signed in may know.
func (d Definitions) View(ctx context.Context, actor access.Actor, region string) (*View, error) {
	if err := access.MayAct(actor); err != nil {
		return nil, err
	}
	if found, err := d.Store.Region(ctx, region); found == nil || err != nil {
		return nil, err
	}
	v, err := d.view(ctx, region)
	return &v, err
}

func (d Definitions) view(ctx context.Context, region string) (View, error) {
	defined, err := d.Courses.defined(ctx)
	if err != nil {
		return View{}, err
	}
	v := View{Region: region, Version: defined[region].Version, Course: workflow.CourseOf(defined, region)}
	if region == workflow.Built.Region {
		v.Version = max(v.Version, workflow.Built.Version)
	}
	return v, nil
}

// Versions gives the newest so many definitions that were published for a region, the newest first. Whoever is signed in may know.
func (d Definitions) Versions(ctx context.Context, actor access.Actor, region string, limit int) ([]workflow.Published, error) {
	if err := access.MayAct(actor); err != nil {
		return nil, err
	}
	return d.Store.Versions(ctx, &region, limit)
}

func (p Publication) tidy() Publication {
	if p.Note != nil {
		note := strings.TrimSpace(*p.Note)
		p.Note = &note
		if domain.Blank(note) {
			p.Note = nil
		}
	}
	return p
}

// Validate gives all that is wrong with a publication by itself, whatever the day.
func (p Publication) Validate(domain.Date) (wrong domain.Problems) {
	if _, ok := domain.LevelOf(p.RegionCode); !ok {
		wrong = append(wrong, access.NotFound().At("regionCode"))
	}
	if p.Note != nil && (utf8.RuneCountInString(*p.Note) > noteMost || strings.ContainsRune(*p.Note, 0) || !utf8.ValidString(*p.Note)) {
		wrong = append(wrong, domain.Errorf(domain.CodeBadUserInput, "a note is text of at most %d characters", noteMost).
			In(fmt.Sprintf("catatan berupa teks paling banyak %d karakter", noteMost)).At("note"))
	}
	for _, e := range Check(p.Stages) {
		wrong = append(wrong, e.At("stages"))
	}
	return wrong
}

// Ordered gives what a definition says, in the order of the stages.
func Ordered(stages map[domain.Stage]workflow.Schedule) []Entry {
	var entries []Entry
	for _, s := range domain.Stages {
		if schedule, ok := stages[domain.Stage(s.Code)]; ok {
			entries = append(entries, Entry{domain.Stage(s.Code), schedule})
		}
	}
	return slices.Clip(entries)
}
