package model

import (
	"maps"
	"slices"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
)

// Blocks gives blocks as the reader sees them.
func Blocks(blocks []domain.Block, l domain.Locale) []*Block {
	shown := make([]*Block, len(blocks))
	for i, b := range blocks {
		shown[i] = &Block{RuleSet: b.RuleSet, Version: b.Version, Rule: b.Rule, Severity: b.Severity, Message: b.Message.In(l),
			Path: append([]string{}, b.Path...), Waivable: b.Waivable, Retry: b.Retry, Waived: b.Waived,
			Values: []*BlockValue{}, LiftableBy: lifting(b.LiftableBy, l), Waiver: openWaiver(b.Waiver, l)}
		if b.Region != "" {
			shown[i].Region = &b.Region
		}
		if title := b.Title.In(l); title != "" {
			shown[i].Title = &title
		}
		for _, name := range slices.Sorted(maps.Keys(b.Values)) {
			shown[i].Values = append(shown[i].Values, &BlockValue{Name: name, Value: b.Values[name]})
		}
	}
	return shown
}

func lifting(by *domain.Lifting, l domain.Locale) *Lifting {
	if by == nil {
		return nil
	}
	shown := &Lifting{Roles: by.Roles, RegionCode: by.Region, ByReader: by.ByReader}
	for _, r := range by.Roles {
		shown.RoleLabels = append(shown.RoleLabels, domain.Roles.Label(string(r), l))
	}
	return shown
}

func openWaiver(w *domain.Waiver, l domain.Locale) *OpenWaiver {
	if w == nil {
		return nil
	}
	return &OpenWaiver{WaiverID: gid.New("Waiver", w.ID), State: w.State, StateLabel: domain.WaiverStates.Label(string(w.State), l),
		Reason: w.Reason, RequestedBy: w.RequestedBy, RequestedAt: w.CreatedAt, ExpiresOn: w.ExpiresOn}
}
