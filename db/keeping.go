package db

import (
	"context"
	"fmt"
	"time"
)

// removal is a statement and the index that it begins at, which has what is oldest first.
type removal struct{ Index, Query string }

// removals are the statements that remove what was over before $1, the oldest first and at most $2 rows. What somebody else
// holds at the moment is left for later.
var removals = map[string]removal{
	"dry-runs": {"bulk_moves_checked", `update bulk_moves set state = 'CANCELLED', finished_at = now(), updated_at = now(), revision = revision + 1
		where id in (select id from bulk_moves where state = 'CHECKED' and updated_at < $1 order by updated_at limit $2 for update skip locked)`},
	"bulk-results": {"bulk_moves_finished", `delete from bulk_move_items where id in (select i.id from bulk_moves b join bulk_move_items i on i.bulk_move_id = b.id
		where b.finished_at < $1 order by b.finished_at limit $2 for update of i skip locked)`},
	"drafts": {"drafts_settled", `delete from drafts where id in (select id from drafts where settled_at < $1 order by settled_at limit $2 for update skip locked)`},
	"sent": {"deliveries_sent", `delete from deliveries where id in (select id from deliveries where state = 'SENT' and sent_at < $1
		order by sent_at limit $2 for update skip locked)`},
	// One that was given up again after a retry has a later time of change, and stays.
	"dead": {"deliveries_dead", `delete from deliveries where id in (select id from deliveries where state = 'DEAD' and created_at < $1 and updated_at < $1
		order by created_at limit $2 for update skip locked)`},
	"read": {"notifications_read", `delete from notifications where id in (select n.id from notifications n where n.read_at < $1 and ` + notUnsent + `
		order by n.read_at limit $2 for update of n skip locked)`},
	"notifications": {"notifications_oldest", `delete from notifications where id in (select n.id from notifications n where n.created_at < $1 and ` + notUnsent + `
		order by n.created_at limit $2 for update of n skip locked)`},
	"notices": {"notices_oldest", `delete from notices where id in (select n.id from notices n where n.created_at < $1 and n.published
		and not exists (select from notifications m where m.notice_id = n.id) and not exists (select from webhook_notices w where w.notice_id = n.id)
		order by n.created_at limit $2 for update of n skip locked)`},
}

// notUnsent leaves out notifications of a digest that is yet to go out: it would go out without them.
const notUnsent = `not exists (select from deliveries d where d.id = n.delivery_id and d.state <> 'SENT')`

// RemoveOld removes what was over before an instant, the oldest first and at most so many rows, and gives how many. What there
// is to remove is in package keeping.
func (c Commands) RemoveOld(ctx context.Context, what string, before time.Time, most int) (int, error) {
	r, ok := removals[what]
	if !ok {
		return 0, fmt.Errorf("nothing is known of %q that could be removed", what)
	}
	done, err := c.DB.Pool.Exec(ctx, r.Query, before, most)
	return int(done.RowsAffected()), Coded(err)
}
