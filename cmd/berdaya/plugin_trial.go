package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/remote"
)

// shownTrial is a trial as a server shows it.
type shownTrial struct {
	ID           string                      `json:"id"`
	Kind         string                      `json:"kind"`
	KindLabel    string                      `json:"kindLabel"`
	RegionCode   string                      `json:"regionCode"`
	State        domain.TrialState           `json:"state"`
	StateLabel   string                      `json:"stateLabel"`
	RuleSet      trialOf                     `json:"ruleSet"`
	Version      trialOfVersion              `json:"version"`
	Since        *time.Time                  `json:"since"`
	Until        *time.Time                  `json:"until"`
	Total        int                         `json:"total"`
	Done         int                         `json:"done"`
	NewlyBlocked int                         `json:"newlyBlocked"`
	Freed        int                         `json:"freed"`
	Unchanged    int                         `json:"unchanged"`
	NotJudged    int                         `json:"notJudged"`
	Masked       int                         `json:"masked"`
	Missed       int                         `json:"missed"`
	Listed       int                         `json:"listed"`
	More         bool                        `json:"more"`
	LastError    string                      `json:"lastError"`
	CreatedAt    time.Time                   `json:"createdAt"`
	FinishedAt   *time.Time                  `json:"finishedAt"`
	Rules        []domain.TrialRule          `json:"rules"`
	Differences  *page[shownTrialDifference] `json:"differences,omitempty"`
}

// What a trial is of.
type (
	trialOf struct {
		Name string `json:"name"`
	}
	trialOfVersion struct {
		Version string `json:"version"`
	}
)

type shownTrialDifference struct {
	Programme *struct {
		Code       string `json:"code"`
		Title      string `json:"title"`
		RegionCode string `json:"regionCode"`
	} `json:"programme"`
	Change      string    `json:"change"`
	ChangeLabel string    `json:"changeLabel"`
	Effect      string    `json:"effect"`
	EffectLabel string    `json:"effectLabel"`
	Rule        string    `json:"rule"`
	Message     string    `json:"message"`
	DecidedAt   time.Time `json:"decidedAt"`
	Masked      bool      `json:"masked"`
}

const (
	trialFields = `id kind kindLabel regionCode state stateLabel ruleSet { name } version { version } since until total done newlyBlocked freed unchanged notJudged
		masked missed listed more lastError createdAt finishedAt rules { rule blocks frees remarks remarksGone }`
	differenceFields = `differences(first: $first) { nodes { programme { code title regionCode } change changeLabel effect effectLabel rule message decidedAt masked } }`
)

// trying is what a command that begins a trial takes.
type trying struct {
	region, parameters string
	first              int
	detach             bool
}

func (t *trying) flags(cmd *cobra.Command) {
	regionFlag(cmd, &t.region)
	_ = cmd.MarkFlagRequired("region")
	cmd.Flags().StringVar(&t.parameters, "parameters", "", "the parameters of the region: a JSON file, or a JSON object")
}

// waits adds the flags of what waits for the end.
func (t *trying) waits(cmd *cobra.Command) {
	cmd.Flags().IntVar(&t.first, "first", 10, "how many differences to list, 1 to 100")
	cmd.Flags().BoolVar(&t.detach, "detach", false, "begin it, write its id and do not wait")
}

// begin begins a trial and gives its id.
func (a *asked) begin(ctx context.Context, command, named string, t trying, more map[string]any) (string, error) {
	ruleSet, version, err := versionNamed(named)
	if err != nil {
		return "", err
	}
	input := map[string]any{"ruleSet": ruleSet, "version": version, "regionCode": t.region, "idempotencyKey": uuid.NewString()}
	if t.parameters != "" {
		if input["parameters"], err = parametersIn(t.parameters); err != nil {
			return "", err
		}
	}
	for name, value := range more {
		input[name] = value
	}
	return a.directTrial(ctx, command, input)
}

