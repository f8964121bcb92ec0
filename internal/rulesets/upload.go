package rulesets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/workflow"
)

// Upload is a version that somebody uploads.
type Upload struct {
	File       string        // what problems call it
	Content    io.ReadSeeker // a rule file, or the archive of a program, which gzip's first two bytes tell
	Size       int64         // in bytes
	SHA256     string        // of the content, in small hexadecimal digits
	RegionCode *string       // whose a new rule set is; it may be left out for one that is there
	Note       *string       // 1 to 10,000 characters
	Key        *string
}

// Validate gives all that is wrong with what comes beside the file, whatever the day.
func (u Upload) Validate(domain.Date) (wrong domain.Problems) {
	if _, err := tidied("note", u.Note); err != nil {
		wrong = append(wrong, err.(*domain.Error))
	}
	if u.RegionCode != nil {
		if _, ok := domain.LevelOf(*u.RegionCode); !ok {
			wrong = append(wrong, access.NotFound().At("regionCode"))
		}
	}
	return wrong
}

// uploaded is what an upload turned out to be.
type uploaded struct {
	kind          domain.RuleSetKind
	name, version string
	description   json.RawMessage // of a rule file, which is checked at once
}

// Upload stores a version and gives its id. A rule file is checked at once; a program will be, by a job. Errors: UNAUTHENTICATED,
// FORBIDDEN, BAD_FILE with all that is wrong, TOO_LARGE, BAD_USER_INPUT, NOT_FOUND for the region, ALREADY_EXISTS where the
// version is there with other content, RULES_UNAVAILABLE where it cannot be checked now, those of idempotency.
func (s *RuleSets) Upload(ctx context.Context, actor access.Actor, u Upload) (uuid.UUID, error) {
	if err := access.MayUploadSomewhere(actor); err != nil {
		return uuid.Nil, err
	}
	if wrong := u.Validate(""); len(wrong) > 0 {
		return uuid.Nil, wrong
	}
	u.Note, _ = tidied("note", u.Note)
	input := map[string]any{"sha256": u.SHA256, "size": u.Size, "region": u.RegionCode, "note": u.Note}
	once := command.Command{Actor: actor.Subject, Key: u.Key, Name: "uploadRuleSet", Input: input}
	before, err := command.Recall(ctx, s.Store, once)
	switch {
	case err != nil:
		return uuid.Nil, err
	case before != nil: // whether it could be checked now does not matter
		return before.IDs[0], nil
	}
	what, err := s.look(ctx, u)
	if err != nil {
		return uuid.Nil, err
	}
	out, err := command.Run(ctx, s.Store, once, func(ctx context.Context) (command.Outcome, error) {
		id, err := s.store(ctx, actor, u, what)
		return command.Outcome{Code: command.Done, IDs: []uuid.UUID{id}}, err
	})
	if err != nil {
		return uuid.Nil, err
	}
	return out.IDs[0], nil
}

// look finds out what was uploaded, and checks what can be checked at once.
func (s *RuleSets) look(ctx context.Context, u Upload) (what uploaded, err error) {
	empty := domain.Errorf(domain.CodeBadUserInput, "the file is empty").In("berkas kosong").At("file")
	if u.Size == 0 {
		return what, empty
	}
	first := make([]byte, 2)
	if _, err := io.ReadFull(u.Content, first); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return what, err
	}
	if _, err := u.Content.Seek(0, io.SeekStart); err != nil {
		return what, err
	}
	if first[0] == 0x1f && first[1] == 0x8b {
		what.kind = domain.RuleProgram
		if u.Size > domain.MaxRuleProgram {
			return what, tooLarge("a program has at most %d MiB, packed", "program paling besar %d MiB setelah dikemas", domain.MaxRuleProgram>>20)
		}
		if what.name, what.version, err = s.Checker.Manifest(ctx, u.Content); err != nil {
			return what, at("file", err)
		}
	} else {
		what.kind = domain.RuleFile
		if u.Size > domain.MaxRuleFile {
			return what, tooLarge("a rule file has at most %d MiB; a program is packed as .tar.gz", "berkas aturan paling besar %d MiB; program dikemas sebagai .tar.gz", domain.MaxRuleFile>>20)
		}
		text, err := io.ReadAll(io.LimitReader(u.Content, domain.MaxRuleFile))
		if err != nil {
			return what, err
		}
		if what.description, err = s.Checker.File(ctx, u.File, text); err != nil {
			return what, at("file", err)
		}
		d, err := Describe(what.description)
		if err != nil {
			return what, fmt.Errorf("what a rule file says of itself cannot be read: %w", err)
		}
		what.name, what.version = d.Name, d.Version
	}
	switch {
	case !domain.ValidRuleSetName(what.name):
		err = domain.Errorf(domain.CodeBadFile, "%.70q cannot be the name of a rule set: it has 1 to 64 small letters, digits and hyphens, with no hyphen first or last", what.name).
			In("nama kumpulan aturan terdiri atas 1 sampai 64 huruf kecil, angka, dan tanda hubung, tidak diawali atau diakhiri tanda hubung").At("file")
	case slices.Contains(s.Reserved, what.name):
		err = domain.Errorf(domain.CodeBadFile, "the name %s belongs to the rules that come with the server: choose another", what.name).
			In(fmt.Sprintf("nama %s milik aturan bawaan server: pilih nama lain", what.name)).At("file")
	case !validVersion(what.version):
		err = domain.Errorf(domain.CodeBadFile, "a version has 1 to 64 characters").In("versi terdiri atas 1 sampai 64 karakter").At("file")
	}
	return what, err
}

