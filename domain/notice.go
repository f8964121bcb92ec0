package domain

import (
	"time"

	"github.com/google/uuid"
)

// NoticeKind is what somebody is told of.
type NoticeKind string

// The kinds of notices: timers that went off, and what became of waivers.
const (
	NoticeCheckpoint      NoticeKind = "CHECKPOINT"
	NoticeReminder        NoticeKind = "REMINDER"
	NoticeOverdue         NoticeKind = "OVERDUE"
	NoticeEscalation      NoticeKind = "ESCALATION"
	NoticeWaiverRequested NoticeKind = "WAIVER_REQUESTED"
	NoticeWaiverGranted   NoticeKind = "WAIVER_GRANTED"
	NoticeWaiverRefused   NoticeKind = "WAIVER_REFUSED"
	NoticeWaiverRevoked   NoticeKind = "WAIVER_REVOKED"
)

// NoticeKinds lists the kinds of notices, the most urgent first.
var NoticeKinds = Enum{
	{"ESCALATION", Text{"Escalation", "Eskalasi"}},
	{"OVERDUE", Text{"Overdue", "Lewat tenggat"}},
	{"WAIVER_REQUESTED", Text{"Waiver requested", "Pengecualian diajukan"}},
	{"REMINDER", Text{"Reminder", "Pengingat"}},
	{"CHECKPOINT", Text{"Checkpoint", "Titik periksa"}},
	{"WAIVER_REVOKED", Text{"Waiver revoked", "Pengecualian dicabut"}},
	{"WAIVER_REFUSED", Text{"Waiver refused", "Pengecualian ditolak"}},
	{"WAIVER_GRANTED", Text{"Waiver granted", "Pengecualian dikabulkan"}},
}

// Urgency gives the place of a kind among all, 0 being the most urgent.
func (k NoticeKind) Urgency() int { return NoticeKinds.find(string(k)) }

// Notice is what there is to tell of an event. What it says is made from it when it is read, in the reader's language.
type Notice struct {
	ID         uuid.UUID // that of the event, of a timer or of a programme
	CreatedAt  time.Time
	Kind       NoticeKind
	Programme  uuid.UUID
	Code       string // the programme's, as it is now, like the next three
	Title      string
	Region     string // its code
	RegionName string
	Stage      Stage
	OffsetDays int     // timers: days after entering the stage (CHECKPOINT), before its due date (REMINDER), or after it
	Level      *Level  // ESCALATION
	DueOn      *Date   // timers: when the stage was due, as it was then
	RuleSet    *string // waivers: which rule they are for
	Rule       *string
	ExpiresOn  *Date // waivers
}

// Notification is that a member is told a notice.
type Notification struct {
	ID          uuid.UUID  `bun:"id,pk,type:uuid"`
	CreatedAt   time.Time  `bun:"created_at"`
	Recipient   string     `bun:"recipient"` // the subject
	NoticeID    uuid.UUID  `bun:"notice_id,type:uuid"`
	Kind        NoticeKind `bun:"kind"` // the notice's, like the programme
	ProgrammeID uuid.UUID  `bun:"programme_id,type:uuid"`
	ReadAt      *time.Time `bun:"read_at"`
	DeliveryID  *uuid.UUID `bun:"delivery_id,type:uuid"` // the digest that it went out with

	Programme *Programme `bun:"rel:belongs-to,join:programme_id=id"`
}

// Channel is a way out of Berdaya.
type Channel string

// The channels.
const (
	Email          Channel = "EMAIL"
	WebhookChannel Channel = "WEBHOOK"
)

// Channels lists the channels.
var Channels = Enum{
	{"EMAIL", Text{"E-mail", "Surel"}},
	{"WEBHOOK", Text{"Webhook", "Webhook"}},
}

// DeliveryState is where a delivery stands.
type DeliveryState string

// The states of a delivery. One that is dead is not tried again unless somebody says so.
const (
	DeliveryPending DeliveryState = "PENDING"
	DeliverySent    DeliveryState = "SENT"
	DeliveryDead    DeliveryState = "DEAD"
)

// DeliveryStates lists the states of a delivery.
var DeliveryStates = Enum{
	{"PENDING", Text{"Pending", "Menunggu"}},
	{"SENT", Text{"Sent", "Terkirim"}},
	{"DEAD", Text{"Given up", "Gagal terkirim"}},
}

// Delivery is one message to one receiver. It may be sent more than once, always with the same id.
type Delivery struct {
	Record
	RegionCode    string        `bun:"region_code"` // the webhook's, or the least that has all of the member's roles
	Channel       Channel       `bun:"channel"`
	Recipient     *string       `bun:"recipient"` // EMAIL: the subject
	DigestOn      *Date         `bun:"digest_on"` // EMAIL: the day whose digest it is
	WebhookID     *uuid.UUID    `bun:"webhook_id,type:uuid"`
	State         DeliveryState `bun:"state"`
	Attempts      int           `bun:"attempts"`        // since it was made or last retried by hand; one that runs counts
	LastError     *string       `bun:"last_error"`      // of the last attempt that failed
	NextAttemptAt *time.Time    `bun:"next_attempt_at"` // while it is pending
	SentAt        *time.Time    `bun:"sent_at"`

	Region  *Region  `bun:"rel:belongs-to,join:region_code=code"`
	Webhook *Webhook `bun:"rel:belongs-to,join:webhook_id=id"`
}

// Webhook is where a region is told over HTTP what its programmes, and those of the regions below, give notice of. Its secret
// is not part of it: nothing reads that but what signs.
type Webhook struct {
	Record
	RegionCode  string `bun:"region_code"`
	URL         string `bun:"url"`
	Description string `bun:"description"`
	Active      bool   `bun:"active"`
	CreatedBy   string `bun:"created_by"` // the subject

	Region *Region `bun:"rel:belongs-to,join:region_code=code"`
}

// Of webhooks.
const (
	MaxWebhookURL         = 2000
	MaxWebhookDescription = 1000
)

// Validate gives what is wrong with a webhook, but for where its address leads: that is for whoever sends to judge.
func (w *Webhook) Validate(Date) Problems {
	c := new(checks)
	c.region("regionCode", w.RegionCode)
	c.words("url", w.URL, MaxWebhookURL)
	c.text("description", w.Description, MaxWebhookDescription)
	return c.problems
}
