package deliver

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/workflow"
)

// The kinds of jobs.
const (
	SendJob    = "send_delivery"
	DigestJob  = "make_digests"
	PublishJob = "publish_notices"
)

// SendBound is how long a SendJob may take, and attemptBound an attempt; the rest is for writing down what became of it.
const (
	SendBound    = time.Minute
	attemptBound = 45 * time.Second
)

// lease is how long a claimed delivery is left to whoever claimed it: longer than an attempt may take.
const lease = SendBound + 30*time.Second

// longestError is how much is kept of what went wrong, in characters.
const longestError = 500

// Channel sends deliveries of a kind. An error means that the delivery may not have arrived; unless it is [Permanent] it is
// tried again. Send must end when its context does, and gives the receiver the delivery's id.
type Channel interface {
	Send(ctx context.Context, d *domain.Delivery) error
}

// Store is what this package needs of the database.
type Store interface {
	command.Store
	// EnqueueAll hands on jobs in the transaction that travels in the context.
	EnqueueAll(ctx context.Context, all []workflow.Job) error

	// Undelivered gives members who have notifications since an instant that they have neither read nor been sent, who want
	// e-mail, have an address and no digest of the day yet: those after a subject, in the order of subjects.
	Undelivered(ctx context.Context, since time.Time, day domain.Date, after string, limit int) ([]workflow.Undelivered, error)
	// AddDigests writes new digests and puts what is undelivered since an instant into them. It gives the ids of those that
	// it wrote; another server may have been before it.
	AddDigests(ctx context.Context, digests []*domain.Delivery, since time.Time) ([]uuid.UUID, error)
	// TimersDue tells whether timers should have gone off by now that have not.
	TimersDue(ctx context.Context, now time.Time) (bool, error)
	// Unpublished takes notices that have not been handed to webhooks yet, for this transaction alone, oldest first, and
	// gives to which active webhooks they are to go. It gives the number of notices.
	Unpublished(ctx context.Context, limit int) (int, []workflow.Publication, error)
	// AddPublished writes new deliveries with what is in each.
	AddPublished(ctx context.Context, deliveries []*domain.Delivery, contents [][]uuid.UUID) error
	// Late gives pending deliveries that have been due since before an instant, and makes them due now.
	Late(ctx context.Context, before, now time.Time, limit int) ([]uuid.UUID, error)

	// Delivery gives a delivery; nil where there is none.
	Delivery(ctx context.Context, id uuid.UUID) (*domain.Delivery, error)
	// Claim counts an attempt of a pending delivery that is due and leaves it alone until an instant. It tells whether it did.
	Claim(ctx context.Context, id uuid.UUID, now, until time.Time) (bool, error)
	// Settle writes what became of the attempt that the delivery counts last. Another attempt that has begun since is left
	// alone, unless this one arrived.
	Settle(ctx context.Context, d *domain.Delivery) error
	// Revive makes a dead delivery pending again. It tells whether it did.
	Revive(ctx context.Context, id uuid.UUID, now time.Time) (bool, error)
	// Dead gives the ids of dead deliveries, oldest first.
	Dead(ctx context.Context, limit int) ([]uuid.UUID, error)
}

// Deliveries is the use case.
type Deliveries struct {
	Store    Store
	Clock    domain.Clock
	IDs      domain.IDs
	Channels map[domain.Channel]Channel
	// Observe, where it is set, is told what became of each attempt: sent, retried or dead.
	Observe func(c domain.Channel, outcome string)
	// Pauses overrides the pauses between attempts and Lease for how long an attempt has a delivery to itself; for tests.
	Pauses []time.Duration
	Lease  time.Duration
}

// job hands on that a delivery is to be sent.
func job(id uuid.UUID, at time.Time) workflow.Job {
	return workflow.Job{Kind: SendJob, Args: sending{id}, RunAt: at}
}

type sending struct {
	Delivery uuid.UUID `json:"delivery"`
}

// Send does a SendJob: one attempt, and when the next is due.
func (s *Deliveries) Send(ctx context.Context, run workflow.JobRun) error {
	var args sending
	if err := run.Decode(&args); err != nil {
		return err
	}
	now := s.Clock.Now()
	claimed, err := s.Store.Claim(ctx, args.Delivery, now, now.Add(s.lease()))
	if err != nil {
		return err
	}
	d, err := s.Store.Delivery(ctx, args.Delivery)
	switch {
	case err != nil:
		return err
	case d == nil || d.State != domain.DeliveryPending:
		return nil
	case !claimed: // another has it, or had it and died
		return workflow.GoOnIn(d.NextAttemptAt.Sub(now))
	}
	failed := s.attempt(ctx, d)
	if failed != nil && ctx.Err() != nil {
		return failed // the server stops: the claim runs out, and it goes on then
	}
	pause := s.settle(d, failed)
	if err := s.Store.Settle(ctx, d); err != nil {
		return err
	}
	if d.State == domain.DeliveryPending {
		return workflow.GoOnIn(pause)
	}
	return nil
}

func (s *Deliveries) lease() time.Duration {
	if s.Lease > 0 {
		return s.Lease
	}
	return lease
}

func (s *Deliveries) attempt(ctx context.Context, d *domain.Delivery) error {
	if d.Attempts > len(s.pauses())+1 {
		return Permanent(fmt.Errorf("no attempt came to an end; the server stopped each time"))
	}
	c := s.Channels[d.Channel]
	if c == nil {
		return fmt.Errorf("%s is not set up on this server", strings.ToLower(domain.Channels.Label(string(d.Channel), domain.English)))
	}
	ctx, cancel := context.WithTimeout(ctx, attemptBound)
	defer cancel()
	return c.Send(ctx, d)
}

// settle puts what became of an attempt into the delivery, and gives the pause before the next.
func (s *Deliveries) settle(d *domain.Delivery, failed error) time.Duration {
	now := s.Clock.Now()
	d.UpdatedAt, d.NextAttemptAt = now, nil
	outcome := "sent"
	var pause time.Duration
	if failed == nil {
		d.State, d.SentAt = domain.DeliverySent, &now
	} else {
		said := shortened(failed.Error())
		d.LastError = &said
		if again, ok := s.pauseAfter(d.Attempts, failed); ok {
			next := now.Add(again)
			pause, d.NextAttemptAt, outcome = again, &next, "retried"
		} else {
			d.State, outcome = domain.DeliveryDead, "dead"
		}
	}
	if s.Observe != nil {
		s.Observe(d.Channel, outcome)
	}
	return pause
}

// shortened makes one line of a bounded length of what went wrong, fit to be stored.
func shortened(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", " "), "�")), " ")
	if utf8.RuneCountInString(text) > longestError {
		text = string([]rune(text)[:longestError-1]) + "…"
	}
	return text
}
