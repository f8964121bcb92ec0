package workflow

import (
	"fmt"
	"time"

	"github.com/berdaya/berdaya/domain"
)

// Transfer decides that another region governs a programme from now on, whatever its stage and status: where it stands in its
// work does not change, who sees it and which rules bind it does. It asks no rules, since those of the old region no longer
// apply and those of the new one have a say in the next move.
//
// Errors in Decision.Err: REASON_REQUIRED, BAD_USER_INPUT for a reason that is no good and for the region that it has already.
func Transfer(s State, region, actor, reason string, at time.Time) Decision {
	c := Command{Move: domain.Hold, Reason: &reason, At: at}.Tidy() // any move that needs a reason: the bounds are the same
	if c.Reason == nil {
		return Decision{Err: domain.Errorf(domain.CodeReasonRequired, "a transfer needs a reason").In("pengalihan memerlukan alasan").At("reason")}
	}
	if err := c.check(); err != nil {
		return Decision{Err: err}
	}
	if s.Region == region {
		return Decision{Err: domain.Errorf(domain.CodeBadUserInput, "region %s governs the programme already; choose another", region).
			In(fmt.Sprintf("program sudah berada di wilayah %s; pilih wilayah lain", region)).At("regionCode")}
	}
	e := event(s.ProgrammeID, actor, c.At)
	e.Kind, e.Version, e.Reason = domain.EventTransferred, s.Version+1, c.Reason
	e.FromStage, e.ToStage, e.FromStatus, e.ToStatus = &s.Stage, s.Stage, &s.Status, s.Status
	e.FromRegion, e.ToRegion = &s.Region, &region
	return Decision{Step: Step{ToStage: s.Stage, ToStatus: s.Status}, Event: e, After: s.after(e)}
}

// mistransferred tells why a transfer cannot follow a state; "" where it can.
func mistransferred(s State, e *domain.ProgrammeEvent) string {
	switch {
	case e.Move != nil || e.ToStage != s.Stage || e.ToStatus != s.Status:
		return "a transfer changes neither stage nor status"
	case e.FromRegion == nil || e.ToRegion == nil || *e.FromRegion == *e.ToRegion || s.Region != "" && *e.FromRegion != s.Region:
		return "it does not lead from the region that governed the programme to another"
	}
	return ""
}
