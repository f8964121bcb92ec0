package workflow

import "github.com/google/uuid"

// Publication says that a notice is to go to a webhook.
type Publication struct {
	Notice, Webhook uuid.UUID
	Region          string // the webhook's
}
