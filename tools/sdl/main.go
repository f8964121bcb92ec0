// Command sdl writes the whole GraphQL schema as one file, as front-end tools read it: sorted by the parser, with all
// descriptions, and without the directive that only the server's own code knows.
//
// usage: sdl DIR FILE
package main

import (
	"bytes"
	"log"
	"os"
	"path/filepath"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
)

// internal is the directive that says where the read path takes over.
const internal = "stored"

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: sdl DIR FILE")
	}
	files, err := filepath.Glob(filepath.Join(os.Args[1], "*.graphqls"))
	if err != nil || len(files) == 0 {
		log.Fatalf("no *.graphqls in %s", os.Args[1])
	}
	var sources []*ast.Source
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			log.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: f, Input: string(text)})
	}
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		log.Fatal(err)
	}
	delete(schema.Directives, internal)
	for _, t := range schema.Types {
		for _, f := range t.Fields {
			var kept ast.DirectiveList
			for _, d := range f.Directives {
				if d.Name != internal {
					kept = append(kept, d)
				}
			}
			f.Directives = kept
		}
	}
	var out bytes.Buffer
	formatter.NewFormatter(&out, formatter.WithIndent("  ")).FormatSchema(schema)
	if err := os.WriteFile(os.Args[2], out.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}
