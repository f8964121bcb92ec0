package graph

import (
	"github.com/berdaya/berdaya/graph/generated"
	"github.com/berdaya/berdaya/internal/bulk"
	"github.com/berdaya/berdaya/internal/content"
	"github.com/berdaya/berdaya/internal/decisions"
	"github.com/berdaya/berdaya/internal/definitions"
	"github.com/berdaya/berdaya/internal/deliver"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/internal/notices"
	"github.com/berdaya/berdaya/internal/offline"
	"github.com/berdaya/berdaya/internal/programmes"
	"github.com/berdaya/berdaya/internal/regions"
	"github.com/berdaya/berdaya/internal/registry"
	"github.com/berdaya/berdaya/internal/rulesets"
	"github.com/berdaya/berdaya/internal/standstill"
	"github.com/berdaya/berdaya/internal/trials"
	"github.com/berdaya/berdaya/internal/webhooks"
)

// Resolver answers what the read path does not: who is asking, and commands.
type Resolver struct {
	Registry    registry.Registry
	Programmes  programmes.Programmes
	Content     content.Writer
	Moves       *moving.Moves
	Transfers   regions.Transfers
	Bulk        *bulk.Bulk
	BulkWatch   *bulk.Watch
	Offline     offline.Lists
	Diagrams    standstill.Diagrams
	Definitions definitions.Definitions
	Inbox       notices.Inbox
	Webhooks    *webhooks.Webhooks
	Deliveries  *deliver.Deliveries
	RuleSets    *rulesets.RuleSets
	Decisions   *decisions.Log
	Trials      *trials.Trials
	TrialWatch  *bulk.Watch
	Processes   *rulesets.Processes
}

// Query gives the resolvers of queries.
func (r *Resolver) Query() generated.QueryResolver {
	return query{diagrams: r.Diagrams, definitions: r.Definitions, processes: r.Processes}
}
