package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/definitions"
	"github.com/berdaya/berdaya/workflow"
)

// listMost is how many versions a list shows.
const listMost = 200

func newDefinitions() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "definitions",
		Short: "Say how long stages take and what reminds of it",
		Example: `  berdaya definitions check bandung.yaml
  berdaya definitions load bandung.yaml --region 32.73 --dry-run`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newDefinitionsCheck(), newDefinitionsLoad(), newDefinitionsList(), newDefinitionsShow())
	return cmd
}

func newDefinitionsCheck() *cobra.Command {
	return &cobra.Command{
		Use:     "check FILE",
		Short:   "Say all that is wrong with a definition's file",
		Example: `  berdaya definitions check bandung.yaml`,
		Args:    exactArgs(1, "one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			entries, err := readDefinition(args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is in order; it is about %s\n", filepath.Base(args[0]), counted(len(entries), "stage", "no stage"))
			return nil
		},
	}
}

func newDefinitionsLoad() *cobra.Command {
	var p definitions.Publication
	var data, note string
	cmd := &cobra.Command{
		Use:   "load FILE",
		Short: "Publish a definition for a region",
		Long: `Publishes a new version of a region's definition. It holds for the region and all below it that say nothing else about a
stage, on every server within about a second, and for stages that are entered from then on; a stage that is under way keeps
its due date and timers. All that is wrong with the file is listed at once, and then nothing is published.`,
		Example: `  berdaya definitions load bandung.yaml --region 32.73 --note "longer training, as agreed in March"
  berdaya definitions load bandung.yaml --region 32.73 --dry-run`,
		Args: exactArgs(1, "one file"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if p.Stages, err = readDefinition(args[0]); err != nil {
				return err
			}
			if note != "" {
				p.Note = &note
			}
			return withStore(cmd, data, func(store *db.DB) error {
				v, err := definitionsOn(store).Load(cmd.Context(), p)
				if err != nil {
					return err
				}
				switch {
				case v.Same:
					fmt.Fprintf(cmd.OutOrStdout(), "version %d of %s says the same already, so nothing was published; this holds there:\n", v.Version, v.Region)
				case p.DryRun:
					fmt.Fprintf(cmd.OutOrStdout(), "dry run, nothing was published; with version %d this would hold in %s:\n", v.Version, v.Region)
				default:
					fmt.Fprintf(cmd.OutOrStdout(), "version %d of %s is published; this holds there now:\n", v.Version, v.Region)
				}
				return showCourse(cmd.OutOrStdout(), v.Course)
			})
		},
	}
	cmd.Flags().StringVar(&p.RegionCode, "region", "", "the region's code, such as 32.73; ID is the nation")
	cmd.Flags().StringVar(&note, "note", "", "why, for whoever looks later")
	cmd.Flags().BoolVar(&p.DryRun, "dry-run", false, "only say what would hold")
	_ = cmd.MarkFlagRequired("region")
	dataFlag(cmd, &data)
	return cmd
}

func newDefinitionsList() *cobra.Command {
	var region, data string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List what was published, the newest first",
		Example: `  berdaya definitions list --region 32.73`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, data, func(store *db.DB) error {
				of := &region
				if region == "" {
					of = nil
				}
				versions, err := store.Definitions().Versions(cmd.Context(), of, listMost)
				if err != nil {
					return err
				}
				if len(versions) == 0 {
					fmt.Fprintln(cmd.OutOrStdout(), "nothing was published; what comes with the program holds ('berdaya definitions show --region ID --effective')")
					return nil
				}
				table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				fmt.Fprintln(table, "REGION\tVERSION\tSTAGES\tPUBLISHED\tBY\tNOTE")
				for _, v := range versions {
					note := ""
					if v.Note != nil {
						note = *v.Note
					}
					fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%s\t%s\n", v.Region, v.Version, len(v.Stages), v.At.UTC().Format("2006-01-02 15:04"), v.Author, note)
				}
				return table.Flush()
			})
		},
	}
	cmd.Flags().StringVar(&region, "region", "", "only those of this region, by its code")
	dataFlag(cmd, &data)
	return cmd
}

func newDefinitionsShow() *cobra.Command {
	var region, data string
	var version int
	var effective bool
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show a region's definition, or all that holds for it",
		Long: `Shows the newest version of a region's own definition, or the one asked for, as a file that 'berdaya definitions load'
takes. With --effective it shows what holds for the region, and beside each stage whose definition says so.`,
		Example: `  berdaya definitions show --region 32.73 > bandung.yaml
  berdaya definitions show --region 32.73 --effective`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, data, func(store *db.DB) error {
				if effective {
					return showEffective(cmd, store, region)
				}
				d, err := store.Definitions().Version(cmd.Context(), region, version)
				if err != nil {
					return err
				}
				if d == nil {
					return domain.Errorf(domain.CodeNotFound, "region %q has no such definition of its own; --effective shows what holds there", region)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "# %s, version %d\n%s", d.Region, d.Version, definitions.Text(definitions.Ordered(d.Stages), nil))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&region, "region", domain.NationCode, "the region's code, such as 32.73; ID is the nation")
	cmd.Flags().IntVar(&version, "version", 0, "which version (default: the newest)")
	cmd.Flags().BoolVar(&effective, "effective", false, "all that holds for the region, and where it comes from")
	dataFlag(cmd, &data)
	return cmd
}

func showEffective(cmd *cobra.Command, store *db.DB, region string) error {
	if found, err := store.Definitions().Region(cmd.Context(), region); found == nil || err != nil {
		if err == nil {
			err = domain.Errorf(domain.CodeNotFound, "there is no region %q", region)
		}
		return err
	}
	course, err := definitionsOn(store).Courses.Course(cmd.Context(), region)
	if err != nil {
		return err
	}
	return showCourse(cmd.OutOrStdout(), course)
}

// showCourse writes what holds, and beside each stage where it comes from.
func showCourse(out io.Writer, course workflow.Course) error {
	stages := map[domain.Stage]workflow.Schedule{}
	for stage, s := range course {
		stages[stage] = s.Schedule
	}
	_, err := io.WriteString(out, definitions.Text(definitions.Ordered(stages), func(stage domain.Stage) string {
		return fmt.Sprintf("%s, version %d", course[stage].Region, course[stage].Version)
	}))
	return err
}

func readDefinition(path string) ([]definitions.Entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, domain.Errorf(domain.CodeBadFile, "%s cannot be read; give a file in YAML", path).Because(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, definitions.FileMost+1))
	if err != nil {
		return nil, domain.Errorf(domain.CodeBadFile, "%s cannot be read; give a file in YAML", path).Because(err)
	}
	return definitions.Parse(filepath.Base(path), text)
}

// definitionsOn gives the use case on a database.
func definitionsOn(store *db.DB) definitions.Definitions {
	return definitions.Definitions{Store: store.Definitions(), Courses: &definitions.Courses{Store: store.Definitions()}, Clock: domain.SystemClock{}, IDs: domain.RandomIDs{}}
}
