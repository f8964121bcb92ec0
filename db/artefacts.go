package db

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/berdaya/berdaya/domain"
)

// AddArtefact writes content of so many bytes with this SHA-256 in hexadecimal, a chunk at a time, unless it is there already. In a
// transaction, nobody removes it until that ends.
func (c Catalogue) AddArtefact(ctx context.Context, sha256 string, size int64, at time.Time, content io.Reader) error {
	done, err := c.In(ctx).ExecContext(ctx, `insert into rule_set_artefacts (sha256, created_at, size) values (?, ?, ?) on conflict do nothing`, sha256, at, size)
	if err != nil {
		return Coded(err)
	}
	added, err := done.RowsAffected()
	if err != nil {
		return err
	}
	if added == 0 {
		removed, err := c.holdArtefact(ctx, sha256)
		if err != nil || !removed {
			return err
		}
		if _, err := c.In(ctx).ExecContext(ctx, `update rule_set_artefacts set removed_at = null where sha256 = ?`, sha256); err != nil {
			return Coded(err)
		}
	}
	chunk := make([]byte, domain.ArtefactChunk)
	for number := 0; size > 0; number++ {
		part := chunk[:min(size, domain.ArtefactChunk)]
		if _, err := io.ReadFull(content, part); err != nil {
			return err
		}
		if _, err := c.In(ctx).ExecContext(ctx, `insert into rule_set_artefact_chunks (sha256, number, content) values (?, ?, ?)`, sha256, number, part); err != nil {
			return Coded(err)
		}
		size -= int64(len(part))
	}
	return nil
}

// holdArtefact tells whether content was removed, and lets nobody else remove or store it until the transaction ends.
func (c Catalogue) holdArtefact(ctx context.Context, sha256 string) (removed bool, err error) {
	err = c.In(ctx).NewRaw(`select removed_at is not null from rule_set_artefacts where sha256 = ? for no key update`, sha256).Scan(ctx, &removed)
	return removed, Coded(err)
}

// Stored gives an error where the content with a SHA-256 in hexadecimal is not there: NOT_FOUND, which says so where it was removed.
func (c Catalogue) Stored(ctx context.Context, sha256 string) error {
	_, err := c.chunks(ctx, sha256)
	return err
}

// chunks gives in how many chunks content is stored.
func (c Catalogue) chunks(ctx context.Context, sha256 string) (n int, err error) {
	var removed *time.Time
	err = c.DB.Pool.QueryRow(ctx, `select (select count(*) from rule_set_artefact_chunks c where c.sha256 = a.sha256), removed_at from rule_set_artefacts a where sha256 = $1`, sha256).Scan(&n, &removed)
	switch there, err := found(Coded(err)); {
	case err != nil:
		return 0, err
	case !there:
		return 0, domain.Errorf(domain.CodeNotFound, "no content has the SHA-256 %.64s", sha256).In("tidak ada isi dengan SHA-256 itu")
	case removed != nil:
		on := removed.UTC().Format(time.DateOnly)
		return 0, domain.Errorf(domain.CodeNotFound, "the content was removed on %s, long after its version had failed its check or was withdrawn; what failed can be uploaded again", on).
			In(fmt.Sprintf("isinya telah dihapus pada %s, lama setelah versinya gagal diperiksa atau ditarik; yang gagal dapat diunggah lagi", on))
	}
	return n, nil
}

// Artefact writes the content with a SHA-256 in hexadecimal, a chunk at a time. Errors as those of Stored. Whoever reads checks the
// sum.
func (c Catalogue) Artefact(ctx context.Context, sha256 string, to io.Writer) error {
	chunks, err := c.chunks(ctx, sha256)
	if err != nil {
		return err
	}
	for number := range chunks {
		var content []byte
		if err := c.DB.Pool.QueryRow(ctx, `select content from rule_set_artefact_chunks where sha256 = $1 and number = $2`, sha256, number).Scan(&content); err != nil {
			return Coded(err)
		}
		if _, err := to.Write(content); err != nil {
			return err
		}
	}
	return nil
}

// unneeded is the condition that nobody needs content a any more: each version that has it failed or was withdrawn before an instant, and
// none may bind a programme, is being tried, or runs on a server. Such a version can only come back by an upload of the same.
const unneeded = `a.removed_at is null and exists (select from rule_set_versions v where v.sha256 = a.sha256)
	and not exists (select from rule_set_versions v join rule_sets r on r.id = v.rule_set_id where v.sha256 = a.sha256 and (v.state not in ('FAILED', 'WITHDRAWN') or v.updated_at >= ?
		or exists (select from rule_activations x where x.rule_set_version_id = v.id and x.ended_at is null)
		or exists (select from rule_trials t where t.rule_set_id = v.rule_set_id and t.rule_set_version_id = v.id and t.state = 'RUNNING')
		or exists (select from rule_processes p where p.rule_set = r.name and p.version = v.version)))`

// Unneeded gives the SHA-256 of content that nobody has needed since before an instant, sorted, after one and at most so many.
func (c Catalogue) Unneeded(ctx context.Context, before time.Time, after string, most int) (sums []string, err error) {
	err = c.In(ctx).NewRaw(`select a.sha256 from rule_set_artefacts a where a.sha256 > ? and `+unneeded+` order by a.sha256 limit ?`, after, before, most).Scan(ctx, &sums)
	return sums, Coded(err)
}

// RemoveArtefact removes content that nobody has needed since before an instant, and tells whether it did.
func (c Catalogue) RemoveArtefact(ctx context.Context, sha256 string, before, at time.Time) (done bool, err error) {
	err = c.Transact(ctx, func(ctx context.Context) error {
		done = false
		if removed, err := c.holdArtefact(ctx, sha256); err != nil || removed {
			return err
		}
		// Only a statement that begins when the row is held sees what was written by whoever held it before.
		changed, err := c.In(ctx).ExecContext(ctx, `update rule_set_artefacts a set removed_at = ? where a.sha256 = ? and `+unneeded, at, sha256, before)
		if err != nil {
			return Coded(err)
		}
		if n, err := changed.RowsAffected(); err != nil || n == 0 {
			return err
		}
		_, err = c.In(ctx).ExecContext(ctx, `delete from rule_set_artefact_chunks where sha256 = ?`, sha256)
		done = err == nil
		return Coded(err)
	})
	return done && err == nil, err
}
