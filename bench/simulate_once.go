package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/berdaya/berdaya/bench/load"
	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/members"
	"github.com/berdaya/berdaya/internal/trials"
	"github.com/berdaya/berdaya/plugins/declarative"
	"github.com/berdaya/berdaya/plugins/host"
	"github.com/berdaya/berdaya/plugins/national"
	"github.com/berdaya/berdaya/plugins/rules/rulespb"
	"github.com/berdaya/berdaya/workflow"
)

// plainItems is how many programmes' requests the plain batch sends, again and again.
const plainItems = 5000

// newSimulateOnce simulates once in this process, which another one started.
func newSimulateOnce() *cobra.Command {
	return &cobra.Command{
		Use: "simulate-once BINARY POSTMASTER", Hidden: true, Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			database, err := strconv.Atoi(args[1])
			if err != nil {
				return err
			}
			s, err := simulateOnce(cmd.Context(), os.Getenv("DATABASE_URL"), args[0], database)
			if err != nil {
				return err
			}
			return json.NewEncoder(cmd.OutOrStdout()).Encode(s)
		},
	}
}

// aRule is the rule file that is simulated: in every stage a rule about who stands behind a programme, which holds against some,
// and one about consultations.
const aRule = `name: bench-rules
version: 1.0.0
title: {en: Rules of a bench, id: Aturan uji kecepatan}
rules:
  - code: ENOUGH_BEHIND_IT
    title: {en: Enough stand behind it, id: Cukup pendukung}
    when: {stages: [IDENTIFY, PLAN, TRAIN, MONITOR, REPORT], moves: [ADVANCE]}
    assert: stakeholders.filter(s, s.interest >= 3).size() >= 6
    severity: BLOCK
    message: {en: "Only {n} stakeholders take a lively interest.", id: "Baru {n} pemangku kepentingan yang sangat berminat."}
    values: {n: "stakeholders.filter(s, s.interest >= 3).size()"}
  - code: WOMEN_HEARD
    title: {en: Women were heard, id: Perempuan didengar}
    when: {stages: [IDENTIFY, PLAN, TRAIN, MONITOR, REPORT], moves: [ADVANCE]}
    assert: consultations.all(c, c.female * 3 >= c.male)
    severity: WARN
    message: {en: Hear more women., id: Dengarkan lebih banyak perempuan.}
`

// simulator is what a simulation is measured with.
type simulator struct {
	*host.Host
	db       *db.DB
	database int // the postmaster
	all      simulated
	again    func(ctx context.Context, do func(context.Context, host.Candidate) error) error // tries the same version once more
	items    int                                                                             // that it was asked
}

