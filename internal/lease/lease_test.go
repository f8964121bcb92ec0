package lease_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/lease"
)

func TestALeaseIsRenewedWhileTheWorkLastsAndIsLostOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began, renewed, lost := time.Now(), []time.Duration{}, 0
		longest := time.Duration(0)
		renew := func(context.Context) (bool, error) {
			renewed = append(renewed, time.Since(began))
			switch n := len(renewed); {
			case n == 2:
				return false, errors.New("the database is away") // nobody knows whether it is lost
			case n == 5:
				return false, nil
			}
			return true, nil
		}
		lease.While(t.Context(), renew, func() { lost++ }, func() { time.Sleep(time.Minute) })
		for i := 1; i < len(renewed); i++ {
			longest = max(longest, renewed[i]-renewed[i-1])
		}
		if len(renewed) != 5 || lost != 1 || time.Since(began) != time.Minute || 2*longest >= lease.For {
			t.Error(renewed, lost, time.Since(began))
		}
	})
}

func TestNothingIsRenewedAnyMoreWhenTheWorkHasEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		renewed := 0
		renew := func(context.Context) (bool, error) { renewed++; return true, nil }
		lease.While(t.Context(), renew, func() { t.Error("lost") }, func() { time.Sleep(5 * time.Second) })
		before := renewed
		time.Sleep(time.Hour)
		if renewed != before || before == 0 {
			t.Error(before, renewed)
		}
	})
}

func TestAPersonReadsWhatIsTheirsToReadOfAnError(t *testing.T) {
	t.Parallel()
	if why := lease.Why(domain.Errorf(domain.CodeUnavailable, "not now").In("belum")); why != (domain.Text{EN: "not now", ID: "belum"}) {
		t.Error(why)
	}
	for _, ours := range []error{errors.New("secret"), domain.Errorf(domain.CodeInternal, "secret")} {
		if why := lease.Why(ours); why.EN == "" || why.ID == "" || why.EN == "secret" {
			t.Error(why)
		}
	}
}
