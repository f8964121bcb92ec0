package mail

import (
	"context"
	"errors"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/deliver"
	"github.com/berdaya/berdaya/internal/notices"
)

// noticesRead is how many notices are looked at for one digest.
const noticesRead = 1000

// Store is what this package needs of the database.
type Store interface {
	// Member gives the member with this subject and their roles; nil where there is none.
	Member(ctx context.Context, subject string) (*domain.Member, error)
	// InDigest gives the notices of a digest, the newest first.
	InDigest(ctx context.Context, d *domain.Delivery, limit int) ([]domain.Notice, error)
	// WantsEmail tells whether a member wants e-mail.
	WantsEmail(ctx context.Context, subject string) (bool, error)
}

// Digests is the channel by which members get their digests.
type Digests struct {
	Store    Store
	Settings Settings
}

// Send writes a digest for what the member still sees, in their language, and sends it. Where nothing is left to be said, or
// the member has come to want no e-mail, nothing is sent, and that is no failure.
func (g Digests) Send(ctx context.Context, d *domain.Delivery) error {
	m, err := g.Store.Member(ctx, *d.Recipient)
	if err != nil {
		return err
	}
	if m == nil || m.Email == nil || *m.Email == "" {
		return deliver.Permanent(errors.New("the member has no e-mail address"))
	}
	wants, err := g.Store.WantsEmail(ctx, m.Subject)
	if err != nil || !wants {
		return err
	}
	all, err := g.Store.InDigest(ctx, d, noticesRead)
	if err != nil {
		return err
	}
	var reader access.Actor
	for _, r := range m.Roles {
		reader.Grants = append(reader.Grants, access.Grant{Role: r.Role, Region: r.RegionCode})
	}
	sees := reader.Reads()
	var seen []domain.Notice
	for _, n := range all {
		if sees.Contains(n.Region) {
			seen = append(seen, n)
		}
	}
	if len(seen) == 0 {
		return nil
	}
	return g.Settings.Send(ctx, Message{Delivery: d.ID, At: d.CreatedAt, To: *m.Email, Locale: m.Locale,
		Digest: notices.NewDigest(seen, len(seen), *d.DigestOn, m.Locale)})
}
