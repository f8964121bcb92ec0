package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	_ "github.com/berdaya/berdaya/internal/seeded"
)

// drawn makes random lists: commands that name what others of the list make, or nothing, that are right, wrong or stale, under
// keys of which some are used twice.
type drawn struct {
	*rapid.T
	programme string
	things    map[string][]string // UUIDs by type, of what lists make or should have made
	keys      []string
}

func (d *drawn) pick(label string, from []string) string {
	if len(from) == 0 {
		return newID()
	}
	return from[rapid.IntRange(0, len(from)-1).Draw(d.T, label)]
}

func (d *drawn) chance(label string, in int) bool {
	return rapid.IntRange(1, in).Draw(d.T, label) == 1
}

func (d *drawn) command() command {
	id := newID()
	programme := d.programme
	if d.chance("nowhere", 8) {
		programme = newID()
	}
	var c command
	switch rapid.IntRange(0, 6).Draw(d.T, "kind") {
	case 0, 1:
		c = on("createNeed", with(need(programme, id, "Water"), command{"severity": rapid.IntRange(1, 6).Draw(d.T, "severity")}))
		d.things["Need"] = append(d.things["Need"], id)
	case 2:
		c = on("createProblemNode", command{"clientId": id, "needId": d.pick("need", d.things["Need"]), "kind": "CORE_PROBLEM", "statement": "Dry", "rootCause": false})
	case 3:
		c = on("updateNeed", command{"id": d.pick("need", d.things["Need"]), "votes": rapid.IntRange(0, 9).Draw(d.T, "votes")})
		if d.chance("seen", 2) {
			c["updateNeed"].(command)["expectedUpdatedAt"] = "2026-01-01T00:00:00.000000Z"
		}
	case 4:
		c = on("createTrainingEvent", command{"clientId": id, "programmeId": programme, "title": "Pumps", "venue": "Hall", "capacity": rapid.IntRange(0, 3).Draw(d.T, "capacity")})
		d.things["TrainingEvent"] = append(d.things["TrainingEvent"], id)
	case 5:
		c = on("createParticipant", command{"clientId": id, "trainingEventId": d.pick("training", d.things["TrainingEvent"]), "name": "Siti", "sex": "FEMALE"})
	default:
		move := rapid.SampledFrom([]string{"ADVANCE", "HOLD", "RESUME", "SEND_BACK"}).Draw(d.T, "move")
		c = with(on("moveProgramme", command{"programmeId": programme, "move": move, "reason": "Floods"}), command{"expectedVersion": rapid.IntRange(1, 4).Draw(d.T, "version")})
	}
	if d.chance("used", 10) && len(d.keys) > 0 {
		c["key"] = d.pick("key", d.keys)
	}
	d.keys = append(d.keys, c["key"].(string))
	return c
}

// mutationOf gives the name and input of a command's mutation.
func mutationOf(c command) (name string, input command) {
	for k, v := range c {
		if in, is := v.(command); is {
			return k, in
		}
	}
	return "", nil
}

func TestWhateverIsSentTwiceOrByTwoAtOnceIsDoneOnceOrKeptAsItWas(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		programme := newID()
		if got := kindsOf(v.submit("ani", false, begin(newID(), programme, fmt.Sprintf("RANDOM-%d", round))...)); got != "DONE DONE" {
			rt.Fatal(got)
		}
		d := &drawn{T: rt, programme: programme, things: map[string][]string{}}
		var list []command
		for range rapid.IntRange(1, 14).Draw(rt, "length") {
			list = append(list, d.command())
		}
		// Two devices of one person send the list at once, and then it is sent again.
		var both [2][]outcome
		var wait sync.WaitGroup
		for i := range both {
			wait.Go(func() {
				var err error
				if both[i], _, err = v.send(context.Background(), "ani", false, list); err != nil {
					rt.Error(err)
				}
			})
		}
		wait.Wait()
		if rt.Failed() {
			return
		}
		last := v.submit("ani", false, list...)
		for i, c := range list {
			results := []outcome{both[0][i], both[1][i], last[i]}
			v.holds(rt, c, list, results)
		}
		if n := v.count(`select count(*) from (select author, key from drafts group by 1, 2 having count(*) > 1) twice`); n > 0 {
			rt.Errorf("%d keys have two drafts", n)
		}
	})
}

// holds says what must hold of what became of one command, however often and by whom it was sent.
func (v *village) holds(rt *rapid.T, c command, list []command, results []outcome) {
	name, input := mutationOf(c)
	key := c["key"].(string)
	first := slices.IndexFunc(list, func(o command) bool { return o["key"] == key })
	done := 0
	for _, r := range results {
		if r.Outcome == "DONE" {
			done++
		}
	}
	if done > 1 {
		rt.Errorf("%s was done %d times", key, done)
	}
	final := results[2]
	switch final.Outcome {
	case "DONE", "REPEATED":
		if made, is := input["clientId"].(string); is {
			table := map[string]string{"createNeed": "needs", "createProblemNode": "problem_nodes", "createTrainingEvent": "training_events", "createParticipant": "participants"}[name]
			if v.count(`select count(*) from `+table+` where id = $1`, made) != 1 {
				rt.Errorf("%v was done, and is not there", c)
			}
		}
		if v.count(`select count(*) from drafts where key = $1`, key) > 0 {
			rt.Errorf("%v was done, and is a draft as well", c)
		}
	case "DRAFT":
		text, _ := json.Marshal(input)
		var want map[string]any
		_ = json.Unmarshal(text, &want)
		if diff := cmp.Diff(want, final.Draft.Input); diff != "" {
			rt.Errorf("%v is not kept as it was:\n%s", c, diff)
		}
		if done > 0 {
			rt.Errorf("%v was done, and is a draft as well", c)
		}
	case "REFUSED":
		if code := final.code(); code != "BAD_USER_INPUT" && (code != "IDEMPOTENCY_MISMATCH" || list[first]["key"] == key && cmp.Equal(list[first], c)) {
			rt.Errorf("%v: %+v", c, final)
		}
	default:
		rt.Errorf("%v: %+v", c, final)
	}
}
