package main

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// terminal is how wide help is, in characters: it fits into a terminal of 80 columns.
const terminal = 80

// helpful makes the help of a command and of all below it fit into a terminal. Examples stay as they are, to be pasted.
func helpful(root *cobra.Command) {
	helpWords()
	root.SetHelpTemplate(strings.Replace(root.HelpTemplate(), "{{. | trimTrailingWhitespaces}}", "{{. | trimTrailingWhitespaces | paragraphs}}", 1))
	root.SetUsageTemplate(strings.NewReplacer(
		".FlagUsages ", ".FlagUsagesWrapped 80 ",
		"{{rpad .Name .NamePadding }} {{.Short}}", "{{rpad .Name .NamePadding }} {{.Short | hanging .NamePadding}}",
	).Replace(root.UsageTemplate()))
}

// helpWords adds what the templates of help call; cobra has them once for the whole program.
var helpWords = sync.OnceFunc(func() {
	cobra.AddTemplateFunc("paragraphs", paragraphs)
	cobra.AddTemplateFunc("hanging", func(padding int, text string) string { return wrapped(text, 2+padding+1) })
})

// paragraphs wraps each paragraph of a text; what is indented is a table, and stays as it is.
func paragraphs(text string) string {
	all := strings.Split(text, "\n\n")
	for i, p := range all {
		if !strings.HasPrefix(p, "  ") {
			all[i] = wrapped(p, 0)
		}
	}
	return strings.Join(all, "\n\n")
}

// wrapped breaks a text between words where a line of the terminal ends. Lines but the first are indented.
func wrapped(text string, indent int) string {
	var out strings.Builder
	at := indent
	for i, word := range strings.Fields(text) {
		width := utf8.RuneCountInString(word)
		switch {
		case i > 0 && at+1+width > terminal:
			out.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		case i > 0:
			out.WriteByte(' ')
			at++
		}
		out.WriteString(word)
		at += width
	}
	return out.String()
}
