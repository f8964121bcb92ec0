package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/standstill"
)

func newDiagram() *cobra.Command {
	var region, language, data string
	cmd := &cobra.Command{
		Use:   "diagram",
		Short: "Draw the stages and moves, with how many programmes stand where",
		Long: `Prints a diagram in the language of mermaid (https://mermaid.js.org), which many wikis and editors draw: the stages,
the moves between them, how many programmes stand where, and how many are late.`,
		Example: `  berdaya diagram
  berdaya diagram --region 32.73 --lang en`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			locale := domain.Locale(language)
			if locale != domain.Indonesian && locale != domain.English {
				return usageError{fmt.Errorf("--lang is id or en, not %q", language)}
			}
			return withStore(cmd, data, func(store *db.DB) error {
				everywhere := access.Actor{Subject: "system:diagram", Locale: locale, Grants: []access.Grant{{Role: domain.Auditor, Region: domain.NationCode}}}
				text, err := standstill.Diagrams{Store: store.Standing(), Clock: domain.SystemClock{}}.Draw(cmd.Context(), everywhere, standstill.Part{Region: region})
				if err != nil {
					return err
				}
				if region != "" {
					if found, err := store.Commands().Region(cmd.Context(), region); err != nil {
						return err
					} else if found == nil {
						return domain.Errorf(domain.CodeNotFound, "there is no region %s", region).In("tidak ada wilayah " + region)
					}
				}
				_, err = fmt.Fprint(cmd.OutOrStdout(), text)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&region, "region", "", "the code of a region: only what it and those below it govern (default: the nation)")
	cmd.Flags().StringVar(&language, "lang", string(domain.Indonesian), "the language: id or en")
	dataFlag(cmd, &data)
	return cmd
}
