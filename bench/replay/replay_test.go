package replay_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/bench/replay"
	_ "github.com/berdaya/berdaya/internal/seeded"
)

var update = flag.Bool("update", false, "write the golden file anew")

const first = 100_000_000_012 // that was moved when the log was recorded

// recorded gives the moves of the recorded log.
func recorded(t *testing.T) []replay.Move {
	t.Helper()
	log, err := os.ReadFile(filepath.Join("testdata", "moves.json"))
	if err != nil {
		t.Fatal(err)
	}
	var moves []replay.Move
	for i := range 2 {
		mark := fmt.Sprintf("select 'move %d'", i)
		found, whole, err := replay.Between(log, mark+" as begins", mark+" as ends", "berdaya")
		if err != nil || !whole {
			t.Fatal(whole, err)
		}
		m, err := replay.Of(found, first+i)
		if err != nil {
			t.Fatal(err)
		}
		moves = append(moves, m)
	}
	return moves
}

func TestARecordedMoveBecomesAScript(t *testing.T) {
	t.Parallel()
	got, err := recorded(t)[0].Script(4711)
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "move.sql")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("the script changed (go test -update writes it anew):\n%s", diff)
	}
}

func TestTwoMovesOfTwoProgrammesComeToTheSame(t *testing.T) {
	t.Parallel()
	moves := recorded(t)
	if err := moves[0].Same(moves[1]); err != nil {
		t.Error(err)
	}
	if n := len(moves[0].Statements); n != 26 {
		t.Errorf("%d statements", n)
	}
	var trips []int
	for _, trip := range moves[0].Trips() {
		trips = append(trips, len(trip))
	}
	if diff := cmp.Diff([]int{1, 1, 21, 1, 1, 1}, trips); diff != "" {
		t.Errorf("statements by round trip: %s", diff)
	}
	for what, spoil := range map[string]func(*replay.Move){
		"a statement less":    func(m *replay.Move) { m.Statements = m.Statements[1:] },
		"another statement":   func(m *replay.Move) { m.Statements[4].SQL += " limit 1" },
		"another protocol":    func(m *replay.Move) { m.Statements[4].Extended = false },
		"another parameter":   func(m *replay.Move) { m.Statements[23].Parameters[0] = "'TRAIN'" },
		"another programme's": func(m *replay.Move) { m.Statements[1].Parameters[0] = "'{00000000-0000-7000-8000-100000000013}'" },
	} {
		m := recorded(t)[0]
		if spoil(&m); m.Same(moves[1]) == nil {
			t.Errorf("%s is the same", what)
		}
	}
}

func TestSimpleStatementsAreARoundTripEach(t *testing.T) {
	t.Parallel()
	s := func(sql string, extended bool, within string) replay.Statement {
		return replay.Statement{SQL: sql, Extended: extended, PID: 1, Within: within}
	}
	for want, statements := range map[string][]replay.Statement{
		"[1 1 1 1]": {s("begin", false, "2/1"), s("select 1", true, "2/1"), s("select 2", true, "2/1"), s("commit", false, "2/1")},
		"[2 1]":     {s("select 1", true, "2/1"), s("select 2", true, "2/1"), s("select 3", true, "2/2")},
		"[1 1]":     {s("select 1", true, "2/1"), s("select 2", false, "2/1")},
	} {
		var got []int
		for _, trip := range (replay.Move{Statements: statements}).Trips() {
			got = append(got, len(trip))
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%v, want %s", got, want)
		}
	}
}

func TestWhatCannotBeReplayedIsRefused(t *testing.T) {
	t.Parallel()
	with := func(sql string, extended bool, parameters ...replay.Parameter) replay.Statement {
		return replay.Statement{SQL: sql, Extended: extended, Parameters: parameters}
	}
	for what, s := range map[string]replay.Statement{
		"a number that runs into a word":           with("select 'k100000000012x'", false),
		"a prepared statement about one programme": with("select 100000000012", true),
		"parameters of what cannot be prepared":    with("listen x", true, "'1'"),
		"a variable's name":                        with("select ':step'", false),
	} {
		m, err := replay.Of([]replay.Statement{s}, first)
		if err == nil {
			_, err = m.Script(1)
		}
		if err == nil {
			t.Errorf("%s is taken", what)
		}
	}
	if _, err := replay.Of(nil, 12); err == nil {
		t.Error("a short number is taken")
	}
}

func TestALogThatIsBeingWrittenIsNotWhole(t *testing.T) {
	t.Parallel()
	line := func(message string) string {
		return fmt.Sprintf(`{"pid":1,"vxid":"1/2","message":%q,"application_name":"berdaya"}`, message) + "\n"
	}
	all := line("statement: begins") + line("execute s: select 1;") + line("statement: -- ping") + line("duration: 1 ms") + line("statement: ends")
	for n := range len(all) + 1 {
		found, whole, err := replay.Between([]byte(all[:n]), "begins", "ends", "berdaya")
		if err != nil || whole != (n == len(all)) {
			t.Fatalf("%d bytes: %v, %v", n, whole, err)
		}
		if whole && (len(found) != 1 || found[0].SQL != "select 1" || !found[0].Extended) {
			t.Errorf("%+v", found)
		}
	}
	if found, _, _ := replay.Between([]byte(all), "begins", "ends", "psql"); len(found) > 0 {
		t.Error("another application's statements were taken")
	}
}

func TestParametersAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		values := rapid.SliceOfN(rapid.Ptr(rapid.OneOf(rapid.String(), rapid.StringMatching(`[', $=1]{0,8}`)), true), 1, 12).Draw(rt, "values")
		var written, want []string
		for i, v := range values {
			literal := "NULL"
			if v != nil {
				literal = "'" + strings.ReplaceAll(*v, "'", "''") + "'"
			}
			written, want = append(written, fmt.Sprintf("$%d = %s", i+1, literal)), append(want, literal)
		}
		detail := "parameters: " + strings.Join(written, ", ")
		log := fmt.Sprintf("{\"message\":\"statement: a\"}\n{\"message\":\"execute x: select 1\",\"detail\":%s}\n{\"message\":\"statement: b\"}\n", quoted(detail))
		found, whole, err := replay.Between([]byte(log), "a", "b", "")
		if err != nil || !whole || len(found) != 1 {
			rt.Fatal(found, whole, err)
		}
		var got []string
		for _, p := range found[0].Parameters {
			got = append(got, string(p))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func FuzzAnyLogIsReadOrRefused(f *testing.F) {
	f.Add("statement: a", "parameters: $1 = 'x''y', $2 = NULL")
	f.Add("execute <unnamed>: select $1", "parameters: $1 = '")
	f.Add("execute : ", "parameters: $2 = NULL")
	f.Fuzz(func(t *testing.T, message, detail string) {
		log := fmt.Sprintf("{\"message\":\"statement: begins\"}\n{\"message\":%s,\"detail\":%s}\n{\"message\":\"statement: ends\"}\n", quoted(message), quoted(detail))
		found, whole, err := replay.Between([]byte(log), "begins", "ends", "")
		if err != nil {
			return
		}
		if !whole {
			t.Fatal("the end was missed")
		}
		m, err := replay.Of(found, first)
		if err != nil {
			return
		}
		_, _ = m.Script(1)
	})
}

// quoted writes a text as JSON does.
func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}
