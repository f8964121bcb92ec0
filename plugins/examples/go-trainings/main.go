// Command go-trainings is a complete rule set in Go: an office wants its trainings to lead somewhere. It asks that enough of
// the money builds what people can do by themselves, that those who were invited came, that they learnt something, and that somebody
// goes back to them. plugins/examples/javascript-trainings is the same rule set in JavaScript; a test holds the two together.
package main

import "github.com/berdaya/berdaya/plugins/rules"

func main() { rules.Serve(trainings()) }

// parameters are what each region may set for itself.
type parameters struct {
	LeastCapacityPercent int64   `json:"leastCapacityPercent"`
	QuorumPercent        int64   `json:"quorumPercent"`
	LeastGain            float64 `json:"leastGain"`
	TrainDays            int     `json:"trainDays"`
	FollowUpDays         int     `json:"followUpDays"`
}

// trainings gives the rule set.
func trainings() *rules.Set {
	var p parameters
	set := &rules.Set{
		Name: "trainings", Version: "1.0.0",
		Title:            rules.Text{EN: "Trainings lead somewhere", ID: "Pelatihan yang berlanjut"},
		Facts:            []string{rules.Activities, rules.Trainings},
		ParametersSchema: schema,
		Rules: []rules.Rule{{
			Code: "CAPACITY_SHARE", Title: rules.Text{EN: "Enough of the money builds capacity", ID: "Cukup banyak dana untuk membangun kapasitas"},
			Stages: []string{rules.Plan}, Moves: []string{rules.Advance},
			Severity: rules.Block, Waivable: rules.ByRegion, Path: []string{"activities", "budgetLines"},
			Check: func(q *rules.Question) rules.Text { return capacityShare(q, &p) },
		}, {
			Code: "QUORUM_ATTENDED", Title: rules.Text{EN: "Sessions were well attended", ID: "Sesi dihadiri cukup peserta"},
			Stages: []string{rules.Train}, Moves: []string{rules.Advance},
			Severity: rules.Block, Waivable: rules.ByOwner, Path: []string{"trainingEvents", "sessions"},
			Check: func(q *rules.Question) rules.Text { return quorumAttended(q, &p) },
		}, {
			Code: "LEARNT", Title: rules.Text{EN: "Participants learnt something", ID: "Peserta memperoleh pengetahuan"},
			Stages: []string{rules.Train}, Moves: []string{rules.Advance},
			Severity: rules.Warn, Waivable: rules.ByRegion, Path: []string{"trainingEvents", "participants"},
			Check: func(q *rules.Question) rules.Text { return learnt(q, &p) },
		}, {
			Code: "FOLLOWED_UP", Title: rules.Text{EN: "Somebody went back after the training", ID: "Pelatihan ditindaklanjuti dengan pendampingan"},
			Stages: []string{rules.Monitor}, Moves: []string{rules.Advance},
			Severity: rules.Block, Waivable: rules.ByRegion, Path: []string{"activities"},
			Check: func(q *rules.Question) rules.Text { return followedUp(q, &p) },
		}},
	}
	set.OnConfigure = func(_ string, given map[string]any) error {
		if err := rules.Decode(given, &p); err != nil {
			return err
		}
		set.Stages = map[string]rules.StageWork{
			rules.Train: {Days: p.TrainDays, Checklist: []rules.Item{
				{Code: "TEST_BEFORE", Title: rules.Text{EN: "Test participants before the first session", ID: "Adakan prates sebelum sesi pertama"}},
				{Code: "RECORD_ATTENDANCE", Title: rules.Text{EN: "Record who attends each session", ID: "Catat kehadiran setiap sesi"}},
				{Code: "TEST_AFTER", Title: rules.Text{EN: "Test participants after the last session", ID: "Adakan pascates setelah sesi terakhir"}},
			}},
			rules.Monitor: {Days: p.FollowUpDays, Checklist: []rules.Item{
				{Code: "MENTOR", Title: rules.Text{EN: "Go back and mentor those who were trained", ID: "Dampingi kembali peserta pelatihan"}},
			}},
		}
		return nil
	}
	return set
}

// schema is the JSON Schema of the parameters. The kit refuses what does not fit it, and fills in the defaults.
const schema = `{
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "leastCapacityPercent": {"type": "integer", "minimum": 0, "maximum": 100, "default": 30, "description": "Of the money for capacity and direct aid together, how much must build capacity"},
    "quorumPercent": {"type": "integer", "minimum": 0, "maximum": 100, "default": 60, "description": "Of a training's participants, how many must attend each session"},
    "leastGain": {"type": "number", "minimum": 0, "maximum": 100, "default": 10, "description": "Points by which the test after is better than the one before, on average"},
    "trainDays": {"type": "integer", "minimum": 1, "maximum": 365, "default": 60, "description": "Days that training may take"},
    "followUpDays": {"type": "integer", "minimum": 1, "maximum": 365, "default": 90, "description": "Days after the last session within which somebody goes back"}
  }
}
`