func simulateOnce(ctx context.Context, dsn, binary string, database int) (simulated, error) {
	d, err := db.Open(ctx, dsn, db.Options{Name: "berdaya bench"})
	if err != nil {
		return simulated{}, err
	}
	defer d.Close()
	process := func(name string) host.Command {
		return host.Command{Path: binary, Args: []string{"plugin-process", name}}
	}
	h, err := host.New(host.Options{RuleFiles: process(declarative.Name), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return simulated{}, err
	}
	defer func() { _ = h.Close(context.WithoutCancel(ctx)) }()
	if err := h.Bind(host.Binding{RuleSet: national.Name, Region: domain.NationCode, Command: process(national.Name)}); err != nil {
		return simulated{}, err
	}
	ready, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := h.Ready(ready); err != nil {
		return simulated{}, err
	}
	s := &simulator{Host: h, db: d, database: database}
	version, err := s.upload(ctx)
	if err != nil {
		return simulated{}, err
	}
	subject, err := members.New(d, domain.SystemClock{}, domain.RandomIDs{}).EnsureDevelopment(ctx, domain.NationalAdmin, domain.NationCode)
	if err != nil {
		return simulated{}, err
	}
	recorder, err := host.NewRecorder(host.DefaultMasks)
	if err != nil {
		return simulated{}, err
	}
	use := &trials.Trials{Store: d.Trials(), Facts: d.Moving(), Rules: h, Trier: s, Hush: recorder.Hush, Clock: domain.SystemClock{}, IDs: domain.RandomIDs{}, Log: slog.New(slog.DiscardHandler),
		Possible: func(context.Context, access.Actor, string, string, string, json.RawMessage) (*domain.RuleSetVersion, json.RawMessage, error) {
			return version, nil, nil
		}}
	id, err := use.Start(ctx, access.Actor{Subject: subject}, trials.Start{Kind: domain.Simulation, Region: domain.NationCode})
	if err != nil {
		return simulated{}, err
	}
	for more := true; more; {
		if more, err = use.Work(ctx, id); err != nil {
			return simulated{}, err
		}
	}
	row, err := d.Trials().Trial(ctx, id)
	switch {
	case err != nil:
		return simulated{}, err
	case row.State != domain.TrialCompleted || row.NotJudged > 0 || row.Done == 0:
		return simulated{}, fmt.Errorf("the simulation came to %s, %d programmes, of which %d were not judged", row.State, row.Done, row.NotJudged)
	}
	// Not within the trial: what it is given to work with ends soon after the trial does.
	if err := s.again(ctx, func(ctx context.Context, c host.Candidate) error { return s.plain(ctx, c, s.items) }); err != nil {
		return simulated{}, err
	}
	s.all.Programmes, s.all.Differences = row.Done, row.Listed
	return s.all, nil
}

// upload puts the rule into the catalogue, if it is not there.
func (s *simulator) upload(ctx context.Context) (*domain.RuleSetVersion, error) {
	store, text, now := s.db.Catalogue(), aRule, time.Now().UTC()
	set, err := store.RuleSet(ctx, "bench-rules")
	if err != nil {
		return nil, err
	}
	if set != nil {
		v, err := store.VersionNamed(ctx, set.ID, "1.0.0")
		if err == nil && v == nil {
			err = fmt.Errorf("the catalogue has another bench-rules")
		}
		return v, err
	}
	described, err := s.DescribeFile(ctx, "bench.yaml", []byte(text))
	if err != nil {
		return nil, err
	}
	description, err := protojson.Marshal(described)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(text))
	record := func() domain.Record {
		return domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: now, UpdatedAt: now}
	}
	set = &domain.RuleSet{Record: record(), Name: "bench-rules", RegionCode: domain.NationCode, Kind: domain.RuleFile}
	v := &domain.RuleSetVersion{Record: record(), RuleSetID: set.ID, Version: "1.0.0", SHA256: hex.EncodeToString(sum[:]), Size: int64(len(text)), State: domain.VersionChecked,
		Description: description, UploadedBy: "bench", CheckedAt: &now, RuleSet: set}
	return v, store.Transact(ctx, func(ctx context.Context) error {
		if err := store.AddArtefact(ctx, v.SHA256, v.Size, now, bytes.NewReader([]byte(text))); err != nil {
			return err
		}
		if _, err := store.AddRuleSet(ctx, set); err != nil {
			return err
		}
		return store.AddVersion(ctx, v)
	})
}

// Try runs the rule and measures what is done with it.
func (s *simulator) Try(ctx context.Context, v *domain.RuleSetVersion, region string, given json.RawMessage, do func(context.Context, trials.Candidate) error) error {
	version := host.Version{Kind: v.RuleSet.Kind, RuleSet: v.RuleSet.Name, Version: v.Version, SHA256: v.SHA256,
		Artefact: func(ctx context.Context, to io.Writer) error { return s.db.Catalogue().Artefact(ctx, v.SHA256, to) }}
	s.again = func(ctx context.Context, do func(context.Context, host.Candidate) error) error {
		return s.Host.Try(ctx, version, region, given, do)
	}
	return s.again(ctx, func(ctx context.Context, c host.Candidate) error {
		counted := &counting{Candidate: c}
		before, err := s.used()
		if err != nil {
			return err
		}
		began := time.Now()
		if err := do(ctx, counted); err != nil {
			return err
		}
		after, err := s.used()
		if err != nil {
			return err
		}
		m := &s.all
		m.Seconds += time.Since(began).Seconds()
		m.Self, m.National, m.Rules, m.Database = m.Self+after[0]-before[0], m.National+after[1]-before[1], m.Rules+after[2]-before[2], m.Database+after[3]-before[3]
		own, parts, err := load.Peaks(os.Getpid(), national.Name, declarative.Name)
		if err != nil {
			return err
		}
		m.SelfPeak, m.NationalPeak, m.RulePeak = max(m.SelfPeak, own), max(m.NationalPeak, parts[national.Name]), max(m.RulePeak, parts[declarative.Name])
		s.items += counted.items
		return nil
	})
}

