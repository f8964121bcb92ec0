package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
)

// words is a checker of rule files that are a name, a version, and "wrong" where they are.
type words struct{}

func (words) File(_ context.Context, name string, text []byte) (json.RawMessage, error) {
	w := strings.Fields(string(text))
	if len(w) != 2 {
		e := domain.Errorf(domain.CodeBadFile, "%s, line 2, column 5: it is wrong", name).In("salah")
		e.Params = map[string]any{"file": name, "line": 2, "column": 5}
		return nil, domain.Problems{e}
	}
	return json.Marshal(map[string]any{"name": w[0], "version": w[1], "title": map[string]string{"en": "Rules", "id": "Aturan"}})
}

func (words) Manifest(context.Context, io.Reader) (string, string, error) {
	return "", "", errors.New("no programs here")
}

func (words) Program(context.Context, *domain.RuleSetVersion) (json.RawMessage, error) {
	return nil, errors.New("no programs here")
}

func noParameters(_ string, given json.RawMessage) error {
	if given == nil {
		return nil
	}
	return domain.Problems{domain.Errorf(domain.CodeBadUserInput, "it takes none").At("parameters")}
}

const uploading = `mutation($input: UploadRuleSetInput!) { uploadRuleSet(input: $input) { version { version state size sha256 uploadedBy title ruleSet { name regionCode } } userErrors { code message path params } } }`

// part is a part of a form.
type part struct{ name, file, content string }

