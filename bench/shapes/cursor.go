package shapes

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/graph/gid"
)

// Ask sends a request to a peer and gives its answer.
type Ask func(body []byte) ([]byte, error)

// OpenCursor is the cursor of the limit server: what it says, in plain base64.
func OpenCursor(p Place) string {
	return base64.RawURLEncoding.EncodeToString([]byte(p.UpdatedAt.UTC().Format(time.RFC3339Nano) + "|" + p.ID.String()))
}

// ReadOpenCursor reads a cursor of the limit server.
func ReadOpenCursor(cursor string) (at time.Time, id uuid.UUID, err error) {
	plain, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return at, id, err
	}
	when, which, ok := strings.Cut(string(plain), "|")
	if !ok {
		return at, id, errors.New("a cursor holds an instant and an id")
	}
	if at, err = time.Parse(time.RFC3339Nano, when); err != nil {
		return at, id, err
	}
	id, err = uuid.Parse(which)
	return at, id, err
}

// mostPages bounds the search for one cursor, in pages of 100.
const mostPages = 200

// SealedCursor asks a Berdaya server for the cursor of a place. Its cursors are sealed, so that nobody can make one up; but one
// of a filtered list serves the whole list in the same order, so it is looked for among the programmes of the place's region.
func SealedCursor(ask Ask, p Place) (string, error) {
	const query = `query Find($region: String!, $after: String) { programmes(filter: {region: {is: $region}}, first: 100, after: $after) ` +
		`{ edges { cursor node { id } } pageInfo { hasNextPage endCursor } } }`
	wanted := gid.New("Programme", p.ID)
	var after *string
	for range mostPages {
		body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]any{"region": p.Region, "after": after}})
		if err != nil {
			return "", err
		}
		raw, err := ask(body)
		if err != nil {
			return "", err
		}
		var answer struct {
			Data struct {
				Programmes struct {
					Edges []struct {
						Cursor string
						Node   struct{ ID string }
					}
					PageInfo struct {
						HasNextPage bool
						EndCursor   *string
					}
				}
			}
		}
		if err := json.Unmarshal(raw, &answer); err != nil {
			return "", fmt.Errorf("the answer is not JSON: %w", err)
		}
		for _, e := range answer.Data.Programmes.Edges {
			if e.Node.ID == wanted {
				return e.Cursor, nil
			}
		}
		after = answer.Data.Programmes.PageInfo.EndCursor
		if !answer.Data.Programmes.PageInfo.HasNextPage {
			break
		}
	}
	return "", fmt.Errorf("programme %s is not in the list of region %s: %w", p.ID, p.Region, errNotFound)
}

var errNotFound = errors.New("no cursor found")

var endCursor = regexp.MustCompile(`"endCursor":"[^"]*"`)

// Comparable takes the cursors out of an answer, which differ from peer to peer; all else must be the same, byte by byte.
func Comparable(answer []byte) string {
	return endCursor.ReplaceAllString(string(answer), `"endCursor":""`)
}

// Difference says where two answers differ, with what stands there; "" where they are the same.
func Difference(want, got []byte) string {
	w, g := Comparable(want), Comparable(got)
	if w == g {
		return ""
	}
	at := 0
	for at < min(len(w), len(g)) && w[at] == g[at] {
		at++
	}
	from := max(0, at-60)
	return fmt.Sprintf("at byte %d: want …%.160s…, got …%.160s…", at, w[from:], g[from:])
}