func tooLarge(en, id string, most int) *domain.Error {
	e := domain.Errorf(domain.CodeTooLarge, en, most).In(fmt.Sprintf(id, most)).At("file")
	e.Params = map[string]any{"limit": most, "of": "MiB"}
	return e
}

// at says of problems what they are about.
func at(path string, err error) error {
	problems, ok := errors.AsType[domain.Problems](err)
	if !ok {
		return err
	}
	about := make(domain.Problems, len(problems))
	for i, p := range problems {
		about[i] = p.At(path)
	}
	return about
}

// store writes what was uploaded, and has a program checked.
func (s *RuleSets) store(ctx context.Context, actor access.Actor, u Upload, what uploaded) (uuid.UUID, error) {
	set, err := s.home(ctx, actor, u, what)
	if err != nil {
		return uuid.Nil, err
	}
	v, err := s.Store.VersionNamed(ctx, set.ID, what.version)
	switch {
	case err != nil:
		return uuid.Nil, err
	case v == nil:
		return s.add(ctx, actor, u, what, set)
	case v.SHA256 != u.SHA256:
		return uuid.Nil, domain.Errorf(domain.CodeAlreadyExists, "version %s of %s is there with other content: give yours another version and upload it again", v.Version, set.Name).
			In(fmt.Sprintf("versi %s dari %s sudah ada dengan isi lain: beri versi lain lalu unggah lagi", v.Version, set.Name)).At("file")
	case v.State == domain.VersionFailed: // a runtime may have come since, or a fault of the server's gone
		if err := s.keep(ctx, u); err != nil { // it may have been removed
			return uuid.Nil, err
		}
		v.State, v.Problems, v.CheckedAt, v.UpdatedAt = domain.VersionUploaded, nil, nil, s.Clock.Now()
		if err := s.Store.PutVersion(ctx, v); err != nil {
			return uuid.Nil, err
		}
		return v.ID, s.await(ctx, actor, set, v)
	}
	return v.ID, nil
}

// home gives the rule set that a version belongs to, held, and makes it where it is new.
func (s *RuleSets) home(ctx context.Context, actor access.Actor, u Upload, what uploaded) (*domain.RuleSet, error) {
	set, err := s.Store.HoldRuleSet(ctx, what.name)
	if err == nil && set == nil {
		if set, err = s.found(ctx, actor, u, what); err == nil && set == nil { // somebody else was faster
			set, err = s.hold(ctx, what.name)
		}
	}
	if err != nil {
		return nil, err
	}
	if err := access.MayRule(actor, set.RegionCode); err != nil {
		return nil, err
	}
	if u.RegionCode != nil && *u.RegionCode != set.RegionCode {
		return nil, domain.Errorf(domain.CodeBadUserInput, "the rule set %s belongs to region %s: leave the region out, or choose another name", set.Name, set.RegionCode).
			In(fmt.Sprintf("kumpulan aturan %s milik wilayah %s: kosongkan wilayah, atau pilih nama lain", set.Name, set.RegionCode)).At("regionCode")
	}
	if set.Kind != what.kind {
		return nil, domain.Errorf(domain.CodeBadUserInput, "the rule set %s is a %s and stays one: choose another name", set.Name, domain.RuleSetKinds.Label(string(set.Kind), domain.English)).
			In(fmt.Sprintf("kumpulan aturan %s berupa %s dan tetap demikian: pilih nama lain", set.Name, domain.RuleSetKinds.Label(string(set.Kind), domain.Indonesian))).At("file")
	}
	return set, nil
}

