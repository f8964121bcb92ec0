package plainyaml

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The limits of a file beyond its size.
const (
	mostDepth = 100     // mappings and lists within each other
	mostKeys  = 1000    // of one mapping
	mostWords = 200_000 // words, marks and comments
	mostTabs  = 10 << 20
)

// Reader reads one file, and notes all that is wrong with it.
type Reader struct {
	Problems Problems
	lines    []string
}

// Wrong notes what is wrong at a place.
func (r *Reader) Wrong(at Place, en, id string) { r.Problems.Note(at, en, id) }

// Parse gives the one document of a file of at most so many bytes. What is wrong with it as a whole is noted, and then ok is false.
// Whatever the parser does with a broken file, the process goes on.
func (r *Reader) Parse(text []byte, most int) (root ast.Node, ok bool) {
	defer func() {
		if recover() != nil {
			r.Wrong(Place{}, "the file cannot be read as YAML", "berkas tidak dapat dibaca sebagai YAML")
			root, ok = nil, false
		}
	}()
	switch {
	case len(text) > most:
		r.Wrong(Place{}, fmt.Sprintf("the file has more than %d bytes", most), fmt.Sprintf("berkas lebih dari %d bita", most))
		return nil, false
	case !utf8.Valid(text):
		r.Wrong(Place{}, "the file is not text in UTF-8", "berkas bukan teks UTF-8")
		return nil, false
	}
	all := strings.TrimPrefix(string(text), "\uFEFF") // some editors put it before UTF-8
	r.lines = strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(all), "\n")
	if !r.fewTabs() {
		return nil, false
	}
	tokens := lexer.Tokenize(all)
	if !r.plain(tokens) {
		return nil, false
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		at, says := Place{}, "it is not complete"
		if syntax := (*yaml.SyntaxError)(nil); errors.As(err, &syntax) {
			at, says = Standing(syntax.Token), syntax.Message
		}
		if strings.Contains(says, "found character '\t'") {
			r.Wrong(at, "a tab stands here; indent with spaces", "ada tab di sini; gunakan spasi untuk indentasi")
			return nil, false
		}
		r.Wrong(at, "this is no YAML: "+says, "ini bukan YAML: "+says)
		return nil, false
	}
	docs := slices.DeleteFunc(file.Docs, func(d *ast.DocumentNode) bool { return d == nil || d.Body == nil })
	switch len(docs) {
	case 0:
		r.Wrong(Place{}, "the file is empty", "berkas kosong")
		return nil, false
	case 1:
		return docs[0].Body, true
	}
	r.Wrong(Standing(docs[1].Body.GetToken()), "the file has more than one document", "berkas memuat lebih dari satu dokumen")
	return nil, false
}

// fewTabs refuses what no person writes: at each tab in a quoted text the scanner looks through the whole line.
func (r *Reader) fewTabs() bool {
	looks := 0
	for i, line := range r.lines {
		if looks += strings.Count(line, "\t") * len(line); looks > mostTabs {
			r.Wrong(Place{i + 1, 1}, "there are too many tabs in long lines; use spaces", "terlalu banyak tab dalam baris panjang; gunakan spasi")
			return false
		}
	}
	return true
}

// open is a mapping or a list that has begun and not ended.
type open struct {
	column int // of its keys or hyphens; 0 in brackets
	keys   int
}

// plain tells whether the words of a file are such that parsing them is quick: no anchors, by which a short file stands for
// a long one, nothing that lies very deep, as the parser calls itself at each level, and no mapping of very many keys, for which
// it takes time by their square.
func (r *Reader) plain(tokens token.Tokens) bool {
	if len(tokens) > mostWords {
		r.Wrong(Standing(tokens[mostWords]), fmt.Sprintf("the file has more than %d words and marks up to here", mostWords), fmt.Sprintf("sampai di sini berkas memuat lebih dari %d kata dan tanda", mostWords))
		return false
	}
	var all []open // those that the word at hand lies in, the innermost last
	// in goes on with what has its keys or hyphens in a column: what stands further right has ended.
	in := func(column int) *open {
		for len(all) > 0 && all[len(all)-1].column > column {
			all = all[:len(all)-1]
		}
		if len(all) == 0 || all[len(all)-1].column < column {
			all = append(all, open{column: column})
		}
		return &all[len(all)-1]
	}
	for i, t := range tokens {
		inBrackets := len(all) > 0 && all[len(all)-1].column == 0
		switch t.Type {
		case token.AnchorType, token.AliasType, token.TagType, token.MergeKeyType, token.MappingKeyType, token.DirectiveType:
			r.Wrong(Standing(t), fmt.Sprintf("%q is not used here; put text that begins so in quotes", Short(t.Value)),
				fmt.Sprintf("%q tidak dipakai di sini; beri tanda kutip pada teks yang diawali begitu", Short(t.Value)))
			return false
		case token.SequenceStartType, token.MappingStartType:
			all = append(all, open{})
		case token.SequenceEndType, token.MappingEndType:
			for len(all) > 0 && all[len(all)-1].column > 0 {
				all = all[:len(all)-1]
			}
			all = all[:max(len(all)-1, 0)]
		case token.SequenceEntryType:
			if !inBrackets {
				in(Standing(t).Column)
			}
		case token.MappingValueType:
			of := &open{}
			switch {
			case inBrackets:
				of = &all[len(all)-1]
			case i > 0:
				of = in(Standing(tokens[i-1]).Column)
			}
			if of.keys++; of.keys > mostKeys {
				r.Wrong(Standing(t), fmt.Sprintf("more than %d keys stand beside each other", mostKeys), fmt.Sprintf("lebih dari %d kunci berdampingan", mostKeys))
				return false
			}
		}
		if len(all) > mostDepth {
			r.Wrong(Standing(t), "things lie too deep within each other", "isi bertingkat terlalu dalam")
			return false
		}
	}
	return true
}
