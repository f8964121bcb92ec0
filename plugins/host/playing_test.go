package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/berdaya/berdaya/plugins/declarative/declarativepb"
	"github.com/berdaya/berdaya/plugins/rules"
)

// officeSet is a rule set that warns with its version, its region and its parameters, and plans something that its version
// names. It has a fault, or "".
type officeSet struct {
	rules.Set
	fault string
	mu    sync.Mutex
	says  string
}

func newOfficeSet(name, version, fault string) *officeSet {
	switch fault {
	case "does not start":
		fmt.Fprintln(os.Stderr, "the configuration is missing")
		os.Exit(3)
	case "never says":
		select {}
	}
	s := &officeSet{fault: fault}
	s.Set = rules.Set{Name: name, Version: version, Title: rules.Text{EN: name, ID: name}, OnConfigure: s.configure, Stages: map[string]rules.StageWork{},
		ParametersSchema: `{"type": "object", "properties": {"days": {"type": "integer", "minimum": 1}}, "additionalProperties": false}`}
	s.Rules = []rules.Rule{{Code: "SAYS", Title: rules.Text{EN: "Says", ID: "Berkata"}, Stages: rules.Stages, Moves: rules.Moves,
		Severity: rules.Warn, Waivable: rules.ByNobody, Check: s.check}}
	for _, stage := range rules.Stages {
		s.Stages[stage] = rules.StageWork{Checklist: []rules.Item{{Code: "DO", Title: rules.Text{EN: version, ID: version}}}}
	}
	switch fault {
	case "wants needs":
		s.Facts = []string{rules.Needs}
	case "other version":
		s.Version += "-other"
	}
	return s
}

func (s *officeSet) configure(region string, parameters map[string]any) error {
	if s.fault == "refuses" {
		return errors.New("not in this region")
	}
	text, err := json.Marshal(parameters)
	if len(parameters) == 0 {
		text = []byte("{}")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.says = fmt.Sprintf("%s %s %s", s.Version, region, text)
	return err
}

func (s *officeSet) check(*rules.Question) rules.Text {
	switch s.fault {
	case "slow":
		time.Sleep(300 * time.Millisecond)
	case "late":
		time.Sleep(time.Minute)
	case "dies":
		os.Exit(5)
	case "eats":
		eat()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return rules.Text{EN: s.says, ID: s.says}
}

// fileServer holds files of three lines: name, version, fault.
type fileServer struct {
	declarativepb.UnimplementedRuleFilesServer
	mu   sync.Mutex
	sets map[string]*officeSet
	text map[string][]byte
}

// serveFiles plays the stock program.
func serveFiles() {
	f := &fileServer{sets: map[string]*officeSet{}, text: map[string][]byte{}}
	rules.ServeMany(func(revision string) (rules.RuleSet, func(), error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if s := f.sets[revision]; s != nil {
			return s, func() {}, nil
		}
		return nil, nil, fmt.Errorf("no revision %s is held", revision)
	}, func(s grpc.ServiceRegistrar) { declarativepb.RegisterRuleFilesServer(s, f) })
}

func (f *fileServer) Load(_ context.Context, in *declarativepb.LoadRequest) (*declarativepb.LoadResponse, error) {
	lines := strings.Split(string(in.GetFile()), "\n")
	switch {
	case len(lines) != 3:
		return &declarativepb.LoadResponse{Problems: []*declarativepb.Problem{{Line: 1, Column: 2, En: "three lines belong here", Id: "seharusnya tiga baris"}}}, nil
	case lines[2] == "problem":
		return &declarativepb.LoadResponse{Problems: []*declarativepb.Problem{{Line: 3, Column: 1, En: "there is no field age", Id: "tidak ada isian age"}}}, nil
	case lines[2] == "kills":
		os.Exit(6)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if held := f.text[in.GetRevision()]; held != nil && !bytes.Equal(held, in.GetFile()) {
		return nil, errors.New("another file is held under this revision")
	}
	f.sets[in.GetRevision()], f.text[in.GetRevision()] = newOfficeSet(lines[0], lines[1], lines[2]), in.GetFile()
	fmt.Fprintf(os.Stderr, "loaded %s\n", in.GetRevision())
	return &declarativepb.LoadResponse{}, nil
}

func (f *fileServer) Unload(_ context.Context, in *declarativepb.UnloadRequest) (*declarativepb.UnloadResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.sets, in.GetRevision())
	delete(f.text, in.GetRevision())
	fmt.Fprintf(os.Stderr, "unloaded %s, %d are held\n", in.GetRevision(), len(f.sets))
	return &declarativepb.UnloadResponse{}, nil
}
