package declarative_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/berdaya/berdaya/plugins/declarative"
)

// hostile are files that are made to keep a reader busy, of about so many bytes.
var hostile = map[string]func(size int) string{
	"lists in lists": func(n int) string { return strings.Repeat("- ", n/2) },
	"lists in lines": func(n int) string { return strings.Repeat(strings.Repeat("- ", 45)+"x\n", n/92) },
	"open brackets":  func(n int) string { return strings.Repeat("[", n) },
	"brackets in lines": func(n int) string {
		return "rules:\n" + strings.Repeat("- "+strings.Repeat("[", 99)+strings.Repeat("]", 99)+"\n", n/201)
	},
	"keys in keys":     func(n int) string { return strings.Repeat("? ", n/2) },
	"anchors":          func(n int) string { return "a: &a [x]\n" + strings.Repeat("b: [*a, *a]\n", n/12) },
	"tags":             func(n int) string { return strings.Repeat("!a ", n/3) },
	"many rules":       func(n int) string { return "rules:\n" + strings.Repeat("- {code: A}\n", n/12) },
	"many keys":        func(n int) string { return numbered("key%d: value\n", n/16) },
	"keys in brackets": func(n int) string { return "a: {b: {c: 1}" + numbered(", key%d: value", n/17) + "}" },
	"small mappings": func(n int) string {
		return "a:\n" + strings.Repeat("  - b: {c: 1, d: 2}\n    e:\n      f: 1\n      g: 2\n", n/49)
	},
	"one long list":    func(n int) string { return "tests: [" + strings.Repeat("1,", n/2) + "1]" },
	"one long text":    func(n int) string { return "name: " + strings.Repeat("x ", n/2) },
	"one long literal": func(n int) string { return "name: |\n" + strings.Repeat("  x\n", n/4) },
	"one long quote":   func(n int) string { return "name: \"" + strings.Repeat(`\n`, n/2) + "\"" },
	"empty lines":      func(n int) string { return strings.Repeat("\n", n) },
	"facts without end": func(n int) string {
		return "tests:\n- facts: {needs: [" + strings.Repeat("{severity: 1}, ", n/15) + "]}"
	},
	"long expressions": func(n int) string {
		return "name: a\nversion: '1'\ntitle: {en: A, id: A}\nrules:\n" + numbered("  - {code: R%d, title: {en: A, id: A}, when: {stages: [PLAN]}, assert: \"true"+
			strings.Repeat(" && needs.exists(n, n.id == '')", 250)+"\", message: {en: A, id: A}}\n", n/8000+4)
	},
	"loops in loops": func(int) string {
		return ruleOf(strings.Repeat("needs.all(n, needs.exists(m, ", 20)+"true"+strings.Repeat("))", 20), "")
	},
	"names in names": func(int) string { return ruleOf(growing(30, "[1]", "V + V", "V.size() > 0"), "") },
	"messages": func(int) string {
		return ruleOf("google.protobuf.ListValue{values: []} == google.protobuf.ListValue{}", "")
	},
	"formats": func(int) string { return ruleOf("'%s'.format([needs]) == ''", "") },
	"lines with errors": func(int) string {
		return strings.Replace(ruleOf("X", ""), "X", strings.Repeat("\n        nothing +", 600)+" 1", 1)
	},
	"a regular expression": func(int) string { return ruleOf("region.name.matches('"+strings.Repeat("(a{100}){100}", 3)+"')", "") },
	"schemas in schemas": func(int) string {
		return ruleOf("true", "parameters: {a: {type: object, properties: "+strings.Repeat("{a: {properties: ", 60)+"{}"+strings.Repeat("}}", 60)+"}}")
	},
	"too large": func(int) string { return strings.Repeat("x", declarative.FileMost+1) },
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestHostileFilesAreReadInGoodTime reads files that take some parsers minutes. The bound leaves room for a busy machine: what is
// looked for takes a hundred times as long. The long tier makes them as large as a file may be.
func TestHostileFilesAreReadInGoodTime(t *testing.T) {
	t.Parallel()
	size := 64 << 10
	if os.Getenv("BERDAYA_LONG") != "" {
		size = declarative.FileMost
	}
	for name, text := range hostile {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		begun, file := time.Now(), text(size)
		problems := declarative.Check(ctx, []byte(file[:min(len(file), declarative.FileMost+1)]))
		if ctx.Err() != nil || time.Since(begun) > 20*time.Second {
			t.Errorf("%s: %s", name, time.Since(begun))
		}
		if len(problems) == 0 || len(problems) > 200 {
			t.Errorf("%s: %d problems", name, len(problems))
		}
		cancel()
	}
}
