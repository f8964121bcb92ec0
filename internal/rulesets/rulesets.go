package rulesets

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/workflow"
)

// System is the actor of what the server itself does with rule sets. No member has this subject.
const System = "system:check"

// Store is what this package needs of the database.
type Store interface {
	command.Store
	Region(ctx context.Context, code string) (*domain.Region, error)
	Enqueue(ctx context.Context, j workflow.Job) error
	// HoldRuleSet gives the rule set with this name, nil where there is none, and lets nobody else change anything of it until
	// the transaction ends.
	HoldRuleSet(ctx context.Context, name string) (*domain.RuleSet, error)
	// RuleSet gives the rule set with this name; nil where there is none.
	RuleSet(ctx context.Context, name string) (*domain.RuleSet, error)
	// AddRuleSet writes a rule set unless there is one of its name, and tells whether it did.
	AddRuleSet(ctx context.Context, r *domain.RuleSet) (bool, error)
	// Version gives a version with its rule set, nil where there is none; so does VersionNamed.
	Version(ctx context.Context, id uuid.UUID) (*domain.RuleSetVersion, error)
	VersionNamed(ctx context.Context, ruleSet uuid.UUID, version string) (*domain.RuleSetVersion, error)
	AddVersion(ctx context.Context, v *domain.RuleSetVersion) error
	// PutVersion writes what became of a version.
	PutVersion(ctx context.Context, v *domain.RuleSetVersion) error
	// AddArtefact writes content of so many bytes with this SHA-256, unless it is there already. Nobody removes it until the
	// transaction ends.
	AddArtefact(ctx context.Context, sha256 string, size int64, at time.Time, content io.Reader) error
	// Artefact writes the content with this SHA-256, a chunk at a time; NOT_FOUND where there is none, and where it was removed.
	// Stored gives that error alone.
	Artefact(ctx context.Context, sha256 string, to io.Writer) error
	Stored(ctx context.Context, sha256 string) error
	// Unneeded gives the SHA-256 of content whose versions have all failed or been withdrawn since before an instant and are used
	// by nobody, sorted, after one and at most so many. RemoveArtefact removes one if that is still so, and tells whether it did.
	Unneeded(ctx context.Context, before time.Time, after string, most int) ([]string, error)
	RemoveArtefact(ctx context.Context, sha256 string, before, at time.Time) (bool, error)
	// Waiting gives the ids of versions that have waited to be checked since before an instant, the longest first.
	Waiting(ctx context.Context, before time.Time, most int) ([]uuid.UUID, error)
	AddEvent(ctx context.Context, e *domain.RuleSetEvent) error

	// Newest gives the newest so many activations of a rule set in a region, the newest first, with their versions.
	Newest(ctx context.Context, ruleSet uuid.UUID, region string, most int) ([]*domain.RuleActivation, error)
	// Activation gives the one with this revision, with its version; nil where there is none.
	Activation(ctx context.Context, ruleSet uuid.UUID, region string, revision int) (*domain.RuleActivation, error)
	// AddActivation writes an activation. One for EVERYONE ends all before it.
	AddActivation(ctx context.Context, a *domain.RuleActivation) error
	// AtWork gives the regions in which a version may bind programmes.
	AtWork(ctx context.Context, version uuid.UUID) ([]string, error)
	// Unended gives all activations that have not ended, sorted by region, rule set and revision; UnendedIn those of some regions.
	Unended(ctx context.Context) ([]*domain.RuleActivation, error)
	UnendedIn(ctx context.Context, regions []string) ([]*domain.RuleActivation, error)
	// EndActivations says of activations that they bind nobody any more.
	EndActivations(ctx context.Context, ids []uuid.UUID, at time.Time) error

	// AnyEntered tells whether a programme in a region or below, that is being worked on or rests, entered its stage then.
	AnyEntered(ctx context.Context, region string, e workflow.Entries) (bool, error)
	// CountWorking counts those programmes, whenever they entered.
	CountWorking(ctx context.Context, region string) (int, error)
	// Entered gives those of these programmes, by id, with their region and when they entered their stage.
	Entered(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*domain.Programme, error)
}

// Checker says whether what was uploaded keeps the contract of rule sets. What it finds wrong is domain.Problems, of BAD_FILE with
// file, line and column where a file is wrong; any other error is that it could not check now.
type Checker interface {
	// File checks a rule file and gives what it says of itself, as protojson of the contract's DescribeResponse. Problems call
	// it name.
	File(ctx context.Context, name string, text []byte) (json.RawMessage, error)
	// Manifest reads which rule set and version the archive of a program says that it is. It runs nothing.
	Manifest(ctx context.Context, archive io.Reader) (name, version string, err error)
	// Program runs the program of a version, in confinement, through the contract's conformance, and gives what it says of itself.
	Program(ctx context.Context, v *domain.RuleSetVersion) (json.RawMessage, error)
}

// RuleSets is the use case. All fields are needed.
type RuleSets struct {
	Store   Store
	Checker Checker
	// Parameters says what is wrong with the parameters of a region by the JSON Schema of a version: nil, or domain.Problems with
	// paths that begin with "parameters".
	Parameters func(schema string, parameters json.RawMessage) error
	Reserved   []string // names of rule sets that come with the server
	Clock      domain.Clock
	IDs        domain.IDs
}

// event writes an entry of the audit trail.
func (s *RuleSets) event(ctx context.Context, e domain.RuleSetEvent) error {
	e.ID, e.CreatedAt = s.IDs.New(), s.Clock.Now()
	return s.Store.AddEvent(ctx, &e)
}

// hold holds the rule set with this name; NOT_FOUND where there is none.
func (s *RuleSets) hold(ctx context.Context, name string) (*domain.RuleSet, error) {
	set, err := s.Store.HoldRuleSet(ctx, name)
	if err == nil && set == nil {
		err = access.NotFound().At("ruleSet")
	}
	return set, err
}

// versionOf gives a version of a rule set; NOT_FOUND where there is none.
func (s *RuleSets) versionOf(ctx context.Context, set *domain.RuleSet, version string) (*domain.RuleSetVersion, error) {
	v, err := s.Store.VersionNamed(ctx, set.ID, version)
	if err == nil && v == nil {
		err = access.NotFound().At("version")
	}
	return v, err
}

func notPossible(en, id string) *domain.Error {
	return domain.Errorf(domain.CodeRuleSetNotPossible, "%s", en).In(id)
}

// validVersion tells whether a version may be called so.
func validVersion(version string) bool {
	n := utf8.RuneCountInString(version)
	return n >= 1 && n <= 64 && utf8.ValidString(version) && !strings.ContainsRune(version, 0)
}

// tidied gives a text that may be missing without blanks around it; nil for one that is blank. It is wrong where it is too long
// or cannot be stored.
func tidied(path string, text *string) (*string, error) {
	if text == nil || domain.Blank(*text) {
		return nil, nil
	}
	t := strings.TrimSpace(*text)
	if utf8.RuneCountInString(t) > domain.MaxText || !utf8.ValidString(t) || strings.ContainsRune(t, 0) {
		return nil, domain.Errorf(domain.CodeBadUserInput, "this is text of at most %d characters", domain.MaxText).
			In(fmt.Sprintf("ini berupa teks paling banyak %d karakter", domain.MaxText)).At(path)
	}
	return &t, nil
}
