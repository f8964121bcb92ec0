package main

import (
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db/jobs"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
	"github.com/berdaya/berdaya/internal/deliver"
	"github.com/berdaya/berdaya/internal/mail"
	"github.com/berdaya/berdaya/internal/notices"
	"github.com/berdaya/berdaya/internal/webhooks"
)

// What says how notices go out.
const (
	smtpEnv    = "BERDAYA_SMTP_URL"
	fromEnv    = "BERDAYA_MAIL_FROM"
	privateEnv = "BERDAYA_WEBHOOKS_PRIVATE"
)

// Of what is periodic: digests are made at 00:00 UTC, which is 07:00 in Jakarta.
const (
	digestsEvery = 24 * time.Hour
	publishEvery = time.Minute
)

// outgoing are the settings of what goes out.
type outgoing struct {
	Mail  *mail.Settings // nil: no e-mail
	Reach webhooks.Reach
}

// outgoingFromEnvironment reads the settings.
func outgoingFromEnvironment() (o outgoing, err error) {
	if address := os.Getenv(smtpEnv); address != "" {
		from := os.Getenv(fromEnv)
		if from == "" {
			return o, usageError{fmt.Errorf("%s is set and %s is not: give the address that mail is from, such as Berdaya <berdaya@example.org>", smtpEnv, fromEnv)}
		}
		s, err := mail.ParseURL(address, from)
		if err != nil {
			return o, err
		}
		o.Mail = &s
	}
	switch said := os.Getenv(privateEnv); said {
	case "":
	case "allow":
		o.Reach.Private = true
	default:
		return o, usageError{fmt.Errorf("%s is either not set or allow, not %q", privateEnv, said)}
	}
	return o, nil
}

// startOutgoing puts together what goes out.
func (sv *server) startOutgoing(s settings, clock domain.Clock, ids domain.IDs) error {
	sealer, err := webhooks.NewSealer(s.Secret.Derive("webhooks"))
	if err != nil {
		return err
	}
	poster := webhooks.NewPoster(sv.db.Webhooks(), sealer, clock, s.Outgoing.Reach, func(id uuid.UUID) string { return gid.New("Programme", id) })
	d := &deliver.Deliveries{Store: sv.db.Deliveries(), Clock: clock, IDs: ids, Channels: map[domain.Channel]deliver.Channel{domain.WebhookChannel: poster},
		Observe: sv.metrics.FromDeliveries(sv.db.Deliveries())}
	if s.Outgoing.Mail != nil {
		d.Channels[domain.Email] = mail.Digests{Store: sv.db.Notices(), Settings: *s.Outgoing.Mail}
	} else if !s.NoWork {
		sv.log.Info("e-mail is off: " + smtpEnv + " is not set; what members are told is in the API alone")
	}
	sv.useCases.Inbox = notices.Inbox{Store: sv.db.Notices(), Clock: clock}
	sv.useCases.Webhooks = &webhooks.Webhooks{Store: sv.db.Webhooks(), Sealer: sealer, Reach: s.Outgoing.Reach, Clock: clock, IDs: ids}
	sv.useCases.Deliveries = d
	return nil
}

// outgoingWork lists what is done so that notices go out. Without e-mail no digest is made: it would wait in vain.
func (sv *server) outgoingWork() (workers []jobs.Worker, periodic []jobs.Periodic) {
	d := sv.useCases.Deliveries
	workers = []jobs.Worker{
		{Kind: deliver.SendJob, Work: d.Send, Timeout: deliver.SendBound, Limit: 8},
		{Kind: deliver.PublishJob, Work: d.Publish, Timeout: 5 * time.Minute, Limit: 1},
	}
	periodic = []jobs.Periodic{{Kind: deliver.PublishJob, Every: publishEvery}}
	if d.Channels[domain.Email] != nil {
		workers = append(workers, jobs.Worker{Kind: deliver.DigestJob, Work: d.MakeDigests, Timeout: 10 * time.Minute, Limit: 1})
		periodic = append(periodic, jobs.Periodic{Kind: deliver.DigestJob, Every: digestsEvery})
	}
	return workers, periodic
}
