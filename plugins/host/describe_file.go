package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/plugins/declarative/declarativepb"
	"github.com/berdaya/berdaya/plugins/rules"
)

// DescribeFile compiles a rule file and runs the tests in it, in a process of its own, and gives what it says of itself. What is wrong
// with it is domain.Problems, each BAD_FILE with file, line and column; they call it name.
func (h *Host) DescribeFile(ctx context.Context, name string, text []byte) (described *rules.Description, err error) {
	sum := sha256.Sum256(text)
	v := Version{File: name, SHA256: hex.EncodeToString(sum[:]), Kind: domain.RuleFile, Artefact: func(_ context.Context, to io.Writer) error {
		_, err := to.Write(text)
		return err
	}}
	err = h.try(ctx, h.trials, v, func(ctx context.Context, t *trial) error {
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
		described = t.description
		return nil
	})
	return described, err
}
