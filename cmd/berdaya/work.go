package main

import (
	"cmp"
	"time"

	"github.com/berdaya/berdaya/db/jobs"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/history"
)

// Of verifying all histories: how often, unless somebody chose otherwise, and what may be chosen.
const (
	verifyEvery  = 24 * time.Hour
	verifyMost   = time.Hour
	verifySeldom = 7 * 24 * time.Hour
)

// work lists what the server does later or every so often.
func (sv *server) work(s settings) jobs.Config {
	checks := history.Checks{Store: sv.db.Histories(), Clock: domain.SystemClock{}, Log: sv.log}
	return jobs.Config{
		Logger:   sv.log,
		Workers:  []jobs.Worker{{Kind: history.CheckKind, Limit: 1, Work: checks.Run}},
		Periodic: []jobs.Periodic{{Kind: history.CheckKind, Every: cmp.Or(s.VerifyEvery, verifyEvery)}},
	}
}
