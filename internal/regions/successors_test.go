package regions_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/regions"
)

func TestAChainOfSuccessorsIsFollowedToItsOpenEnd(t *testing.T) {
	t.Parallel()
	l := newLand(t)
	id := l.programme(t, closed, closed)
	l.release(t, closed+","+first+",2026-05-01")
	third := district(second)
	third["successors.csv"] = [][]string{{"old", "new", "date"}, {closed, first, "2026-05-01"}, {first, second, "2026-05-03"}}
	out, err := regions.Import(t.Context(), l, third.fs(t), regions.Options{Effective: "2026-05-03", AllowClosing: true, Clock: clock{}})
	if err != nil || out.Successors != 1 {
		t.Fatal(out, err)
	}
	if m := l.move(t); m != (regions.Moved{Programmes: 1, Communities: 1, Stakeholders: 1}) {
		t.Error(m)
	}
	if p := l.get(t, id); p.RegionCode != second || p.Version != 2 {
		t.Error(p.RegionCode, p.Version)
	}
}

func TestARegionThatOpensAgainHasNoSuccessors(t *testing.T) {
	t.Parallel()
	l := newLand(t)
	moved := l.programme(t, closed, closed)
	l.release(t, closed+","+first+",2026-05-01")
	l.move(t)
	mustImport(t, l.DB, district(closed, first).fs(t), regions.Options{Effective: "2026-05-02", AllowClosing: true})
	stays := l.programme(t, closed, closed)
	if m := l.move(t); m != (regions.Moved{}) {
		t.Error(m)
	}
	if p := l.get(t, moved); p.RegionCode != first {
		t.Error(p.RegionCode)
	}
	if p := l.get(t, stays); p.RegionCode != closed {
		t.Error(p.RegionCode)
	}
	if found, err := l.Regions().Successors(t.Context()); err != nil || len(found) != 0 {
		t.Error(found, err)
	}
}

func TestBrokenSuccessorsAreNamedByFileLineAndColumn(t *testing.T) {
	t.Parallel()
	l := newLand(t)
	l.release(t, closed+","+first+",2026-05-01")
	for content, want := range map[string]string{
		"":                            "line 1, column 1: the file is empty",
		"old,new\n":                   "line 1, column 1 (date): the column is missing",
		"old,new,date,old\n":          "line 1, column 14 (old): the column is there twice",
		"old,new,date\n32.73.05\n":    "line 2, column 1: the row has 1 fields",
		"old,new,date\n3273,32,x\n":   `line 2, column 1 (old): "3273" is not the code of a region`,
		"old,new,date\n32,ID,x\n":     `line 2, column 4 (new): "ID" is not the code of a region below the nation`,
		"old,new,date\n32,32,x\n":     "line 2, column 4 (new): a region cannot succeed itself",
		"old,new,date\n32,32.73,x\n":  "line 2, column 4 (new): 32.73 is on another level of the tree than 32",
		"old,new,date\n32,33,today\n": `line 2, column 7 (date): "today" is not a date`,
		"old,new,date\n32.73.99,32.73.31,2026-05-01\n":                                                   "line 2, column 1 (old): there is no region 32.73.99",
		"old,new,date\n32.73.05,32.73.99,2026-05-01\n":                                                   "line 2, column 10 (new): there is no region 32.73.99",
		"old,new,date\n32.73.31,32.73.32,2026-05-01\n":                                                   "line 2, column 1 (old): 32.73.31 is open; only a region that has closed",
		"date,new,old\n2026-04-30,32.73.32,32.73.05\n":                                                   "line 2, column 1 (date): 32.73.05 closes on 2026-05-01 only",
		"old,new,date\n32.73.05.1001,32.73.31.1001,2026-05-01\n32.73.05.1001,32.73.31.1001,2026-05-02\n": "line 3, column 15 (new): 32.73.31.1001 is the successor of 32.73.05.1001 on line 2 already",
		"old,new,date\n32.73.05,32.73.31,2026-05-02\n":                                                   "line 2, column 19 (date): 32.73.31 is the successor of 32.73.05 since 2026-05-01 already",
		"old,new,date\n32.73.31,32.73.05,2026-05-01\n":                                                   "line 2, column 10 (new): the successors of 32.73.05 lead back to 32.73.31",
	} {
		source := district(first, second).fs(t).(fstest.MapFS)
		source["successors.csv"] = &fstest.MapFile{Data: []byte(content)}
		_, err := regions.Import(t.Context(), l, source, regions.Options{Clock: clock{}})
		if domain.CodeOf(err) != domain.CodeBadFile || !strings.HasPrefix(err.Error(), "successors.csv, "+want) {
			t.Errorf("%q: %v", content, err)
		}
	}
	if n := len(contents(t, l.DB)); n != 9 {
		t.Error(n, "regions")
	}
}

func TestSucceedingOneRegion(t *testing.T) {
	t.Parallel()
	l := newLand(t)
	l.release(t)
	if _, err := regions.Succeed(t.Context(), l, closed, []string{closed + "x", first + ".1001"}, "2026-05-01"); domain.CodeOf(err) != domain.CodeBadUserInput {
		t.Error(err)
	}
	if _, err := regions.Succeed(t.Context(), l, first, []string{second}, ""); err == nil || !strings.Contains(err.Error(), "old: 32.73.31 is open") {
		t.Error(err)
	}
	for _, want := range []int{2, 0} {
		if n, err := regions.Succeed(t.Context(), l, closed, []string{first, second}, ""); err != nil || n != want {
			t.Error(n, err)
		}
	}
	found, err := l.Regions().Successors(t.Context())
	if err != nil || len(found) != 2 || found[0].EffectiveOn != "2026-05-01" || found[1].New.Name != "District 32" {
		t.Error(found, err)
	}
}
