package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/remote"
	"github.com/berdaya/berdaya/plugins/host"
)

// Of waiting for the check of what was uploaded.
const (
	waitDefault = 2 * time.Minute
	waitMost    = 30 * time.Minute
	waitStep    = 500 * time.Millisecond
)

// shownVersion is a version as a server shows it.
type shownVersion struct {
	ID          string        `json:"id,omitempty"`
	Version     string        `json:"version"`
	State       string        `json:"state"`
	StateLabel  string        `json:"stateLabel"`
	Title       string        `json:"title,omitempty"`
	UploadedBy  string        `json:"uploadedBy,omitempty"`
	SHA256      string        `json:"sha256,omitempty"`
	ApprovedBy  string        `json:"approvedBy,omitempty"`
	CreatedAt   time.Time     `json:"createdAt,omitzero"`
	Size        int64         `json:"size,omitempty"`
	Note        string        `json:"note,omitempty"`
	Problems    []shownFault  `json:"problems,omitempty"`
	RuleSet     *shownRuleSet `json:"ruleSet,omitempty"`
	Description *struct {
		Rules []struct{ Code, Title string } `json:"rules"`
	} `json:"description,omitempty"`
}

type shownFault struct {
	Message string `json:"message"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
}

const versionFields = "id version state stateLabel title uploadedBy sha256 size problems { message file line column } ruleSet { name kind regionCode } description { rules { code title } }"

func newPluginUpload() *cobra.Command {
	var region, note string
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "upload PATH",
		Short: "Upload a version of a rule set and wait until it is checked",
		Long: `Uploads a rule file (YAML), a folder with a program and its plugin.yaml, or the tar.gz of one. The name and version are those that
it says itself. A rule file is checked at once, and each problem comes with its line and column; a program is checked by the
server, which this waits for.

A rule file can be activated then. A program runs on every server, so another person, a national admin, approves it first:
berdaya plugin approve. The same content again is the same version; other content needs another version.`,
		Example: `  berdaya plugin upload jawa-barat.yaml --region 32 --note "Training days by district"
  berdaya plugin upload ./surabaya --region 35.78`,
		Args: oneArg("the path of a rule file, or of a folder with plugin.yaml", "jalur berkas aturan, atau folder dengan plugin.yaml"),
	}
	asking(cmd, func(ctx context.Context, a *asked, args []string) error {
		if wait < 0 || wait > waitMost {
			return usagef("--wait is from 0s to %s, not %s", "--wait antara 0s dan %s, bukan %s", waitMost, wait)
		}
		v, err := a.upload(ctx, args[0], region, note)
		if err != nil {
			return err
		}
		a.say("uploaded %s@%s", "terunggah %s@%s", v.RuleSet.Name, v.Version)
		if v, err = a.checked(ctx, v, wait); err != nil {
			return err
		}
		return a.outcome(v)
	})
	regionFlag(cmd, &region)
	cmd.Flags().Lookup("region").Usage = "the code of the region that a new rule set belongs to, such as 32; not needed for one that is there"
	cmd.Flags().StringVar(&note, "note", "", "what there is to say of it")
	cmd.Flags().DurationVar(&wait, "wait", waitDefault, "how long to wait for the check, up to 30m; 0s does not wait")
	return cmd
}

// upload sends what lies at a path.
func (a *asked) upload(ctx context.Context, path, region, note string) (*shownVersion, error) {
	file, name, err := toSend(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	input := map[string]any{"file": nil}
	for field, value := range map[string]string{"regionCode": region, "note": note} {
		if value != "" {
			input[field] = value
		}
	}
	var answer struct {
		UploadRuleSet struct {
			Version    *shownVersion
			UserErrors []remote.UserError
		}
	}
	bar := newProgress()
	defer bar.end()
	label := a.in("uploading", "mengunggah")
	err = a.client.Send(ctx, "mutation($input: UploadRuleSetInput!) { uploadRuleSet(input: $input) { version { "+versionFields+" } "+remote.Fields+" } }",
		map[string]any{"input": input}, "variables.input.file", name, file, func(sent int64) { bar.at(label, int(sent), int(info.Size())) }, &answer)
	bar.end()
	if err != nil {
		return nil, err
	}
	if wrong := answer.UploadRuleSet.UserErrors; len(wrong) > 0 {
		return nil, a.inFile(path, wrong)
	}
	if answer.UploadRuleSet.Version == nil {
		return nil, errors.New("the server did not say what became of it")
	}
	return answer.UploadRuleSet.Version, nil
}

// toSend opens what is to be sent; a folder is packed first, into a file without a name.
func toSend(path string) (*os.File, string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, "", domain.Errorf(domain.CodeBadUserInput, "there is nothing at %s", path).In("tidak ada apa-apa di " + path)
	}
	if !info.IsDir() {
		file, err := os.Open(path)
		return file, filepath.Base(path), err
	}
	packed, err := os.CreateTemp("", "berdaya-pack-")
	if err != nil {
		return nil, "", err
	}
	_ = os.Remove(packed.Name())
	if _, err = host.Pack(packed, path, nil); err == nil {
		_, err = packed.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = packed.Close()
		return nil, "", err
	}
	return packed, filepath.Base(path) + ".tar.gz", nil
}

// inFile shows what is wrong with a file as compilers do, and gives the rest as the error.
func (a *asked) inFile(path string, wrong []remote.UserError) error {
	var others []remote.UserError
	shown := 0
	for _, w := range wrong {
		line, ok := w.Params["line"].(float64)
		column, _ := w.Params["column"].(float64)
		if !ok {
			others = append(others, w)
			continue
		}
		a.fault(shownFault{Message: w.Message, File: path, Line: int(line), Column: int(column)})
		shown++
	}
	if shown > 0 {
		en, id := fmt.Sprintf("%s in %s; nothing was uploaded", counted(shown, "problem", ""), path), fmt.Sprintf("%d masalah di %s; tidak ada yang diunggah", shown, path)
		return domain.Errorf(domain.CodeBadFile, "%s", en).In(id)
	}
	return remote.Problems(others)
}

// fault writes a problem with its place first, once.
func (a *asked) fault(f shownFault) {
	if f.Line == 0 {
		fmt.Fprintln(a.err, f.Message)
		return
	}
	message := f.Message
	if _, after, ok := strings.Cut(message, fmt.Sprintf(" %d: ", f.Column)); ok { // the place is said before it
		message = after
	}
	fmt.Fprintf(a.err, "%s:%d:%d: %s\n", f.File, f.Line, f.Column, message)
}

// checked waits until a version is checked, and gives it as it is then.
func (a *asked) checked(ctx context.Context, v *shownVersion, wait time.Duration) (*shownVersion, error) {
	ends := time.Now().Add(wait)
	for v.State == string(domain.VersionUploaded) && time.Now().Before(ends) {
		select {
		case <-time.After(waitStep):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		var answer struct{ Node *shownVersion }
		if err := a.client.Ask(ctx, "query($id: ID!) { node(id: $id) { ... on RuleSetVersion { "+versionFields+" } } }", map[string]any{"id": v.ID}, &answer); err != nil {
			return nil, err
		}
		if answer.Node == nil {
			return nil, errors.New("the version is gone")
		}
		v = answer.Node
	}
	return v, nil
}

// outcome says what became of an upload and what to do next.
func (a *asked) outcome(v *shownVersion) error {
	if a.json {
		if err := a.show(v); err != nil {
			return err
		}
	}
	name := v.RuleSet.Name + "@" + v.Version
	switch domain.VersionState(v.State) {
	case domain.VersionUploaded:
		a.say("it is still being checked; see: berdaya plugin show %s", "masih diperiksa; lihat: berdaya plugin show %s", v.RuleSet.Name)
	case domain.VersionFailed:
		for _, p := range v.Problems {
			a.fault(p)
		}
		return domain.Errorf(domain.CodeBadFile, "%s does not keep the contract; try it with: berdaya plugin check", name).
			In(name + " tidak memenuhi kontrak; coba dengan: berdaya plugin check")
	case domain.VersionChecked:
		if v.RuleSet.Kind == string(domain.RuleProgram) {
			a.say("checked; now another national admin approves it: berdaya plugin approve %s", "lolos pemeriksaan; sekarang admin nasional lain menyetujuinya: berdaya plugin approve %s", name)
			return nil
		}
		a.say("checked; put it to work with: berdaya plugin activate %s --region %s", "lolos pemeriksaan; jalankan dengan: berdaya plugin activate %s --region %s", name, v.RuleSet.RegionCode)
	default:
		a.say("it was uploaded before and is %s", "sudah pernah diunggah, statusnya %s", v.StateLabel)
	}
	return nil
}
