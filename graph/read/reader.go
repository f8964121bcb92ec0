package read

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/model"
	"github.com/berdaya/berdaya/internal/access"
)

// Port executes statements in one round trip and hands out their rows, as PostgreSQL sends them; package db implements it.
// params are the statements' parameters in binary, nil for NULL. A row is given with the number of its statement, and its
// values, nil for NULL, are only valid until row returns. An error that a person may have to read is a *domain.Error.
type Port interface {
	Rows(ctx context.Context, sql []string, params [][][]byte, row func(statement int, values [][]byte)) error
}

// Options say what a Reader answers.
type Options struct {
	Schema  *ast.Schema  // the schema that is served
	Key     []byte       // seals cursors; 16 bytes or more, the same on all servers
	Batches []Batch      // the fields that Go answers
	Clock   domain.Clock // nil: the system's
}

// The plans and outlines of documents that are kept; a plan is some ten kilobytes.
const (
	plansKept    = 2000
	outlinesKept = 1000
)

// Reader answers stored data. It is safe for concurrent use.
type Reader struct {
	port      Port
	schema    *ast.Schema
	catalogue catalogue
	sealer    *sealer
	clock     domain.Clock
	stages    map[domain.Locale]map[string]string
	statuses  map[domain.Locale]map[string]string

	plans    *cache[*plan]
	outlines *cache[*outline]
	outlined atomic.Uint64

	buffers sync.Pool // of *[]byte
	runs    sync.Pool // of *run
}

// New makes a Reader. It fails where a field of a stored type is answered by nothing, or by what does not fit its type.
func New(port Port, o Options) (*Reader, error) {
	if len(o.Key) < 16 {
		return nil, fmt.Errorf("the key that seals cursors has %d bytes; it needs 16 or more", len(o.Key))
	}
	c, err := newCatalogue()
	if err == nil {
		err = c.bind(o.Schema, o.Batches)
	}
	if err != nil {
		return nil, fmt.Errorf("the schema and the stored types do not fit: %w", err)
	}
	if o.Clock == nil {
		o.Clock = domain.SystemClock{}
	}
	rd := &Reader{port: port, clock: o.Clock, schema: o.Schema, catalogue: c, sealer: newSealer(o.Key), plans: newCache[*plan](plansKept), outlines: newCache[*outline](outlinesKept)}
	rd.buffers.New = func() any { return new([]byte) }
	rd.runs.New = func() any { return &run{numbers: map[string]int32{}} }
	if rd.stages, err = labelsOf("Stage"); err == nil {
		rd.statuses, err = labelsOf("Status")
	}
	return rd, err
}

// Stored is the directive @stored: it answers the field and all that is selected below it. A field of Query, and a list of the
// viewer's, is answered from its arguments; any other from the global id of what its resolver gives, a witness that needs nothing but the id.
func (rd *Reader) Stored(ctx context.Context, _ any, next graphql.Resolver) (any, error) {
	fc := graphql.GetFieldContext(ctx)
	actor := access.FromContext(ctx)
	if err := access.MayAct(actor); err != nil {
		return nil, err
	}
	var q *request
	if fc.Object == "Query" || fc.Object == "Viewer" {
		var err error
		if q, err = rd.rootRequest(fc, actor); err != nil {
			return nil, err
		}
	} else {
		witness, err := next(ctx)
		if err != nil {
			return nil, err
		}
		node, ok := witness.(model.Node)
		if v := reflect.ValueOf(witness); !ok || v.Kind() == reflect.Pointer && v.IsNil() {
			return graphql.Null, nil
		}
		q = &request{kind: askKeys, single: true}
		q.add(rd, node.GetID())
	}
	answered, err := rd.answer(ctx, fc, q, sightOf(actor))
	if err == nil && answered == graphql.Null && graphql.GetOperationContext(ctx).Operation.Operation == ast.Subscription {
		// What a stream is about may have gone from the reader's sight since the stream began.
		return nil, access.NotFound()
	}
	return answered, err
}

// answer plans, runs and writes a request.
func (rd *Reader) answer(ctx context.Context, fc *graphql.FieldContext, q *request, s *sight) (any, error) {
	oc := graphql.GetOperationContext(ctx)
	p, err := rd.planFor(fc, oc, q, s)
	if err != nil {
		return nil, err
	}
	r := rd.runs.Get().(*run)
	defer rd.release(r)
	r.reader, r.ctx, r.plan, r.request, r.sight, r.variables = rd, ctx, p, q, s, oc.Variables
	if err := r.execute(); err != nil {
		return nil, err
	}
	buffer := rd.buffers.Get().(*[]byte)
	w := writer{r: r, b: (*buffer)[:0]}
	ok := w.answer()
	*buffer = w.b
	if !ok {
		rd.buffers.Put(buffer)
		return graphql.Null, nil
	}
	return graphql.WriterFunc(func(out io.Writer) {
		_, _ = out.Write(*buffer)
		if cap(*buffer) <= pooled {
			rd.buffers.Put(buffer)
		}
		buffer = new([]byte) // written once only: what was given back is somebody else's
	}), nil
}

// pooled is the largest buffer that is kept for the next answer, in bytes.
const pooled = 1 << 20

// release keeps a run's memory for the next.
func (rd *Reader) release(r *run) {
	r.ctx, r.plan, r.request, r.sight, r.variables = nil, nil, nil, nil, nil
	clear(r.sql[:cap(r.sql)])
	clear(r.params[:cap(r.params)])
	clear(r.targets[:cap(r.targets)])
	clear(r.calls[:cap(r.calls)])
	total := 0
	for i := range r.results[:cap(r.results)] {
		total += cap(r.results[:cap(r.results)][i].rows.data)
	}
	if total <= pooled {
		rd.runs.Put(r)
	}
}
