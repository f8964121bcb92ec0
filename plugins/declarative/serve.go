package declarative

import (
	"context"
	"log/slog"
	"runtime/debug"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/berdaya/berdaya/plugins/declarative/declarativepb"
	"github.com/berdaya/berdaya/plugins/rules"
)

// Name is the word by which the server starts the process for rule files.
const Name = "rule-files"

// Serve serves rule files to the server that started this process, and returns when it is told to stop.
func Serve() {
	held := newRevisions()
	rules.ServeMany(held.of, func(s grpc.ServiceRegistrar) { declarativepb.RegisterRuleFilesServer(s, &files{held: held}) })
}

// files is the service by which the server hands over rule files.
type files struct {
	declarativepb.UnimplementedRuleFilesServer
	held *revisions
}

// Check implements the service.
func (f *files) Check(ctx context.Context, in *declarativepb.CheckRequest) (out *declarativepb.CheckResponse, err error) {
	defer recovered(&err)
	problems := Check(ctx, in.GetFile())
	if ctx.Err() != nil {
		return nil, status.FromContextError(ctx.Err()).Err()
	}
	return &declarativepb.CheckResponse{Problems: told(problems)}, nil
}

// Load implements the service.
func (f *files) Load(ctx context.Context, in *declarativepb.LoadRequest) (out *declarativepb.LoadResponse, err error) {
	defer recovered(&err)
	problems, err := f.held.load(ctx, in.GetRevision(), in.GetFile())
	if err != nil {
		return nil, err
	}
	return &declarativepb.LoadResponse{Problems: told(problems)}, nil
}

// Unload implements the service.
func (f *files) Unload(ctx context.Context, in *declarativepb.UnloadRequest) (*declarativepb.UnloadResponse, error) {
	if err := f.held.unload(ctx, in.GetRevision()); err != nil {
		return nil, err
	}
	return &declarativepb.UnloadResponse{}, nil
}

func told(problems Problems) []*declarativepb.Problem {
	list := make([]*declarativepb.Problem, len(problems))
	for i, p := range problems {
		list[i] = &declarativepb.Problem{Line: int32(p.Line), Column: int32(p.Column), En: p.EN, Id: p.ID}
	}
	return list
}

// recovered makes a panic an error of the one call: the rule files of other regions go on.
func recovered(err *error) {
	if fault := recover(); fault != nil {
		slog.Error("a rule file could not be read", "fault", fault, "stack", string(debug.Stack()))
		*err = status.Error(codes.Internal, "the rule file could not be read")
	}
}
