package model

import "github.com/berdaya/berdaya/domain"

// Blocks gives blocks as the reader sees them.
func Blocks(blocks []domain.Block, l domain.Locale) []*Block {
	shown := make([]*Block, len(blocks))
	for i, b := range blocks {
		shown[i] = &Block{RuleSet: b.RuleSet, Version: b.Version, Rule: b.Rule, Severity: b.Severity, Message: b.Message.In(l),
			Path: append([]string{}, b.Path...), Waivable: b.Waivable, Retry: b.Retry, Waived: b.Waived}
		if b.Region != "" {
			shown[i].Region = &b.Region
		}
	}
	return shown
}
