package main

import (
	"fmt"
	"testing"

	"github.com/berdaya/berdaya/domain"
)

const publishMutation = `mutation ($region: String!, $days: Int!, $dry: Boolean!) {
  publishDefinition(input: {regionCode: $region, dryRun: $dry, note: "uji coba", stages: [{stage: PLAN, days: $days, reminders: [14, 3], escalations: [{after: 14, to: PROVINCE}]}]}) {
    definition { version region { code } stages { stage days reminders fromRegion fromVersion } versions { version author note } }
    userErrors { code path } } }`

func TestADefinitionThatIsPublishedHoldsForTheNextStageOnEveryServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	coordinator, nation := w.as(t, "coordinator", "32.04"), w.as(t, "national-admin", "ID")
	id := coordinator.programme("BDG-2026-007")
	due := func() string {
		return coordinator.ask(`query ($id: ID!) { programme(id: $id) { dueOn } }`, map[string]any{"id": id}).text("programme.dueOn")
	}
	before := due()

	publish := func(p person, days int, dry bool) value {
		return p.ask(publishMutation, map[string]any{"region": "32.04", "days": days, "dry": dry}).at("publishDefinition")
	}
	if v := publish(w.as(t, "regional-admin", "32"), 10, false); v.text("userErrors.0.code") != "FORBIDDEN" || v.at("definition").v != nil {
		t.Errorf("a regional admin: %v", v.v)
	}
	if v := publish(nation, 4000, false); fmt.Sprint(v.at("userErrors.0.path").v) != "[input stages 0 days]" {
		t.Errorf("too many days: %v", v.v)
	}
	if v := publish(nation, 10, true); v.at("definition.version").v != 1.0 || len(v.list("definition.versions")) != 0 {
		t.Errorf("the dry run: %v", v.v)
	}
	v := publish(nation, 10, false)
	plan := v.at("definition.stages.1")
	if v.text("definition.region.code") != "32.04" || plan.at("days").v != 10.0 || plan.text("fromRegion") != "32.04" || plan.at("fromVersion").v != 1.0 ||
		fmt.Sprint(plan.at("reminders").v) != "[3 14]" || v.text("definition.stages.0.fromRegion") != "ID" || v.text("definition.versions.0.note") != "uji coba" {
		t.Errorf("published: %v", v.v)
	}
	if seen := coordinator.ask(`{ definition(region: "32.04.05") { version stages { stage days fromRegion } } }`, nil); seen.at("definition.version").v != nil ||
		seen.at("definition.stages.1.days").v != 10.0 {
		t.Errorf("in a district: %v", seen.v)
	}
	if nowhere := coordinator.ask(`{ definition(region: "99") { version } }`, nil); nowhere.at("definition").v != nil {
		t.Errorf("where there is no region: %v", nowhere.v)
	}

	if now := due(); now != before {
		t.Errorf("the stage under way was due on %s and is on %s", before, now)
	}
	coordinator.identify(id)
	coordinator.moved(id, domain.Advance, nil, domain.Plan, domain.Active)
	entered := coordinator.ask(`query ($id: ID!) { programme(id: $id) { stageEnteredAt dueOn } }`, map[string]any{"id": id}).at("programme")
	if want := domain.Date(entered.text("stageEnteredAt")[:10]).AddDays(10); entered.text("dueOn") != string(want) {
		t.Errorf("the stage entered is due on %s, not %s", entered.text("dueOn"), want)
	}
}
