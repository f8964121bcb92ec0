// Protogen compiles the rules' contract, and how rule files are handed over, and writes their Go code. It needs no protoc: the compiler is a Go library and the two
// generators are tools of this module, so the same versions give the same bytes on every machine.
//
//	go -C tools run ./protogen
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

const (
	root   = ".." // the repository, seen from this module
	module = "github.com/berdaya/berdaya"
)

// sources are what Go code is written for.
var sources = []string{"plugins/rules/rules.proto", "plugins/declarative/files.proto"}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "protogen:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: []string{root}}),
		SourceInfoMode: protocompile.SourceInfoStandard, // comments become Go comments
	}
	for _, source := range sources {
		compiled, err := compiler.Compile(ctx, source)
		if err != nil {
			return err
		}
		request := &pluginpb.CodeGeneratorRequest{
			FileToGenerate: []string{source},
			Parameter:      proto.String("module=" + module),
			ProtoFile:      withImports(compiled[0], nil),
		}
		for _, generator := range []string{"protoc-gen-go", "protoc-gen-go-grpc"} {
			if err := generate(ctx, generator, request); err != nil {
				return fmt.Errorf("%s for %s: %w", generator, source, err)
			}
		}
	}
	return nil
}

// withImports gives a file after all the files it imports, as generators want them.
func withImports(f protoreflect.FileDescriptor, files []*descriptorpb.FileDescriptorProto) []*descriptorpb.FileDescriptorProto {
	for i := range f.Imports().Len() {
		files = withImports(f.Imports().Get(i), files)
	}
	for _, done := range files {
		if done.GetName() == f.Path() {
			return files
		}
	}
	return append(files, protoutil.ProtoFromFileDescriptor(f))
}

// generate hands the request to a generator and writes the files it answers with.
func generate(ctx context.Context, generator string, request *pluginpb.CodeGeneratorRequest) error {
	in, err := proto.Marshal(request)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "tool", generator)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return err
	}
	response := &pluginpb.CodeGeneratorResponse{}
	if err := proto.Unmarshal(out, response); err != nil {
		return err
	}
	if response.Error != nil {
		return fmt.Errorf("%s", response.GetError())
	}
	for _, f := range response.File {
		path := filepath.Join(root, filepath.FromSlash(f.GetName()))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(f.GetContent()), 0o644); err != nil {
			return err
		}
	}
	return nil
}
