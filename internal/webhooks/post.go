package webhooks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/deliver"
	"github.com/berdaya/berdaya/internal/notices"
)

// Of one message.
const (
	postBound    = 20 * time.Second
	connectBound = 10 * time.Second
	answerBound  = 4 << 10 // bytes of it that are read
	noticesBound = 1000    // more than a delivery ever has
)

// Poster is the channel to webhooks.
type Poster struct {
	Store  Store
	Sealer Sealer
	Clock  domain.Clock
	// ProgrammeID gives the global id of a programme, by which the API knows it.
	ProgrammeID func(uuid.UUID) string

	client *http.Client
}

// NewPoster makes a poster that reaches what it may.
func NewPoster(store Store, sealer Sealer, clock domain.Clock, reach Reach, programmeID func(uuid.UUID) string) *Poster {
	dialer := &net.Dialer{Timeout: connectBound, Control: reach.control}
	return &Poster{Store: store, Sealer: sealer, Clock: clock, ProgrammeID: programmeID, client: &http.Client{
		Timeout: postBound,
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: connectBound, ResponseHeaderTimeout: postBound, DisableKeepAlives: true,
			MaxResponseHeaderBytes: 16 << 10, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// body is what a webhook gets.
type body struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"` // when the delivery was made
	Data      data      `json:"data"`
}

type data struct {
	Region  string  `json:"region"`
	Notices []entry `json:"notices"`
}

type entry struct {
	ID         uuid.UUID         `json:"id"`
	Kind       domain.NoticeKind `json:"kind"`
	At         time.Time         `json:"at"`
	Programme  *programme        `json:"programme"`
	Stage      *domain.Stage     `json:"stage,omitempty"`
	OffsetDays *int              `json:"offsetDays,omitempty"`
	Level      *domain.Level     `json:"level,omitempty"`
	DueOn      *domain.Date      `json:"dueOn,omitempty"`
	RuleSet    *string           `json:"ruleSet,omitempty"`
	Rule       *string           `json:"rule,omitempty"`
	ExpiresOn  *domain.Date      `json:"expiresOn,omitempty"`
	Message    domain.Text       `json:"message"`
}

type programme struct {
	ID     string `json:"id"`
	Code   string `json:"code"`
	Title  string `json:"title"`
	Region string `json:"region"`
}

// Send posts a delivery to its webhook.
func (p *Poster) Send(ctx context.Context, d *domain.Delivery) error {
	w, sealed, err := p.Store.Webhook(ctx, *d.WebhookID)
	switch {
	case err != nil:
		return err
	case w == nil:
		return nil // and with it the delivery
	case !w.Active:
		return deliver.Permanent(errors.New("the webhook is not active"))
	}
	secret, err := p.Sealer.Open(w.ID, sealed)
	if err != nil {
		return deliver.Permanent(err)
	}
	all, err := p.Store.InMessage(ctx, d.ID, noticesBound)
	if err != nil {
		return err
	}
	content, err := json.Marshal(p.body(d, w, all))
	if err != nil {
		return deliver.Permanent(err)
	}
	status, after, err := p.post(ctx, w.URL, d.ID, secret, content)
	switch {
	case err != nil:
		return unreached(err)
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusGone:
		if err := p.Store.Deactivate(ctx, w.ID, p.Clock.Now()); err != nil {
			return err
		}
		return deliver.Permanent(errors.New("the receiver answered 410 Gone; the webhook is no longer active"))
	}
	failed := fmt.Errorf("the receiver answered %d %s", status, http.StatusText(status))
	if after > 0 {
		return deliver.Later(failed, after)
	}
	return failed
}

// body says what is in a delivery. Of a programme that has gone out of the webhook's region since it says nothing.
func (p *Poster) body(d *domain.Delivery, w *domain.Webhook, all []domain.Notice) body {
	b := body{Type: "notices", Timestamp: d.CreatedAt, Data: data{Region: w.RegionCode, Notices: []entry{}}}
	for i := range all {
		n := &all[i]
		e := entry{ID: n.ID, Kind: n.Kind, At: n.CreatedAt, Message: notices.Unseen}
		if domain.Under(n.Region, w.RegionCode) {
			e.Programme = &programme{ID: p.ProgrammeID(n.Programme), Code: n.Code, Title: n.Title, Region: n.Region}
			e.Stage, e.Level, e.DueOn, e.RuleSet, e.Rule, e.ExpiresOn, e.Message = &n.Stage, n.Level, n.DueOn, n.RuleSet, n.Rule, n.ExpiresOn, notices.Message(n)
			if n.RuleSet == nil {
				e.OffsetDays = &n.OffsetDays
			}
		}
		b.Data.Notices = append(b.Data.Notices, e)
	}
	return b
}

// post sends a message and gives the status of the answer and how long it asks to be left alone.
func (p *Poster) post(ctx context.Context, to string, delivery uuid.UUID, secret Secret, content []byte) (status int, after time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(content))
	if err != nil {
		return 0, 0, err
	}
	now, id := p.Clock.Now(), delivery.String()
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Berdaya-Webhooks/1")
	r.Header.Set("webhook-id", id)
	r.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	r.Header.Set("webhook-signature", secret.Sign(id, now, content))
	answer, err := p.client.Do(r)
	if err != nil {
		return 0, 0, err
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, answerBound)
	return answer.StatusCode, retryAfter(answer.Header.Get("Retry-After"), now), nil
}

// retryAfter reads seconds or a date; 0 for neither.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseInt(header, 10, 32); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// errNowhere is all that is said of a name that leads nowhere webhooks may go. Whether it is known at all, or known inside and
// leading to a private network, must not show: whoever may enter webhooks could otherwise try out which names there are inside.
var errNowhere = errors.New("the receiver could not be reached: its name leads to no address that everybody can reach; check the name, " +
	"and where the receiver is in a private network ask whoever runs this server to allow those")

// unreached says why nobody answered, without addresses; the receiver's may have a key in it.
func unreached(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if _, unknown := errors.AsType[*net.DNSError](err); unknown || errors.Is(err, errPrivate) {
		return errNowhere
	}
	return fmt.Errorf("the receiver could not be reached: %w", deliver.Unreached(err))
}
