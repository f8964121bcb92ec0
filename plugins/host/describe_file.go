package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/conformance"
	"github.com/berdaya/berdaya/plugins/declarative/declarativepb"
	"github.com/berdaya/berdaya/plugins/rules"
)

// Of looking at a rule file while somebody waits for the answer.
const (
	describeMost = 30 * time.Second // in all
	filePatience = 2 * time.Second  // on top of the contract's deadlines, for a server that is busy
)

// DescribeFile compiles a rule file, runs the tests in it and tries whether it keeps the contract, in a process of its own, and gives
// what it says of itself. What is wrong with it is domain.Problems, each BAD_FILE, with file, line and column, or with the clause
// of the contract that it breaks; they call it name.
func (h *Host) DescribeFile(ctx context.Context, name string, text []byte) (described *rules.Description, err error) {
	ctx, cancel := context.WithTimeout(ctx, describeMost)
	defer cancel()
	defer func() {
		if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = domain.Errorf(domain.CodeRulesUnavailable, "the rule file could not be checked within %s; run 'berdaya rules test' to see whether its tests take long, and try again", describeMost).
				In(fmt.Sprintf("berkas aturan tidak selesai diperiksa dalam %s; jalankan 'berdaya rules test' untuk melihat apakah ujinya lama, lalu coba lagi", describeMost)).Because(err)
		}
	}()
	sum := sha256.Sum256(text)
	v := Version{File: name, SHA256: hex.EncodeToString(sum[:]), Kind: domain.RuleFile, Artefact: func(_ context.Context, to io.Writer) error {
		_, err := to.Write(text)
		return err
	}}
	err = h.try(ctx, h.checks, v, func(ctx context.Context, t *trial) error {
		out, err := declarativepb.NewRuleFilesClient(t.process.conn).Check(ctx, &declarativepb.CheckRequest{Name: name, File: text})
		if err != nil {
			return notRunning(t.process.explain(err))
		}
		if len(out.GetProblems()) > 0 {
			return problemsOfFile(name, out.GetProblems())
		}
		if err := t.introduce(ctx); err != nil {
			return err
		}
		checked := Checked{}
		described, checked.Findings = conformance.Check(ctx, t.process.rules, conformance.Options{Revision: trialRevision, Patience: filePatience, Clockless: true})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if problems := checked.Problems(); problems != nil {
			return problems
		}
		return nil
	})
	return described, err
}
