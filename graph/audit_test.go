package graph_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	graphqlJSON = "application/graphql-response+json"
	plainJSON   = "application/json"
)

// audit is one statement of the GraphQL over HTTP specification, by its name in the audits of graphql-http.
type audit struct {
	id, says string
	accept   string
	query    string // of the address: a GET
	body     string // a POST
	untyped  bool   // without a Content-Type

	status   [2]int // from, to
	media    string // in the answer
	noErrors bool
	noData   bool
}

var (
	ok       = [2]int{200, 200}
	bad      = [2]int{400, 400}
	refused  = [2]int{400, 499}
	refusal  = [2]int{400, 599}
	typename = `{"query":"{ __typename }"}`
	typed    = `{"query":"query Type($name: String!) { __type(name: $name) { name } }","variables":{"name":"sometype"}}`
	typedGET = "query=" + url.QueryEscape("query Type($name: String!) { __type(name: $name) { name } }") + "&variables=" + url.QueryEscape(`{"name":"sometype"}`)
)

func audits() []audit {
	all := []audit{
		{id: "22EB", says: "accepts application/graphql-response+json and matches it", accept: graphqlJSON, body: typename, status: ok, media: graphqlJSON},
		{id: "4655", says: "accepts application/json and matches it", accept: plainJSON, body: typename, status: ok, media: plainJSON},
		{id: "47DE", says: "accepts */* and uses application/json", accept: "*/*", body: typename, status: ok, media: plainJSON},
		{id: "80D8", says: "assumes application/json when accept is missing", body: typename, status: ok, media: plainJSON},
		{id: "82A3", says: "answers in UTF-8", body: typename, status: ok, media: "charset=utf-8"},
		{id: "BF61", says: "accepts a request in UTF-8", body: `{"query":"{ __type(name: \"Run🏃Swim🏊\") { name } }"}`, status: ok},
		{id: "78D5", says: "assumes UTF-8", body: typename, status: ok},
		{id: "2C94", says: "accepts POST", body: typename, status: ok},
		{id: "5A70", says: "accepts GET", query: "query=%7B__typename%7D", status: ok},
		{id: "9C48", says: "executes no mutation on GET", accept: graphqlJSON, query: "query=mutation%7B__typename%7D", status: refused},
		{id: "9ABE", says: "refuses a POST without a content-type", body: typename, untyped: true, status: refused},
		{id: "03D4", says: "accepts application/json", body: typename, status: ok},
		{id: "A5BF", says: "refuses a POST without a body", body: "", status: bad},
		{id: "423L", says: "refuses a request without a query", accept: graphqlJSON, body: `{"notquery":"{ __typename }"}`, status: bad},
		{id: "34A2", says: "takes a string query", accept: graphqlJSON, body: typename, status: ok},
		{id: "13EE", says: "takes a string query", accept: plainJSON, body: typename, status: ok, noErrors: true},
		{id: "8161", says: "takes a string operationName", accept: graphqlJSON, body: `{"query":"query Query { __typename }","operationName":"Query"}`, status: ok},
		{id: "B8B3", says: "takes a string operationName", accept: plainJSON, body: `{"query":"query Query { __typename }","operationName":"Query"}`, status: ok, noErrors: true},
		{id: "2EA1", says: "takes a map of variables", accept: graphqlJSON, body: typed, status: ok},
		{id: "28B9", says: "takes a map of variables", accept: plainJSON, body: typed, status: ok, noErrors: true},
		{id: "D6D5", says: "takes variables in the address", accept: graphqlJSON, query: typedGET, status: ok, noErrors: true},
		{id: "6A70", says: "takes variables in the address", accept: plainJSON, query: typedGET, status: ok, noErrors: true},
		{id: "428F", says: "takes a map of extensions", accept: graphqlJSON, body: `{"query":"{ __typename }","extensions":{"some":"value"}}`, status: ok},
		{id: "1B7A", says: "takes a map of extensions", accept: plainJSON, body: `{"query":"{ __typename }","extensions":{"some":"value"}}`, status: ok, noErrors: true},
		{id: "B6DC", says: "refuses what is not JSON", accept: plainJSON, body: `{ "not a JSON`, status: [2]int{200, 599}},
		{id: "BCF8", says: "refuses what is not JSON with 400", accept: plainJSON, body: `{ "not a JSON`, status: bad},
		{id: "B7N8", says: "refuses what is not JSON with 400", accept: graphqlJSON, body: `{ "not a JSON`, status: bad},
		{id: "8764", says: "refuses wrong parameters", body: `{"qeury":"{ __typename }"}`, status: refusal},
		{id: "3E3A", says: "refuses wrong parameters with 400", body: `{"qeury":"{ __typename }"}`, status: bad},
		{id: "572B", says: "200 when the document cannot be parsed", accept: plainJSON, body: `{"query":"{"}`, status: ok},
		{id: "FDE2", says: "200 when the document is not valid", accept: plainJSON, body: `{"query":"{ 8f31403dfe404bccbb0e835f2629c6a7 }"}`, status: ok},
		{id: "7B9B", says: "200 when a variable cannot be coerced", accept: plainJSON, body: `{"query":"query CoerceFailure($id: ID!){ __typename }","variables":{"id":null}}`, status: ok},
		{id: "865D", says: "refuses a document that cannot be parsed", accept: graphqlJSON, body: `{"query":"{"}`, status: refusal},
		{id: "556A", says: "refuses it with 400", accept: graphqlJSON, body: `{"query":"{"}`, status: bad},
		{id: "D586", says: "without data", accept: graphqlJSON, body: `{"query":"{"}`, status: bad, noData: true},
		{id: "51FE", says: "refuses a document that is not valid", accept: graphqlJSON, body: `{"query":"{ 8f31403dfe404bccbb0e835f2629c6a7 }"}`, status: refusal},
		{id: "74FF", says: "refuses it with 400", accept: graphqlJSON, body: `{"query":"{ 8f31403dfe404bccbb0e835f2629c6a7 }"}`, status: bad},
		{id: "5E5B", says: "without data", accept: graphqlJSON, body: `{"query":"{ 8f31403dfe404bccbb0e835f2629c6a7 }"}`, status: bad, noData: true},
		{id: "86EE", says: "400 when a variable cannot be coerced", accept: graphqlJSON, body: `{"query":"query CoerceFailure($id: ID!){ __typename }","variables":{"id":null}}`, status: bad},
	}
	wrong := []string{`{"obj":"ect"}`, "0", "false", `["array"]`}
	wrongMap := []string{`"string"`, "0", "false", `["array"]`}
	digit := func(i int) string { return string(rune('0' + i)) }
	for i := range wrong {
		all = append(all,
			audit{id: "LKJ" + digit(i), says: "refuses a query of the wrong type", body: `{"query":` + wrong[i] + `}`, status: bad},
			audit{id: "6C0" + digit(i), says: "refuses an operationName of the wrong type", body: `{"query":"{ __typename }","operationName":` + wrong[i] + `}`, status: bad},
			audit{id: "476" + digit(i), says: "refuses variables of the wrong type", body: `{"query":"{ __typename }","variables":` + wrongMap[i] + `}`, status: bad},
			audit{id: "58B" + digit(i), says: "refuses extensions of the wrong type", body: `{"query":"{ __typename }","extensions":` + wrongMap[i] + `}`, status: bad},
		)
	}
	for i, name := range []string{"variables", "operationName", "extensions"} {
		body := `{"query":"{ __typename }","` + name + `":null}`
		all = append(all,
			audit{id: "94B" + digit(i), says: "takes null for " + name, accept: graphqlJSON, body: body, status: ok, noErrors: true},
			audit{id: "022" + digit(i), says: "takes null for " + name, accept: plainJSON, body: body, status: ok, noErrors: true},
		)
	}
	return all
}

