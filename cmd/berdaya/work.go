package main

import (
	"log/slog"

	"github.com/berdaya/berdaya/db/jobs"
)

// work lists what the server does later or every so often.
func (sv *server) work(log *slog.Logger) jobs.Config {
	return jobs.Config{Logger: log}
}