// directTrial gives a command about a trial, and gives the trial's id.
func (a *asked) directTrial(ctx context.Context, command string, input map[string]any) (string, error) {
	var answer map[string]struct {
		Trial      *struct{ ID string } `json:"trial"`
		UserErrors []remote.UserError   `json:"userErrors"`
	}
	kind := strings.ToUpper(command[:1]) + command[1:] + "Input"
	if err := a.client.Ask(ctx, "mutation($input: "+kind+"!) { "+command+"(input: $input) { trial { id } "+remote.Fields+" } }", map[string]any{"input": input}, &answer); err != nil {
		return "", err
	}
	if err := remote.Problems(answer[command].UserErrors); err != nil {
		return "", err
	}
	if answer[command].Trial == nil {
		return "", fmt.Errorf("the server did not say what became of it")
	}
	return answer[command].Trial.ID, nil
}

// trial reads a trial, with so many of its differences.
func (a *asked) trial(ctx context.Context, id string, first int) (*shownTrial, error) {
	fields, variables, declared := trialFields, map[string]any{"id": id}, "$id: ID!"
	if first > 0 {
		fields, declared = fields+" "+differenceFields, declared+", $first: Int!"
		variables["first"] = first
	}
	var answer struct {
		Node *shownTrial `json:"node"`
	}
	if err := a.client.Ask(ctx, "query("+declared+") { node(id: $id) { ... on RuleTrial { "+fields+" } } }", variables, &answer); err != nil {
		return nil, err
	}
	if answer.Node == nil || answer.Node.ID == "" {
		return nil, domain.Errorf(domain.CodeNotFound, "there is no such trial, or you may not see it").In("tidak ada uji coba itu, atau Anda tidak boleh melihatnya")
	}
	return answer.Node, nil
}

// lookEvery is how often it is looked how a trial goes.
const lookEvery = 300 * time.Millisecond

// follow shows how a trial goes until it has ended. Where the user stops the command it cancels the trial.
func (a *asked) follow(ctx context.Context, id string) error {
	bar := newProgress()
	defer bar.end()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		t, err := a.trial(ctx, id, 0)
		switch {
		case ctx.Err() != nil:
			return a.cancelled(ctx, bar, id)
		case err != nil:
			return fmt.Errorf("the trial goes on without us (berdaya plugin trial %s): %w", id, err)
		case t.State != domain.TrialRunning:
			return nil
		}
		bar.at(t.KindLabel, t.Done, max(t.Total, t.Done, 1))
		select {
		case <-look.C:
		case <-ctx.Done():
			return a.cancelled(ctx, bar, id)
		}
	}
}

// cancelled cancels a trial for a user who stopped the command.
func (a *asked) cancelled(ctx context.Context, bar *progress, id string) error {
	bar.end()
	ending, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer done()
	if _, err := a.directTrial(ending, "cancelRuleTrial", map[string]any{"id": id, "idempotencyKey": uuid.NewString()}); err != nil {
		return fmt.Errorf("it was stopped here, and goes on at the server (berdaya plugin trial %s --cancel): %w", id, err)
	}
	return domain.Errorf(domain.CodeUnavailable, "cancelled; what it found is at berdaya plugin trial %s", id).In("dibatalkan; temuannya ada di berdaya plugin trial " + id)
}

// result waits for a trial that was begun and shows what it found.
func (a *asked) result(ctx context.Context, id string, t trying) error {
	if t.detach {
		if a.json {
			return a.show(map[string]string{"id": id})
		}
		a.say("began; how it goes: berdaya plugin trial %s", "dimulai; perkembangannya: berdaya plugin trial %s", id)
		return nil
	}
	if err := a.follow(ctx, id); err != nil {
		return err
	}
	return a.shown(ctx, id, t.first)
}

func (t *trying) check() error {
	if t.first < 1 || t.first > 100 {
		return usagef("--first is from 1 to 100, not %d", "--first antara 1 dan 100, bukan %d", t.first)
	}
	return nil
}

