package mail_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/deliver"
	"github.com/berdaya/berdaya/internal/mail"
	"github.com/berdaya/berdaya/internal/mail/mailtest"
	"github.com/berdaya/berdaya/internal/notices"
	_ "github.com/berdaya/berdaya/internal/seeded"
)

var id = uuid.MustParse("018f0000-0000-7000-8000-000000000001")

func settings(t testing.TB, url string, s *mailtest.Server) mail.Settings {
	t.Helper()
	set, err := mail.ParseURL(url, "Berdaya <berdaya@example.org>")
	if err != nil {
		t.Fatal(err)
	}
	if s != nil && s.Pool != nil {
		set.TLS = &tls.Config{RootCAs: s.Pool}
	}
	return set
}

func message() mail.Message {
	return mail.Message{Delivery: id, At: time.Date(2026, 5, 4, 0, 0, 3, 0, time.UTC), To: "Rina <rina@example.org>", Locale: domain.Indonesian,
		Digest: notices.Digest{Subject: "Berdaya: Lewat tenggat (1) – …", Text: "Tahap Pelatihan é\n", HTML: "<p>Tahap <b>Pelatihan</b> é</p>"}}
}

func TestAMailArrivesInBothFormsUnderTheDeliverysID(t *testing.T) {
	t.Parallel()
	s := mailtest.New(t, mailtest.Options{})
	for range 2 { // sent twice it is the same
		if err := settings(t, "smtp://"+s.Addr, s).Send(t.Context(), message()); err != nil {
			t.Fatal(err)
		}
	}
	taken := s.Taken()
	if len(taken) != 2 {
		t.Fatalf("%d arrived", len(taken))
	}
	for _, m := range taken {
		if m.From != "berdaya@example.org" || m.To != "rina@example.org" {
			t.Errorf("from %s to %s", m.From, m.To)
		}
		parsed := m.Message(t)
		h := parsed.Header
		subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
		if err != nil || subject != "Berdaya: Lewat tenggat (1) – …" || h.Get("Message-Id") != "<"+id.String()+"@example.org>" ||
			h.Get("Auto-Submitted") != "auto-generated" || h.Get("Content-Language") != "id" || h.Get("Date") != "Mon, 04 May 2026 00:00:03 +0000" || h.Get("To") != "<rina@example.org>" {
			t.Errorf("%v %v", h, err)
		}
		_, params, err := mime.ParseMediaType(h.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		parts, got := multipart.NewReader(parsed.Body, params["boundary"]), ""
		for {
			p, err := parts.NextPart()
			if err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			b, _ := io.ReadAll(p)
			got += p.Header.Get("Content-Type") + "|" + strings.TrimSpace(string(b)) + "\n"
		}
		if want := "text/plain; charset=UTF-8|Tahap Pelatihan é\ntext/html; charset=UTF-8|<p>Tahap <b>Pelatihan</b> é</p>\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestMailIsEncryptedAndSignedInAsTheURLSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		server mailtest.Options
		url    string // with the address for %s
		tls    bool
		fails  string
	}{
		"STARTTLS":                        {mailtest.Options{StartTLS: true}, "smtp://%s?tls=mandatory", true, ""},
		"STARTTLS and a password":         {mailtest.Options{StartTLS: true, User: "u", Password: "p:/@"}, "smtp://u:p%%3A%%2F%%40@%s?tls=mandatory", true, ""},
		"a wrong password":                {mailtest.Options{StartTLS: true, User: "u", Password: "p"}, "smtp://u:secret@%s?tls=mandatory", true, "auth"},
		"STARTTLS where it is offered":    {mailtest.Options{StartTLS: true}, "smtp://%s", true, ""},
		"this machine without STARTTLS":   {mailtest.Options{}, "smtp://%s", false, ""},
		"STARTTLS that is not offered":    {mailtest.Options{}, "smtp://%s?tls=mandatory", false, "TLS"},
		"no TLS where it is not wanted":   {mailtest.Options{StartTLS: true}, "smtp://%s?tls=none", false, ""},
		"TLS from the start":              {mailtest.Options{TLS: true}, "smtps://%s", true, ""},
		"TLS from the start and password": {mailtest.Options{TLS: true, User: "u", Password: "p"}, "smtps://u:p@%s", true, ""},
		"smtps with one that has no TLS":  {mailtest.Options{}, "smtps://%s", false, "tls"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mailtest.New(t, c.server)
			err := settings(t, fmt.Sprintf(c.url, s.Addr), s).Send(t.Context(), message())
			if c.fails != "" {
				if err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(c.fails)) || strings.Contains(err.Error(), "secret") || len(s.Taken()) > 0 {
					t.Errorf("%v, %d arrived", err, len(s.Taken()))
				}
				if dies(err) {
					t.Error("it is not tried again, but the settings may be mended")
				}
				return
			}
			if err != nil || len(s.Taken()) != 1 || s.Taken()[0].TLS != c.tls || s.Taken()[0].User != c.server.User {
				t.Errorf("%v %+v", err, s.Taken())
			}
		})
	}
	s := mailtest.New(t, mailtest.Options{StartTLS: true})
	stranger := settings(t, "smtp://"+s.Addr+"?tls=mandatory", nil)
	if err := stranger.Send(t.Context(), message()); err == nil || !strings.Contains(err.Error(), "certificate") || dies(err) {
		t.Error("a certificate of nobody is trusted:", err)
	}
}

// dies tells whether an error gives a delivery up.
func dies(err error) bool {
	return errors.Is(err, deliver.ErrPermanent)
}

func TestWhatIsRefusedForGoodIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		o    mailtest.Options
		to   string
		dies bool
	}{
		"greylisting":            {mailtest.Options{Rcpt: func(string) error { return mailtest.Refuse(451, "come back later") }}, "", false},
		"no such user":           {mailtest.Options{Rcpt: func(to string) error { return mailtest.Refuse(550, "no such user: <"+to+">") }}, "", true},
		"a full mailbox":         {mailtest.Options{Data: func(string) error { return mailtest.Refuse(452, "full") }}, "", false},
		"refused as spam":        {mailtest.Options{Data: func(string) error { return mailtest.Refuse(554, "spam") }}, "", true},
		"an address that isn't":  {mailtest.Options{}, "rina at example.org", true},
		"two addresses":          {mailtest.Options{}, "a@example.org, b@example.org", true},
		"a header in an address": {mailtest.Options{}, "a@example.org\r\nBcc: b@example.org", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mailtest.New(t, c.o)
			m := message()
			if c.to != "" {
				m.To = c.to
			}
			err := settings(t, "smtp://"+s.Addr, s).Send(t.Context(), m)
			if err == nil || dies(err) != c.dies || strings.Contains(err.Error(), "@example.org") {
				t.Errorf("given up %v: %v", dies(err), err)
			}
			if len(s.Taken()) > 0 {
				t.Error("it arrived")
			}
		})
	}
}

func TestAServerThatHangsOrIsAwayIsLeftInTime(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			if _, err := l.Accept(); err != nil {
				return
			}
		}
	}()
	slow := mailtest.New(t, mailtest.Options{Data: func(string) error { <-t.Context().Done(); return nil }})
	for name, addr := range map[string]string{"says nothing": l.Addr().String(), "hangs at the end": slow.Addr, "away": "127.0.0.1:1"} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		began := time.Now()
		err := settings(t, "smtp://"+addr, nil).Send(ctx, message())
		cancel()
		if err == nil || dies(err) || time.Since(began) > 20*time.Second {
			t.Errorf("%s: %v after %s", name, err, time.Since(began))
		}
	}
}

// TestNoTextBecomesAHeader holds for whatever a digest says.
func TestNoTextBecomesAHeader(t *testing.T) {
	t.Parallel()
	s := mailtest.New(t, mailtest.Options{})
	set := settings(t, "smtp://"+s.Addr, s)
	evil := rapid.StringOf(rapid.SampledFrom([]rune("ab: \r\n\x00\t<>@é水=?\u2028\u0085.")))
	rapid.Check(t, func(r *rapid.T) {
		m := message()
		m.Subject, m.Text, m.HTML = "x"+evil.Draw(r, "subject")+"\r\nBcc: evil@example.org", evil.Draw(r, "text")+"\r\n.\r\nMAIL FROM:<evil@example.org>", evil.Draw(r, "html")
		before := len(s.Taken())
		if err := set.Send(t.Context(), m); err != nil {
			r.Fatal(err)
		}
		taken := s.Taken()
		if len(taken) != before+1 || taken[before].To != "rina@example.org" || taken[before].From != "berdaya@example.org" {
			r.Fatalf("%d mails", len(taken)-before)
		}
		h := taken[before].Message(t).Header
		for name := range h {
			switch name {
			case "Subject", "From", "To", "Date", "Message-Id", "Mime-Version", "Content-Type", "Content-Language", "Auto-Submitted", "Precedence", "X-Auto-Response-Suppress":
			default:
				r.Fatalf("a header %s: %q", name, h[name])
			}
		}
	})
}

func TestURLsAreReadOrRefusedWithoutRepeatingThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"smtp://mail.example.org":                      "mandatory mail.example.org:587",
		"smtp://u:p@mail.example.org:25?tls=none":      "",
		"smtp://mail.example.org:25?tls=none":          "none mail.example.org:25",
		"smtp://mail.example.org?tls=opportunistic":    "opportunistic mail.example.org:587",
		"smtps://u:p@mail.example.org":                 "smtps mail.example.org:465",
		"smtp://localhost:1025":                        "opportunistic localhost:1025",
		"smtp://[::1]:1025?tls=none":                   "none ::1:1025",
		"smtps://mail.example.org?tls=none":            "",
		"smtp://mail.example.org?tls=none&tls=none":    "",
		"smtp://mail.example.org?verify=no":            "",
		"smtp://mail.example.org/inbox":                "",
		"smtp://u:hunter2@":                            "",
		"smtp://u:hunter2@mail.example.org:99999":      "",
		"https://u:hunter2@mail.example.org":           "",
		"u:hunter2@mail.example.org":                   "",
		"smtp://u:hunter2@mail.example.org?tls=maybe":  "",
		"smtp://u:hunt%zzer2@mail.example.org?tls=%zz": "",
	} {
		s, err := mail.ParseURL(text, "berdaya@example.org")
		if got := fmt.Sprint(s); want != "" && (err != nil || got != want) {
			t.Errorf("%s: %s %v", text, got, err)
		}
		if want == "" && (domain.CodeOf(err) != domain.CodeBadUserInput || strings.Contains(err.Error(), "hunt")) {
			t.Errorf("%s: %v", text, err)
		}
		if strings.Contains(fmt.Sprintf("%v %+v %#v", s, s, s), "hunter2") {
			t.Errorf("%s shows its password", text)
		}
	}
	for _, from := range []string{"", "Berdaya", "a@b, c@d", "a@b\r\nBcc: c@d"} {
		if _, err := mail.ParseURL("smtp://mail.example.org", from); domain.CodeOf(err) != domain.CodeBadUserInput {
			t.Errorf("from %q: %v", from, err)
		}
	}
}
