package graph

import "github.com/berdaya/berdaya/graph/generated"

// Resolver answers what the read path does not: who is asking, and commands.
type Resolver struct{}

// Query gives the resolvers of queries.
func (r *Resolver) Query() generated.QueryResolver { return query{} }
