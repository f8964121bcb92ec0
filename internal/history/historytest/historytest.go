// Package historytest checks in tests what `berdaya history verify` checks for whoever runs a server.
package historytest

import (
	"context"
	"testing"

	"github.com/berdaya/berdaya/internal/history"
	"github.com/berdaya/berdaya/workflow"
)

// Broken gives the histories of a scope that are not whole, or do not come to what their programmes are. A scope without a
// programme fails the test.
func Broken(t testing.TB, s history.Store, scope workflow.HistoryScope) (broken []history.Broken) {
	t.Helper()
	sum, err := history.Verifier{Store: s}.All(context.Background(), scope, func(int, int) {}, func(b history.Broken) { broken = append(broken, b) })
	if err != nil || sum.Histories == 0 {
		t.Fatal(sum.Histories, "histories were verified", err)
	}
	return broken
}

// Verify fails the test for every history of the whole database that does not fit.
func Verify(t testing.TB, s history.Store) {
	t.Helper()
	for _, b := range Broken(t, s, workflow.HistoryScope{}) {
		t.Errorf("%s: %s", b.Code, &b.Broken)
	}
}
