package guard

import (
	"container/list"
	"context"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
)

// weight is how many bytes a parsed document takes for each byte of its text, and of what keeps it. Measured: 30 to 60 for
// dense documents, less with blanks.
const (
	weight   = 60
	overhead = 1024
)

// Documents keeps valid documents by their text, those used last, in a bounded number of bytes. It fits
// graphql.Cache[*ast.QueryDocument], whose executor adds only what is valid.
type Documents struct {
	most int

	mu    sync.Mutex
	bytes int
	byKey map[string]*list.Element
	used  *list.List // of *kept, the one used last in front
}

type kept struct {
	text string
	doc  *ast.QueryDocument
}

// NewDocuments makes an empty one that keeps at most this many bytes, by estimate. A document that alone would take more than
// an eighth of it is not kept.
func NewDocuments(bytes int) *Documents {
	return &Documents{most: bytes, byKey: map[string]*list.Element{}, used: list.New()}
}

// Get gives the document of a text that is kept.
func (d *Documents) Get(_ context.Context, text string) (*ast.QueryDocument, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, there := d.byKey[text]
	if !there {
		return nil, false
	}
	d.used.MoveToFront(at)
	return at.Value.(*kept).doc, true
}

// Add keeps a document, and lets go of those not used for longest where there is no room.
func (d *Documents) Add(_ context.Context, text string, doc *ast.QueryDocument) {
	size := estimate(text)
	if size > d.most/8 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, there := d.byKey[text]; there {
		return
	}
	d.byKey[text] = d.used.PushFront(&kept{text, doc})
	d.bytes += size
	for d.bytes > d.most {
		oldest := d.used.Remove(d.used.Back()).(*kept)
		delete(d.byKey, oldest.text)
		d.bytes -= estimate(oldest.text)
	}
}

func estimate(text string) int { return overhead + weight*len(text) }