func newPluginSimulate() *cobra.Command {
	var t trying
	cmd := &cobra.Command{
		Use:   "simulate RULE-SET@VERSION --region CODE",
		Short: "Say which programmes a version would block or free, by rule",
		Long: `Asks a version about the next step of every active programme of the region and below, beside the rules at work there, and says what would
change if it were activated for everyone now: how many programmes would newly be blocked or freed, by which rule, and which they
are. Nothing changes for any programme. Whoever may activate the version may simulate it.

Ctrl-C cancels the simulation; --detach begins it and leaves it to the server.`,
		Example: `  berdaya plugin simulate jawa-barat@1.2 --region 32
  berdaya plugin simulate jawa-barat@1.2 --region 32.73 --parameters bandung.json --first 50
  berdaya plugin simulate jawa-barat@1.2 --region 32 --json`,
		Args: oneArg("a version, such as jawa-barat@1.2", "versi, seperti jawa-barat@1.2"),
	}
	asking(cmd, func(ctx context.Context, a *asked, args []string) error {
		if err := t.check(); err != nil {
			return err
		}
		id, err := a.begin(ctx, "startSimulation", args[0], t, nil)
		if err != nil {
			return err
		}
		return a.result(ctx, id, t)
	})
	t.flags(cmd)
	t.waits(cmd)
	return cmd
}

func newPluginReplay() *cobra.Command {
	var t trying
	var from, to string
	cmd := &cobra.Command{
		Use:   "replay RULE-SET@VERSION --region CODE --from TIME",
		Short: "Say what a version would have said to past decisions",
		Long: `Asks a version about the decisions of the past that are in the decision log, on the facts and at the time of then, and says where it would
have said something else. Decisions are kept for 90 days unless the operator says otherwise. Texts that were masked when the facts were
kept are counted: a rule that reads one may say something else. Decisions whose facts lack what the version needs cannot be judged.

Times are days (2026-05-01, from its beginning in UTC) or instants (2026-05-01T08:00:00+07:00). Ctrl-C cancels the replay.`,
		Example: `  berdaya plugin replay jawa-barat@1.2 --region 32 --from 2026-04-01
  berdaya plugin replay jawa-barat@1.2 --region 32 --from 2026-04-01 --to 2026-05-01 --json`,
		Args: oneArg("a version, such as jawa-barat@1.2", "versi, seperti jawa-barat@1.2"),
	}
	asking(cmd, func(ctx context.Context, a *asked, args []string) error {
		if err := t.check(); err != nil {
			return err
		}
		more := map[string]any{}
		for name, text := range map[string]string{"from": from, "to": to} {
			at, err := instantOf(name, text)
			if err != nil {
				return err
			}
			if at != nil {
				more[name] = at
			}
		}
		id, err := a.begin(ctx, "startReplay", args[0], t, more)
		if err != nil {
			return err
		}
		return a.result(ctx, id, t)
	})
	t.flags(cmd)
	t.waits(cmd)
	cmd.Flags().StringVar(&from, "from", "", "the first decisions")
	cmd.Flags().StringVar(&to, "to", "", "before these (default: now)")
	_ = cmd.MarkFlagRequired("from")
	return cmd
}

// instantOf reads a day or an instant; nil for none.
func instantOf(flag, text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(form, text); err == nil {
			return &at, nil
		}
	}
	return nil, usagef("--%s is a day such as 2026-05-01 or an instant such as 2026-05-01T08:00:00+07:00, not %q", "--%s berisi tanggal seperti 2026-05-01 atau waktu seperti 2026-05-01T08:00:00+07:00, bukan %q", flag, text)
}

func newPluginTrial() *cobra.Command {
	var cancel bool
	var t trying
	cmd := &cobra.Command{
		Use:     "trial ID",
		Short:   "Show a simulation, replay or shadow by its id, or cancel it",
		Example: `  berdaya plugin trial UQGa...`,
		Args:    oneArg("the id of a trial", "id sebuah percobaan"),
	}
	asking(cmd, func(ctx context.Context, a *asked, args []string) error {
		if err := t.check(); err != nil {
			return err
		}
		if cancel {
			if _, err := a.directTrial(ctx, "cancelRuleTrial", map[string]any{"id": args[0], "idempotencyKey": uuid.NewString()}); err != nil {
				return err
			}
		}
		return a.shown(ctx, args[0], t.first)
	})
	cmd.Flags().IntVar(&t.first, "first", 10, "how many differences to list, 1 to 100")
	cmd.Flags().BoolVar(&cancel, "cancel", false, "end it; what it found stays")
	return cmd
}
