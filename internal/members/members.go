package members

import (
	"context"
	"strings"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/expiring"
)

// Of what is remembered.
const (
	remembered     = 5 * time.Second
	rememberedMost = 10_000
)

// Store keeps members.
type Store interface {
	// Member gives the member with this subject and their roles; nil where there is none.
	Member(ctx context.Context, subject string) (*domain.Member, error)
	// EnsureMember puts a member and their roles there where they are not there yet; CodeNotFound where a region is missing.
	EnsureMember(ctx context.Context, m *domain.Member) error
}

// Members resolves subjects. It is safe for use by many at once.
type Members struct {
	store Store
	clock domain.Clock
	ids   domain.IDs
	known *expiring.Map[string, access.Actor]
}

// New makes one on a store.
func New(store Store, clock domain.Clock, ids domain.IDs) *Members {
	return &Members{store: store, clock: clock, ids: ids, known: expiring.New[string, access.Actor](rememberedMost)}
}

// Resolve gives the actor with a subject, as the database knew it at most five seconds ago. The error has CodeUnauthenticated
// where there is no such member. The actor's grants must not be changed.
func (m *Members) Resolve(ctx context.Context, subject string) (access.Actor, error) {
	now := m.clock.Now()
	if actor, ok := m.known.Get(subject, now); ok {
		return actor, nil
	}
	member, err := m.store.Member(ctx, subject)
	if err != nil {
		return access.Actor{}, err
	}
	if member == nil {
		return access.Actor{}, domain.Errorf(domain.CodeUnauthenticated, "the token is valid, but its subject is no member: ask an admin to add you").
			In("token sah, tetapi pemiliknya belum menjadi anggota: minta admin menambahkan Anda")
	}
	actor := access.Actor{Subject: subject, Name: member.Name, Locale: member.Locale}
	for _, r := range member.Roles {
		actor.Grants = append(actor.Grants, access.Grant{Role: r.Role, Region: r.RegionCode})
	}
	m.known.Put(subject, actor, now.Add(remembered), now)
	return actor, nil
}

// EnsureDevelopment makes sure that there is a member for trying out a role in a region, and gives its subject. The errors
// have CodeBadUserInput for a role that does not exist and CodeNotFound for a region that does not.
func (m *Members) EnsureDevelopment(ctx context.Context, role domain.Role, region string) (subject string, err error) {
	if _, err := ParseRole(string(role)); err != nil {
		return "", err
	}
	subject = "dev-" + Word(role) + "-" + region
	now := m.clock.Now()
	record := func() domain.Record { return domain.Record{ID: m.ids.New(), CreatedAt: now, UpdatedAt: now} }
	err = m.store.EnsureMember(ctx, &domain.Member{
		Record: record(), Subject: subject, Name: domain.Roles.Label(string(role), domain.Indonesian) + " " + region, Locale: domain.Indonesian,
		Roles: []*domain.MemberRole{{Record: record(), Subject: subject, Role: role, RegionCode: region}},
	})
	if domain.CodeOf(err) == domain.CodeNotFound {
		return "", domain.Errorf(domain.CodeNotFound, "there is no region %q: give a code such as 32.73, or ID for the nation", region).
			In("wilayah " + region + " tidak ada: pakai kode seperti 32.73, atau ID untuk nasional").Because(err)
	}
	return subject, err
}

// Word gives a role as it is written on a command line and in subjects: regional-admin.
func Word(r domain.Role) string { return strings.ToLower(strings.ReplaceAll(string(r), "_", "-")) }

// ParseRole reads a role, written either way. The error has CodeBadUserInput and lists the roles.
func ParseRole(word string) (domain.Role, error) {
	var words []string
	for _, r := range domain.Roles {
		role := domain.Role(r.Code)
		if word == string(role) || word == Word(role) {
			return role, nil
		}
		words = append(words, Word(role))
	}
	return "", domain.Errorf(domain.CodeBadUserInput, "%q is no role; the roles are %s", word, strings.Join(words, ", "))
}
