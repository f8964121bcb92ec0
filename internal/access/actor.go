// Package access decides who sees and does what. It is pure: it looks at an actor's grants and at the region that governs a
// thing, asks nobody, and is the one place that knows what a role may do. The read path turns its answers into SQL; every use
// case asks it before it writes. What is not granted is denied.
package access

import (
	"slices"

	"github.com/berdaya/berdaya/domain"
)

// Actor is who asks: a signed-in member with what they were granted.
type Actor struct {
	Subject string // what the token carries; "" for nobody
	Name    string
	Locale  domain.Locale // the language they are answered in
	Grants  []Grant
}

// Grant is a role in a region and all below it.
type Grant struct {
	Role   domain.Role
	Region string
}

// SignedIn tells whether anybody is asking.
func (a Actor) SignedIn() bool { return a.Subject != "" }

// Scope is a set of regions, each with all below it, none below another, sorted. An empty scope contains nothing; a scope
// with the nation contains everything.
type Scope []string

// NewScope makes a scope of these regions.
func NewScope(regions ...string) Scope {
	var s Scope
	for _, r := range regions {
		if !slices.ContainsFunc(regions, func(o string) bool { return o != r && domain.Under(r, o) }) && !slices.Contains(s, r) {
			s = append(s, r)
		}
	}
	slices.Sort(s)
	return s
}

// Contains tells whether the region lies in the scope.
func (s Scope) Contains(region string) bool {
	return slices.ContainsFunc(s, func(r string) bool { return domain.Under(region, r) })
}

// Everywhere tells whether the scope is the whole nation.
func (s Scope) Everywhere() bool { return len(s) == 1 && s[0] == domain.NationCode }

// Within gives the part of the scope that lies in the region and below it.
func (s Scope) Within(region string) Scope {
	var in []string
	for _, r := range s {
		switch {
		case domain.Under(region, r):
			in = append(in, region)
		case domain.Under(r, region):
			in = append(in, r)
		}
	}
	return NewScope(in...)
}

// ScopeOf gives where the actor has one of these roles; with none named, any role.
func (a Actor) ScopeOf(roles ...domain.Role) Scope {
	var regions []string
	for _, g := range a.Grants {
		if len(roles) == 0 || slices.Contains(roles, g.Role) {
			regions = append(regions, g.Region)
		}
	}
	return NewScope(regions...)
}

// Reads gives where the actor sees communities, programmes and stakeholders: every role reads.
func (a Actor) Reads() Scope { return a.ScopeOf() }

// PersonalData says whose personal data the actor sees.
type PersonalData struct {
	In            Scope // of everybody in these regions
	OwnProgrammes Scope // of programmes in these regions whose coordinator is the actor
	OwnTrainings  Scope // of participants of trainings in these regions whose facilitator is the actor
}

// PersonalData gives whose personal data the actor sees.
func (a Actor) PersonalData() PersonalData {
	return PersonalData{
		In:            a.ScopeOf(domain.RegionalAdmin, domain.NationalAdmin, domain.Auditor),
		OwnProgrammes: a.ScopeOf(domain.Coordinator),
		OwnTrainings:  a.ScopeOf(domain.Facilitator, domain.Coordinator),
	}
}
