package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/db/cluster"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/members"
	"github.com/berdaya/berdaya/internal/token"
)

// developmentTTL is how long a development token is good for.
const developmentTTL = 7 * 24 * time.Hour

func newToken() *cobra.Command {
	var data, role, region string
	var words []string
	for _, r := range domain.Roles {
		words = append(words, members.Word(domain.Role(r.Code)))
	}
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Print a development token",
		Long: `Prints one token for the 'berdaya dev' whose data are in --data, and nothing else: good for seven days, for a member with one
role in one region and all below it. A server started by 'berdaya serve' does not take it.`,
		Example: `  berdaya token --role coordinator --region 32.73
  curl -H "Authorization: Bearer $(berdaya token --role national-admin --region ID)" …`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := dataDir(data)
			if err != nil {
				return err
			}
			if info, err := os.Stat(dir); err != nil || !info.IsDir() {
				return domain.Errorf(domain.CodeBadUserInput,
					"there is no data folder %s: run 'berdaya dev' first, or say with --data where its data are", dir)
			}
			issuer, err := developmentIssuer(dir)
			if err != nil {
				return err
			}
			text, err := issuer(role, region)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), text)
			return nil
		},
	}
	cmd.Flags().StringVar(&role, "role", "viewer", "one of "+strings.Join(words, ", "))
	cmd.Flags().StringVar(&region, "region", domain.NationCode, "a region's code, such as 32.73; ID is the nation")
	dataFlag(cmd, &data)
	return cmd
}

// developmentIssuer makes development tokens for the server whose data are in a folder.
func developmentIssuer(dir string) (func(role, region string) (string, error), error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, domain.Errorf(domain.CodeUnavailable, "the data folder cannot be made: %w", err)
	}
	secret, err := token.EnsureSecret(secretFile(dir))
	if err != nil {
		return nil, err
	}
	issuer := token.NewIssuer(secret, time.Now)
	return func(role, region string) (string, error) {
		subject, err := members.DevelopmentSubject(role, region)
		if err != nil {
			return "", err
		}
		return issuer.Issue(subject, developmentTTL)
	}, nil
}

func secretFile(dir string) string { return filepath.Join(dir, "token.secret") }

func dataFlag(cmd *cobra.Command, data *string) {
	cmd.Flags().StringVar(data, "data", "", "the folder that holds the private PostgreSQL and the token secret (default: berdaya in the user's data folder)")
}

// dataDir gives the data folder, absolute.
func dataDir(flag string) (string, error) {
	if flag == "" {
		return cluster.DataDir()
	}
	return filepath.Abs(flag)
}
