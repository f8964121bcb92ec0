package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far long work is: a bar on a terminal, nothing elsewhere.
type progress struct {
	out io.Writer
	bar *progressbar.ProgressBar
	now string
}

func newProgress() *progress {
	if term.IsTerminal(int(os.Stderr.Fd())) {
		return &progress{out: os.Stderr}
	}
	return &progress{out: io.Discard}
}

// at says that of what is being done, done of total is behind us.
func (p *progress) at(what string, done, total int) {
	if p.out == io.Discard {
		return
	}
	if p.now != what {
		p.end()
		p.now = what
		p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(p.out), progressbar.OptionSetDescription(what),
			progressbar.OptionSetWidth(30), progressbar.OptionShowCount(), progressbar.OptionThrottle(50*time.Millisecond),
			progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false))
	}
	if p.bar.GetMax() != total {
		p.bar.ChangeMax(total)
	}
	_ = p.bar.Set(done)
}

// end takes the bar away.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
		p.bar, p.now = nil, ""
	}
}
