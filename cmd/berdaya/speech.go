package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/domain"
)

// langFlag is the flag by which a command is told which language to speak.
const langFlag = "lang"

// speech is the language that a command speaks.
type speech struct {
	language string // as --lang says; empty: by the environment
	locale   domain.Locale
}

func (s *speech) flags(cmd *cobra.Command) { s.flagsOf(cmd.Flags()) }

// flagsOf adds the flag to the flags of a command, or to those of all below it.
func (s *speech) flagsOf(flags interface {
	StringVar(to *string, name, value, usage string)
}) {
	flags.StringVar(&s.language, langFlag, "", "the language: id or en (default: by LANG)")
}

// read finds out which language it is.
func (s *speech) read() error {
	if s.locale = localeOf(s.language); s.language != "" && s.language != string(s.locale) {
		return usagef("--lang is id or en, not %q", "--lang berisi id atau en, bukan %q", s.language)
	}
	return nil
}

func (s *speech) in(en, id string) string { return domain.Text{EN: en, ID: id}.In(s.locale) }

// localeOf gives the language that somebody said, or else that of the environment: Indonesian unless it says English.
func localeOf(said string) domain.Locale {
	if said == "" {
		for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
			if said = os.Getenv(name); said != "" {
				break
			}
		}
	}
	if strings.HasPrefix(said, "en") {
		return domain.English
	}
	return domain.Indonesian
}

// spokenBy gives the language that the errors of a command are said in: English where it has no choice.
func spokenBy(cmd *cobra.Command) domain.Locale {
	if f := cmd.Flag(langFlag); f != nil {
		return localeOf(f.Value.String())
	}
	return domain.English
}

// usagef makes an error of the command line that is said in the language of the command.
func usagef(en, id string, args ...any) error {
	return usageError{domain.Errorf(domain.CodeBadUserInput, en, args...).In(fmt.Sprintf(id, args...))}
}

// oneArg wants one word, and says what it is.
func oneArg(en, id string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usagef("this needs "+en+", and got %d", "perintah ini memerlukan "+id+", dan mendapat %d", len(args))
		}
		return nil
	}
}

// said gives the message of an error in a language, led by what it is about.
func said(err error, locale domain.Locale) string {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || e.Text.EN == "" {
		return err.Error()
	}
	spoken := *e
	spoken.Message = e.Text.In(locale)
	return spoken.Error()
}

// printable passes text on to a terminal without what could steer it: a rule set says much of what is shown.
type printable struct{ to io.Writer }

func (w printable) Write(text []byte) (int, error) {
	_, err := w.to.Write(bytes.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return unicode.ReplacementChar
		}
		return r
	}, text))
	return len(text), err
}
