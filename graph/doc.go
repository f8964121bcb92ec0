// Package graph answers GraphQL. Stored data is answered by the read path, package read, wherever the schema says @stored; the
// resolvers here carry commands to the use cases and say who is asking.
package graph