func TestGraphQLOverHTTPIsSpokenAsSpecified(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	if n := len(audits()); n != 61 {
		t.Errorf("%d audits", n)
	}
	for _, c := range audits() {
		header := map[string]string{"Authorization": "Bearer " + s.token}
		method, target := http.MethodPost, "/graphql"
		if c.query != "" {
			method, target = http.MethodGet, target+"?"+c.query
		} else if !c.untyped {
			header["Content-Type"] = plainJSON
		}
		if c.accept != "" {
			header["Accept"] = c.accept
		}
		a := s.do(t, method, target, c.body, header)
		if a.status < c.status[0] || a.status > c.status[1] || !strings.Contains(a.header.Get("Content-Type"), c.media) ||
			c.noErrors && len(a.errors) > 0 || c.noData && a.hasData {
			t.Errorf("%s %s: %d %s %s", c.id, c.says, a.status, a.header.Get("Content-Type"), a.body)
		}
	}
}

// TestTheAuditsOfGraphqlHTTPPass runs graphql-http's own audits. BERDAYA_GRAPHQL_AUDIT is the folder of a runner, installed:
// node run.mjs URL --header "K: V" prints a line for each audit and, with --strict, fails where one does.
func TestTheAuditsOfGraphqlHTTPPass(t *testing.T) {
	t.Parallel()
	runner := os.Getenv("BERDAYA_GRAPHQL_AUDIT")
	if runner == "" {
		t.Skip("BERDAYA_GRAPHQL_AUDIT is not set")
	}
	s := serve(t, nil)
	server := httptest.NewServer(s)
	defer server.Close()
	for _, how := range [][]string{{"--strict"}, {"--strict", "--raw"}} {
		args := append([]string{filepath.Join(runner, "run.mjs"), server.URL + "/graphql", "--header", "Authorization: Bearer " + s.token}, how...)
		out, err := exec.CommandContext(t.Context(), "node", args...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "61 ok, 0 warn, 0 fail") {
			t.Errorf("%v: %v\n%s", how, err, out)
		}
	}
}
