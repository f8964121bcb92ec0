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

// Notification is that a member is told of something. What it says is made from the event when it is read, in the reader's
// language, and not stored.
type Notification struct {
	ID          uuid.UUID  `bun:"id,pk,type:uuid"`
	CreatedAt   time.Time  `bun:"created_at"`
	Recipient   string     `bun:"recipient"`           // the subject
	NoticeID    uuid.UUID  `bun:"notice_id,type:uuid"` // the id of the event, that of a timer or of a programme
	Kind        NoticeKind `bun:"kind"`
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
	Channel       Channel       `bun:"channel"`
	Recipient     *string       `bun:"recipient"` // EMAIL: the subject
	DigestOn      *Date         `bun:"digest_on"` // EMAIL: the day whose digest it is
	WebhookID     *uuid.UUID    `bun:"webhook_id,type:uuid"`
	State         DeliveryState `bun:"state"`
	Attempts      int           `bun:"attempts"` // since it was made, or since it was last retried by hand
	LastError     *string       `bun:"last_error"`
	NextAttemptAt *time.Time    `bun:"next_attempt_at"` // while it is pending
	SentAt        *time.Time    `bun:"sent_at"`
}

// Webhook is where a region wants to be told over HTTP what its programmes, and those of the regions below, are reminded of.
type Webhook struct {
	Record
	RegionCode  string `bun:"region_code"`
	URL         string `bun:"url"`
	Description string `bun:"description"`
	Active      bool   `bun:"active"`
	Secret      []byte `bun:"secret"` // sealed; it is never read out
	CreatedBy   string `bun:"created_by"`
}