// found makes a new rule set; nil where there is one of its name by now.
func (s *RuleSets) found(ctx context.Context, actor access.Actor, u Upload, what uploaded) (*domain.RuleSet, error) {
	if u.RegionCode == nil {
		return nil, domain.Errorf(domain.CodeBadUserInput, "%s is a new rule set: say which region's it is", what.name).
			In(fmt.Sprintf("%s adalah kumpulan aturan baru: sebutkan milik wilayah mana", what.name)).At("regionCode")
	}
	if err := access.MayRule(actor, *u.RegionCode); err != nil {
		return nil, about("regionCode", err)
	}
	if r, err := s.Store.Region(ctx, *u.RegionCode); err != nil || r == nil {
		if err == nil {
			err = access.NotFound().At("regionCode")
		}
		return nil, err
	}
	now := s.Clock.Now()
	set := &domain.RuleSet{Record: domain.Record{ID: s.IDs.New(), CreatedAt: now, UpdatedAt: now}, Name: what.name, RegionCode: *u.RegionCode, Kind: what.kind}
	if added, err := s.Store.AddRuleSet(ctx, set); err != nil || !added {
		return nil, err
	}
	return set, nil
}

// about says of a coded error which field it is about.
func about(path string, err error) error {
	if e, ok := errors.AsType[*domain.Error](err); ok {
		return e.At(path)
	}
	return err
}

// keep stores the content of an upload.
func (s *RuleSets) keep(ctx context.Context, u Upload) error {
	if _, err := u.Content.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return s.Store.AddArtefact(ctx, u.SHA256, u.Size, s.Clock.Now(), u.Content)
}

// add writes a new version.
func (s *RuleSets) add(ctx context.Context, actor access.Actor, u Upload, what uploaded, set *domain.RuleSet) (uuid.UUID, error) {
	if err := s.keep(ctx, u); err != nil {
		return uuid.Nil, err
	}
	now := s.Clock.Now()
	v := &domain.RuleSetVersion{Record: domain.Record{ID: s.IDs.New(), CreatedAt: now, UpdatedAt: now}, RuleSetID: set.ID, Version: what.version, SHA256: u.SHA256,
		Size: u.Size, State: domain.VersionUploaded, Note: u.Note, UploadedBy: actor.Subject}
	if what.kind == domain.RuleFile {
		v.State, v.Description, v.CheckedAt = domain.VersionChecked, what.description, &now
	}
	if err := s.Store.AddVersion(ctx, v); err != nil {
		return uuid.Nil, err
	}
	if what.kind == domain.RuleProgram {
		return v.ID, s.await(ctx, actor, set, v)
	}
	if err := s.event(ctx, domain.RuleSetEvent{RegionCode: set.RegionCode, RuleSetID: set.ID, VersionID: &v.ID, Action: domain.RuleSetUploaded, Actor: actor.Subject, Reason: v.Note}); err != nil {
		return uuid.Nil, err
	}
	return v.ID, s.event(ctx, domain.RuleSetEvent{RegionCode: set.RegionCode, RuleSetID: set.ID, VersionID: &v.ID, Action: domain.RuleSetChecked, Actor: System})
}

// await writes that a program was uploaded and hands its check on.
func (s *RuleSets) await(ctx context.Context, actor access.Actor, set *domain.RuleSet, v *domain.RuleSetVersion) error {
	if err := s.event(ctx, domain.RuleSetEvent{RegionCode: set.RegionCode, RuleSetID: set.ID, VersionID: &v.ID, Action: domain.RuleSetUploaded, Actor: actor.Subject, Reason: v.Note}); err != nil {
		return err
	}
	return s.Store.Enqueue(ctx, workflow.Job{Kind: CheckJob, Args: check{v.ID}, Attempts: checkAttempts})
}
