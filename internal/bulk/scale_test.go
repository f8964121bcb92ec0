package bulk_test

import (
	"os"
	"testing"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/bulk"
)

// TestAThousandProgrammesMove is ten thousand in the long tier, and prints how fast it was.
func TestAThousandProgrammesMove(t *testing.T) {
	t.Parallel()
	n := 1_000
	if os.Getenv("BERDAYA_LONG") != "" {
		n = domain.MaxBulk
	}
	o := newOffice(t)
	o.rules.says = refusing(func(p *domain.Programme) bool { return p.Code[len(p.Code)-2:] == "77" })
	ids := o.programmes(t, "32.04", n)
	o.exec(t, "analyze programmes")
	at := time.Now()
	lap := func(what string) {
		took := time.Since(at)
		t.Logf("%s: %d programmes in %v, %.0f a second", what, n, took.Round(time.Millisecond), float64(n)/took.Seconds())
		at = time.Now()
	}
	id := o.begin(t, ani, bulk.Command{ProgrammeIDs: ids, Move: domain.Advance, DryRun: true})
	lap("captured")
	o.finish(t, id)
	lap("checked")
	checked := o.get(t, id)
	if checked.Allowed != n-n/100 || checked.Refused != n/100 {
		t.Fatalf("%+v", checked)
	}
	at = time.Now()
	if err := o.direct(t, o.bulk.Run, id); err != nil {
		t.Fatal(err)
	}
	o.finish(t, id)
	lap("moved")
	row := o.get(t, id)
	if row.State != domain.BulkCompleted || row.Moved != checked.Allowed || row.Refused != checked.Refused {
		t.Errorf("%+v", row)
	}
	if moved := o.count(t, "select count(*) from programme_events where move = 'ADVANCE'"); moved != row.Moved {
		t.Errorf("%d events, %d moved", moved, row.Moved)
	}
	if items := o.count(t, "select count(*) from bulk_move_items where bulk_move_id = ? and outcome in ('MOVED', 'REFUSED')", id); items != n {
		t.Errorf("%d results", items)
	}
}
