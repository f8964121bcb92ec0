package workflow

import "github.com/google/uuid"

// Undelivered is a member who is to have a digest.
type Undelivered struct {
	Subject string
	Regions []string `bun:",array"` // of their roles
}

// Publication says that a notice is to go to a webhook.
type Publication struct {
	Notice, Webhook uuid.UUID
	Region          string // the webhook's
}
