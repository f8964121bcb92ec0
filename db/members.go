package db

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"github.com/berdaya/berdaya/domain"
)

// Member gives the member with this subject, with their roles but without the roles' regions; nil where there is none.
func (d *DB) Member(ctx context.Context, subject string) (*domain.Member, error) {
	// It is asked with every request, so it is one prepared statement.
	rows, err := d.Pool.Query(ctx, `select m.id, m.created_at, m.updated_at, m.name, m.email, m.locale, r.role, r.region_code
		from members m left join member_roles r on r.subject = m.subject where m.subject = $1 order by r.role, r.region_code`, subject)
	if err != nil {
		return nil, Coded(err)
	}
	var found *domain.Member
	var m domain.Member
	var role *domain.Role
	var region *string
	_, err = pgx.ForEachRow(rows, []any{&m.ID, &m.CreatedAt, &m.UpdatedAt, &m.Name, &m.Email, &m.Locale, &role, &region}, func() error {
		if found == nil {
			one := m
			one.Subject = subject
			found = &one
		}
		if role != nil {
			found.Roles = append(found.Roles, &domain.MemberRole{Subject: subject, Role: *role, RegionCode: *region})
		}
		return nil
	})
	return found, Coded(err)
}

// EnsureMember puts a member with their roles there, each row only where there is none for the same subject, or the same
// subject, role and region. The error has CodeNotFound where a role's region is not there.
func (d *DB) EnsureMember(ctx context.Context, m *domain.Member) error {
	return d.Transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewInsert().Model(m).On("conflict (subject) do nothing").Exec(ctx); err != nil {
			return err
		}
		if len(m.Roles) == 0 {
			return nil
		}
		_, err := tx.NewInsert().Model(&m.Roles).On("conflict (subject, role, region_code) do nothing").Exec(ctx)
		return err
	})
}
