package entry

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
)

// New is a command to enter a thing.
type New struct {
	Command string          // its name, such as "createNeed"
	Key     *string         // for idempotency; nil: none
	ID      uuid.UUID       // made by the client; zero: we make one
	Wrong   domain.Problems // what could not even be read into the thing, such as an id of another type
}

// Change is a command to change a thing that is there.
type Change struct {
	Command string
	Key     *string
	ID      uuid.UUID
	Said    map[string]any // the fields that are to change, with their values, in one form for equal input
	// Apply puts the change into the thing as it is now, and gives what could not be read or may not be emptied. It may run
	// several times, each time on the thing as it is then.
	Apply func() domain.Problems
	// Erases says that the change does nothing but take a person's data away. The law gives no status in which that must wait.
	Erases bool
	// Seen is the time of change that the actor saw; nil: whatever it is. It is no part of what is asked for: with the same key
	// and another Seen it is the same command.
	Seen *time.Time
}

// Of gives the command of an actor to enter a thing, which is still as people entered it: without id, time or defaults that
// depend on the moment.
func (n New) Of(a access.Actor, thing any) (command.Command, error) {
	input, err := json.Marshal(thing)
	if err != nil {
		return command.Command{}, fmt.Errorf("the input of %s has no canonical form: %w", n.Command, err)
	}
	c := command.Command{Actor: a.Subject, Key: n.Key, Name: n.Command, Input: json.RawMessage(input)}
	if n.ID != uuid.Nil {
		c.Input = map[string]any{"id": n.ID, "thing": json.RawMessage(input)}
	}
	return c, nil
}

// Record gives what every stored thing has to a new one.
func (n New) Record(ids domain.IDs, now time.Time) domain.Record {
	r := domain.Record{ID: n.ID, CreatedAt: now, UpdatedAt: now}
	if n.ID == uuid.Nil {
		r.ID = ids.New()
	}
	return r
}

// Of gives the command of an actor to change a thing.
func (c Change) Of(a access.Actor) command.Command {
	return command.Command{Actor: a.Subject, Key: c.Key, Name: c.Command, Input: map[string]any{"id": c.ID, "said": c.Said}}
}

// Done is the outcome of a command about one thing, which was changed by it.
func Done(id uuid.UUID, at time.Time) command.Outcome {
	return command.Outcome{Code: command.Done, IDs: []uuid.UUID{id}, ChangedAt: &at}
}

// First gives the id of the thing that a command was about.
func First(out command.Outcome, err error) (uuid.UUID, error) {
	if err != nil {
		return uuid.Nil, err
	}
	if len(out.IDs) == 0 {
		return uuid.Nil, errors.New("the remembered outcome names nothing")
	}
	return out.IDs[0], nil
}

// Problems gathers what is wrong; nil where nothing is. Of several problems on one path the first is kept: a text that could
// not be read needs no second remark that it is empty.
func Problems(lists ...domain.Problems) error {
	all := Gather(lists...)
	if len(all) == 0 {
		return nil
	}
	return all
}

// Gather is Problems for those who go on gathering.
func Gather(lists ...domain.Problems) domain.Problems {
	var all domain.Problems
	for _, list := range lists {
		for _, p := range list {
			if !slices.ContainsFunc(all, func(q *domain.Error) bool { return slices.Equal(p.Path, q.Path) }) {
				all = append(all, p)
			}
		}
	}
	return all
}

// Names tells whether any of the problems is on the path.
func Names(problems domain.Problems, path string) bool {
	return slices.ContainsFunc(problems, func(p *domain.Error) bool { return len(p.Path) > 0 && p.Path[0] == path })
}

// At puts one coded error on a path; any other error stays as it is.
func At(err error, path ...string) error {
	if e, coded := err.(*domain.Error); coded {
		return e.At(path...)
	}
	return err
}

// Wrong makes a problem with one field.
func Wrong(path, en, id string) *domain.Error {
	return domain.Errorf(domain.CodeBadUserInput, "%s", en).In(id).At(path)
}
