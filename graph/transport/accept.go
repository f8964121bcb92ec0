package transport

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// The media types of an answer.
const (
	graphqlResponse = "application/graphql-response+json"
	plainJSON       = "application/json"
)

// negotiate gives the media type to answer with; "" where the client accepts none of ours. Without a wish, or where any type
// will do, it is application/json.
func negotiate(header http.Header) string {
	accept := strings.Join(header.Values("Accept"), ",")
	if strings.TrimSpace(accept) == "" {
		return plainJSON
	}
	best, bestQ := "", 0.0
	for i, part := range strings.Split(accept, ",") {
		if i == 50 {
			break
		}
		media, params, err := mime.ParseMediaType(part)
		if err != nil || !utf8Charset(params) {
			continue
		}
		q := 1.0
		if given, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(given, 64); err != nil {
				continue
			}
		}
		switch media {
		case "*/*", "application/*":
			media = plainJSON
		case graphqlResponse, plainJSON:
		default:
			continue
		}
		if q > bestQ || q == bestQ && q > 0 && media == graphqlResponse {
			best, bestQ = media, q
		}
	}
	return best
}

func utf8Charset(params map[string]string) bool {
	charset, given := params["charset"]
	return !given || strings.EqualFold(charset, "utf-8")
}
