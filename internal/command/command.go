package command

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// MaxKey is the longest key, in characters.
const MaxKey = 200

// Done is the outcome code of a command that did what it was asked to. Use cases may have others.
const Done = "DONE"

// Command names one command of one actor.
type Command struct {
	Actor string  // the subject who gives it
	Key   *string // made by the client, unique among the actor's; nil: the command is not remembered
	Name  string  // the command's, such as "createProgramme"
	// Input is what the actor asked for, without the key and without ids made by the server. Equal requests must give equal
	// JSON: structs and maps do; decimals, times and texts must be put into one form first.
	Input any
}

// Outcome is what came of a command: enough to read the answer anew.
type Outcome struct {
	Code    string
	IDs     []uuid.UUID
	Version *int64 // of the programme after the command; nil where nothing with a version changed
	// ChangedAt is what the command gave the first thing as its time of change; nil where it was about none.
	ChangedAt *time.Time
	// Repeated says that an earlier command with the same key did it, and this one nothing.
	Repeated bool
}

// Record is an outcome as it is remembered.
type Record = workflow.Remembered

// Store is what this package needs of the database.
type Store interface {
	// Transact runs fn in one transaction and commits it if fn gives no error. The transaction travels in the context that
	// fn receives. Called within a transaction, it joins that one.
	Transact(ctx context.Context, fn func(ctx context.Context) error) error
	// Recall gives what is remembered under an actor's key; nil where nothing is.
	Recall(ctx context.Context, actor, key string) (*Record, error)
	// Remember stores a record within the transaction, with the present time; it fails if the
	// key is remembered already, or waits until it is clear whether it will be.
	Remember(ctx context.Context, r Record) error
}

// Run carries out a command once: it gives the remembered outcome if there is one, and otherwise runs fn in a transaction
// and remembers its outcome with it. Errors: BAD_USER_INPUT for a malformed key, IDEMPOTENCY_MISMATCH, those of fn and of
// the store.
func Run(ctx context.Context, s Store, c Command, fn func(ctx context.Context) (Outcome, error)) (Outcome, error) {
	if !c.isNew(ctx) {
		if out, err := Recall(ctx, s, c); out != nil || err != nil {
			return noted(ctx, orZero(out)), err
		}
	}
	var out Outcome
	err := s.Transact(ctx, func(ctx context.Context) (err error) {
		if out, err = fn(ctx); err != nil || c.Key == nil {
			return err
		}
		r, err := c.Record(out)
		if err != nil {
			return err
		}
		return s.Remember(ctx, *r)
	})
	if err == nil {
		return noted(ctx, out), nil
	}
	if before, recallErr := Recall(ctx, s, c); before != nil || domain.CodeOf(recallErr) == domain.CodeIdempotencyMismatch {
		return noted(ctx, orZero(before)), recallErr
	}
	return Outcome{}, err
}

// Recall gives the outcome that is remembered for a command; nil where there is none. Errors as those of [Run].
func Recall(ctx context.Context, s Store, c Command) (*Outcome, error) {
	if c.Key == nil {
		return nil, nil
	}
	if err := CheckKey(*c.Key); err != nil {
		return nil, err
	}
	r, err := looked(ctx, *c.Key), error(nil)
	if r == nil {
		r, err = s.Recall(ctx, c.Actor, *c.Key)
	}
	if err != nil || r == nil {
		return nil, err
	}
	hash, err := c.hash()
	if err != nil {
		return nil, err
	}
	if r.Command != c.Name || !bytes.Equal(r.InputHash, hash) {
		return nil, domain.Errorf(domain.CodeIdempotencyMismatch,
			"the key %q was used before for another command or with another input; use a new key", *c.Key).
			In(fmt.Sprintf("kunci %q sudah dipakai untuk perintah atau masukan lain; gunakan kunci baru", *c.Key)).
			At("idempotencyKey")
	}
	return &Outcome{Code: r.Outcome, IDs: r.IDs, Version: r.Version, ChangedAt: r.ChangedAt, Repeated: true}, nil
}

// Record gives an outcome as it is to be remembered for the command; nil for a command without a key.
func (c Command) Record(out Outcome) (*Record, error) {
	if c.Key == nil {
		return nil, nil
	}
	hash, err := c.hash()
	if err != nil {
		return nil, err
	}
	return &Record{Actor: c.Actor, Key: *c.Key, Command: c.Name, InputHash: hash, Outcome: out.Code, IDs: out.IDs,
		Version: out.Version, ChangedAt: out.ChangedAt}, nil
}

// CheckKey refuses a key that is empty, longer than MaxKey characters or not printable.
func CheckKey(key string) error {
	printable := utf8.ValidString(key)
	for _, r := range key {
		printable = printable && unicode.IsPrint(r)
	}
	if n := utf8.RuneCountInString(key); n < 1 || n > MaxKey || !printable {
		return domain.Errorf(domain.CodeBadUserInput, "an idempotency key has 1 to %d printable characters", MaxKey).
			In(fmt.Sprintf("kunci idempotensi terdiri atas 1 sampai %d karakter yang dapat dicetak", MaxKey)).
			At("idempotencyKey")
	}
	return nil
}

// hash is the SHA-256 of the command's name and canonical input.
func (c Command) hash() ([]byte, error) {
	input, err := json.Marshal(c.Input)
	if err != nil {
		return nil, fmt.Errorf("the input of %s has no canonical form: %w", c.Name, err)
	}
	sum := sha256.Sum256(append([]byte(c.Name+"\n"), input...))
	return sum[:], nil
}

func orZero(out *Outcome) Outcome {
	if out == nil {
		return Outcome{}
	}
	return *out
}