// form writes parts, and leaves out the last so many bytes.
func form(cut int, parts ...part) (body []byte, media string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		h := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q`, p.name)}}
		if p.file != "" {
			h.Set("Content-Disposition", fmt.Sprintf(`form-data; name=%q; filename=%q`, p.name, p.file))
		}
		into, _ := w.CreatePart(h)
		_, _ = into.Write([]byte(p.content))
	}
	_ = w.Close()
	return b.Bytes()[:b.Len()-cut], w.FormDataContentType()
}

func operations(query string, input map[string]any) part {
	text, _ := json.Marshal(map[string]any{"query": query, "variables": map[string]any{"input": input}})
	return part{name: "operations", content: string(text)}
}

// uploads posts a form as somebody.
func (v *village) uploads(subject, media string, body io.Reader, header ...string) (status int, text string) {
	v.Helper()
	r, err := http.NewRequestWithContext(v.Context(), http.MethodPost, v.url, body)
	if err != nil {
		v.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {media}, "Accept": {"application/graphql-response+json"}, "Accept-Language": {"en"}}
	if subject != "" {
		r.Header.Set("Authorization", "Bearer "+subject)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		v.Fatal(err)
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	if err != nil {
		v.Fatal(err)
	}
	return answer.StatusCode, string(all)
}

func TestARuleFileIsUploadedAndPutToWorkOverHTTP(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	_, programme := v.begun()
	body, media := form(0, operations(uploading, map[string]any{"file": nil, "regionCode": "32"}), part{"map", "", `{"0": ["variables.input.file"]}`}, part{"0", "../jabar.yaml", "jabar 1"})
	for range 2 {
		status, text := v.uploads("citra", media, bytes.NewReader(body))
		if want := `{"data":{"uploadRuleSet":{"version":{"version":"1","state":"CHECKED","size":7,"sha256":"`; status != 200 || !strings.HasPrefix(text, want) ||
			!strings.HasSuffix(text, `","uploadedBy":"citra","title":"Rules","ruleSet":{"name":"jabar","regionCode":"32"}},"userErrors":[]}}}`) {
			t.Fatal(status, text)
		}
	}
	const activate = `mutation($input: ActivateRuleSetInput!) { activateRuleSet(input: $input) { activation { revision mode region { code } version { version } } revision programmes userErrors { code path } } }`
	input := map[string]any{"ruleSet": "jabar", "version": "1", "regionCode": "32.04", "mode": "EVERYONE", "dryRun": true}
	same := func(what string, got any, want string) {
		t.Helper()
		if text, _ := json.Marshal(got); string(text) != want {
			t.Errorf("%s: %s\nwant %s", what, text, want)
		}
	}
	same("a dry run", v.ask("citra", activate, map[string]any{"input": input})["activateRuleSet"], `{"activation":null,"programmes":1,"revision":1,"userErrors":[]}`)
	input["dryRun"], input["parameters"] = false, map[string]any{"days": 1}
	same("wrong parameters", v.ask("citra", activate, map[string]any{"input": input})["activateRuleSet"],
		`{"activation":null,"programmes":null,"revision":null,"userErrors":[{"code":"BAD_USER_INPUT","path":["input","parameters"]}]}`)
	delete(input, "parameters")
	same("an activation", v.ask("citra", activate, map[string]any{"input": input})["activateRuleSet"],
		`{"activation":{"mode":"EVERYONE","region":{"code":"32.04"},"revision":1,"version":{"version":"1"}},"programmes":null,"revision":1,"userErrors":[]}`)
	same("by whoever may not", v.ask("ani", activate, map[string]any{"input": input})["activateRuleSet"],
		`{"activation":null,"programmes":null,"revision":null,"userErrors":[{"code":"FORBIDDEN","path":["input"]}]}`)
	const asks = `query($id: ID!) { rulesInForce(region: "32.04.05.2001") { nodes { regionCode ruleSet { name title } version { version } } }
		ruleSet(name: "jabar") { versions { totalCount nodes { version } } events { totalCount } } programme(id: $id) { rules { ruleSet version revision regionCode } } }`
	got := v.ask("ani", asks, map[string]any{"id": gid.New("Programme", uuid.MustParse(programme))})
	same("what is in force", got["rulesInForce"], `{"nodes":[{"regionCode":"32.04","ruleSet":{"name":"jabar","title":"Rules"},"version":{"version":"1"}}]}`)
	same("the rule set", got["ruleSet"], `{"events":{"totalCount":0},"versions":{"nodes":[{"version":"1"}],"totalCount":1}}`)
	same("what binds the programme", got["programme"], `{"rules":[{"regionCode":"32.04","revision":1,"ruleSet":"jabar","version":"1"}]}`)
	same("the trail for an admin", v.ask("citra", `{ ruleSet(name: "jabar") { events { nodes { action actor } } } }`, nil)["ruleSet"],
		`{"events":{"nodes":[{"action":"UPLOADED","actor":"citra"},{"action":"CHECKED","actor":"system:check"},{"action":"ACTIVATED","actor":"citra"}]}}`)
	for _, command := range []string{
		`withdrawRuleSet(input: {ruleSet: "jabar", version: "1"}) { userErrors { code } }`, `deactivateRuleSet(input: {ruleSet: "jabar", regionCode: "32.04"}) { revision }`,
		`rollbackRuleSet(input: {ruleSet: "jabar", regionCode: "32.04", expectedRevision: 2}) { revision }`, `approveRuleSet(input: {ruleSet: "jabar", version: "1"}) { userErrors { code } }`,
	} {
		want := map[byte]string{'w': `{"userErrors":[{"code":"RULE_SET_IN_USE"}]}`, 'd': `{"revision":2}`, 'r': `{"revision":3}`, 'a': `{"userErrors":[{"code":"FORBIDDEN"}]}`}[command[0]]
		for _, answer := range v.ask("citra", "mutation { "+command+" }", nil) {
			same(command, answer, want)
		}
	}
}

func TestAWrongUploadIsRefused(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	ops := operations(uploading, map[string]any{"file": nil, "regionCode": "32"})
	places, file := part{"map", "", `{"0": ["variables.input.file"]}`}, part{"0", "jabar.yaml", "jabar 1"}
	need := operations(`mutation($input: CreateNeedInput!) { createNeed(input: $input) { userErrors { code } } }`, map[string]any{"title": nil})
	two := operations(`mutation($input: UploadRuleSetInput!) { a: uploadRuleSet(input: $input) { userErrors { code } } b: uploadRuleSet(input: $input) { userErrors { code } } }`, map[string]any{"file": nil})
	for name, c := range map[string]struct {
		cut   int
		parts []part
		want  string
	}{
		"cut off in the file":           {60, []part{ops, places, {"0", "f", strings.Repeat("x", 200)}}, "400 BAD_USER_INPUT"},
		"cut off after the file":        {30, []part{ops, places, file}, "400 BAD_USER_INPUT"},
		"no file":                       {0, []part{ops, places}, "400 BAD_USER_INPUT"},
		"no map":                        {0, []part{ops, file}, "400 BAD_USER_INPUT"},
		"no operations":                 {0, []part{places, file}, "400 BAD_USER_INPUT"},
		"the file first":                {0, []part{file, ops, places}, "400 BAD_USER_INPUT"},
		"two files":                     {0, []part{ops, places, file, file}, "400 BAD_USER_INPUT"},
		"another file":                  {0, []part{ops, places, {"1", "f", "x"}}, "400 BAD_USER_INPUT"},
		"a map of two":                  {0, []part{ops, {"map", "", `{"0": ["variables.input.file"], "1": ["variables.input.note"]}`}, file}, "400 BAD_USER_INPUT"},
		"a map of two places":           {0, []part{ops, {"map", "", `{"0": ["variables.input.file", "variables.input.note"]}`}, file}, "400 BAD_USER_INPUT"},
		"a map of no file":              {0, []part{ops, {"map", "", `{}`}, file}, "400 BAD_USER_INPUT"},
		"a map that is no JSON":         {0, []part{ops, {"map", "", `{`}, file}, "400 BAD_USER_INPUT"},
		"a map to nowhere":              {0, []part{ops, {"map", "", `{"0": ["variables.other.file"]}`}, file}, "400 BAD_USER_INPUT"},
		"a map to what is no variable":  {0, []part{ops, {"map", "", `{"0": ["query"]}`}, file}, "400 BAD_USER_INPUT"},
		"a map to what is not null":     {0, []part{ops, {"map", "", `{"0": ["variables.input.regionCode"]}`}, file}, "400 BAD_USER_INPUT"},
		"a map that is too long":        {0, []part{ops, {"map", "", `{"0": ["` + strings.Repeat("x", 2000) + `"]}`}, file}, "413 TOO_LARGE"},
		"a mutation that takes no file": {0, []part{need, {"map", "", `{"0": ["variables.input.title"]}`}, file}, "400 BAD_USER_INPUT"},
		"two uploads":                   {0, []part{two, places, file}, "400 BAD_USER_INPUT"},
		"operations that are no JSON":   {0, []part{{"operations", "", "x"}, places, file}, "400 BAD_USER_INPUT"},
		"a batch":                       {0, []part{{"operations", "", "[" + ops.content + "]"}, places, file}, "400 BAD_USER_INPUT"},
		"operations that are too large": {0, []part{{"operations", "", ops.content + strings.Repeat(" ", 1<<20)}, places, file}, "413 TOO_LARGE"},
		"a document that is wrong":      {0, []part{operations(`mutation { nothing }`, map[string]any{"file": nil}), places, file}, "400 GRAPHQL_VALIDATION_FAILED"},
		"a rule file that is too large": {0, []part{ops, places, {"0", "f", strings.Repeat("x", domain.MaxRuleFile+1)}}, "200 TOO_LARGE"},
		"an empty file":                 {0, []part{ops, places, {"0", "f", ""}}, "200 BAD_USER_INPUT"},
		"a rule file that is wrong":     {0, []part{ops, places, {"0", `C:\x\jabar.yaml`, "wrong"}}, `200 BAD_FILE`},
	} {
		body, media := form(c.cut, c.parts...)
		status, text := v.uploads("citra", media, bytes.NewReader(body))
		of, code, _ := strings.Cut(c.want, " ")
		if fmt.Sprint(status) != of || !strings.Contains(text, `"code":"`+code+`"`) {
			t.Errorf("%s: %d %s", name, status, text)
		}
		if name == "a rule file that is wrong" && !strings.Contains(text, `"params":{"column":5,"file":"jabar.yaml","line":2}`) {
			t.Errorf("%s: %s", name, text)
		}
	}
	body, media := form(0, ops, places, file)
	for name, c := range map[string]struct {
		subject string
		header  []string
		want    string
	}{
		"nobody":                   {"", nil, "401 UNAUTHENTICATED"},
		"whoever may not":          {"ani", nil, "403 FORBIDDEN"},
		"a page of another origin": {"citra", []string{"Sec-Fetch-Site", "cross-site"}, "403 FORBIDDEN"},
		"compressed":               {"citra", []string{"Content-Encoding", "gzip"}, "415 BAD_USER_INPUT"},
		"without a boundary":       {"citra", []string{"Content-Type", "multipart/form-data"}, "400 BAD_USER_INPUT"},
	} {
		status, text := v.uploads(c.subject, media, bytes.NewReader(body), c.header...)
		of, code, _ := strings.Cut(c.want, " ")
		if fmt.Sprint(status) != of || !strings.Contains(text, `"code":"`+code+`"`) {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	if n := v.count(`select count(*) from rule_sets`); n != 0 {
		t.Error("something was stored")
	}
	if data, _, err := v.post(t.Context(), "citra", uploading, map[string]any{"input": map[string]any{"file": "x", "regionCode": "32"}}); err == nil || !strings.Contains(err.Error(), "BAD_USER_INPUT") {
		t.Error("a text is taken for a file:", data, err)
	}
}

// endless is a file that never ends. A client's connection may still read from it when the answer is there.
type endless struct{ read atomic.Int64 }

func (e *endless) Read(b []byte) (int, error) {
	e.read.Add(int64(len(b)))
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

func TestAFileThatIsTooLargeIsReadNoFurther(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	whole, media := form(0, operations(uploading, map[string]any{"file": nil, "regionCode": "32"}), part{"map", "", `{"0": ["variables.input.file"]}`}, part{"0", "f", "BEGINS"})
	head, _, _ := bytes.Cut(whole, []byte("BEGINS"))
	rest := new(endless)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.url, io.MultiReader(bytes.NewReader(head), rest))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {media}, "Authorization": {"Bearer citra"}}
	answer, err := http.DefaultClient.Do(r)
	if err == nil { // a client may also see the connection end while it still writes
		defer answer.Body.Close()
		if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(string(text), "TOO_LARGE") {
			t.Error(answer.StatusCode, string(text))
		}
	}
	if read := rest.read.Load(); read < domain.MaxRuleProgram || read > domain.MaxRuleProgram+16<<20 {
		t.Errorf("%d bytes were read", read)
	}
}