// Shadow and Recall are what no simulation asks for.
func (s *simulator) Shadow(context.Context, *domain.RuleSetVersion, string, json.RawMessage, func(context.Context, trials.Candidate) error) error {
	return fmt.Errorf("there is no shadow here")
}

func (s *simulator) Recall(content []byte) (any, error) { return host.Recall(content) }

// counting counts questions.
type counting struct {
	host.Candidate
	items int
}

func (c *counting) Verdicts(ctx context.Context, questions []workflow.Question) []workflow.Judgement {
	c.items += len(questions)
	return c.Candidate.Verdicts(ctx, questions)
}

// used gives the CPU seconds so far of this process, of the national rules, of the rule file and of the database.
func (s *simulator) used() (u [4]float64, err error) {
	own, parts, err := load.Parts(os.Getpid(), national.Name, declarative.Name)
	if err != nil {
		return u, err
	}
	database, err := load.Of(s.database)
	if err != nil {
		return u, err
	}
	return [4]float64{own, parts[national.Name], parts[declarative.Name], database[0].CPU}, nil
}

// plain sends so many questions straight to the rule's process.
func (s *simulator) plain(ctx context.Context, c host.Candidate, items int) error {
	requests, err := s.requests(ctx, c)
	if err != nil {
		return err
	}
	if len(requests) == 0 {
		return errors.New("the rule was asked nothing, so there is nothing to compare with")
	}
	before, err := s.used()
	if err != nil {
		return err
	}
	began, sent := time.Now(), 0
	for sent < items {
		for _, r := range requests {
			out, err := c.Client.Evaluate(ctx, r)
			if err != nil {
				return err
			}
			if len(out.GetAnswers()) != len(r.GetQuestions()) {
				return fmt.Errorf("%d answers to %d questions", len(out.GetAnswers()), len(r.GetQuestions()))
			}
			if sent += len(r.GetQuestions()); sent >= items {
				break
			}
		}
	}
	after, err := s.used()
	if err != nil {
		return err
	}
	m := &s.all
	m.Plain, m.PlainSeconds, m.PlainSelf, m.PlainRules = sent, time.Since(began).Seconds(), after[0]-before[0], after[2]-before[2]
	return nil
}

// requests gives what is sent for the first programmes, in the batches of a simulation.
func (s *simulator) requests(ctx context.Context, c host.Candidate) (all []*rulespb.EvaluateRequest, err error) {
	store, reached := s.db.Trials(), ""
	for made := 0; made < plainItems; {
		turns, err := store.NextActive(ctx, domain.NationCode, reached, 500)
		if err != nil || len(turns) == 0 {
			return all, err
		}
		wanted := make([]workflow.Wanted, len(turns))
		for i, t := range turns {
			wanted[i] = workflow.Wanted{ProgrammeID: t.ProgrammeID, Kinds: c.Needs()}
		}
		read, err := s.db.Moving().Facts(ctx, wanted)
		if err != nil {
			return nil, err
		}
		var questions []workflow.Question
		for i := range read {
			if q, asks := read[i].State().Question(&read[i].Facts, time.Now()); asks {
				questions = append(questions, q)
			}
		}
		all = append(all, c.Requests(questions)...)
		made, reached = made+len(questions), turns[len(turns)-1].Code
	}
	return all, nil
}
