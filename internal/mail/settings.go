package mail

import (
	"crypto/tls"
	"net/mail"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/berdaya/berdaya/domain"
)

// Encryption is whether mail leaves in the clear.
type Encryption string

// The kinds of encryption.
const (
	Mandatory     Encryption = "mandatory"     // STARTTLS, or nothing is sent
	Opportunistic Encryption = "opportunistic" // STARTTLS where the server offers it
	None          Encryption = "none"
	FromTheStart  Encryption = "smtps"
)

// Settings say how mail is sent.
type Settings struct {
	Host           string
	Port           int
	User, Password string // "" for no signing in
	Encryption     Encryption
	From           mail.Address
	TLS            *tls.Config // nil: the machine's certificates
}

// String hides the password, wherever it is printed.
func (s Settings) String() string {
	return string(s.Encryption) + " " + s.Host + ":" + strconv.Itoa(s.Port)
}

// GoString hides it as well.
func (s Settings) GoString() string { return s.String() }

// ParseURL reads smtp://user:password@host:587 or smtps://host:465, and the address that mail is from, such as
// "Berdaya <berdaya@example.org>". With smtp STARTTLS is mandatory, but for a server on this machine it is only used where
// offered; ?tls=mandatory, opportunistic or none says otherwise. The errors have CodeBadUserInput and never show the URL,
// because of the password in it.
func ParseURL(text, from string) (Settings, error) {
	wrong := func(format string, args ...any) (Settings, error) {
		return Settings{}, domain.Errorf(domain.CodeBadUserInput, format, args...)
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return wrong("the SMTP URL is not like smtp://user:password@mail.example.org:587")
	case u.Path != "" && u.Path != "/" || u.Fragment != "":
		return wrong("the SMTP URL has a path, which means nothing")
	}
	s := Settings{Host: u.Hostname(), User: u.User.Username()}
	s.Password, _ = u.User.Password()
	switch u.Scheme {
	case "smtp":
		s.Port, s.Encryption = 587, Mandatory
		if onThisMachine(s.Host) {
			s.Encryption = Opportunistic
		}
	case "smtps":
		s.Port, s.Encryption = 465, FromTheStart
	default:
		return wrong("the SMTP URL begins with smtp:// or smtps://")
	}
	if p := u.Port(); p != "" {
		if s.Port, err = strconv.Atoi(p); err != nil || s.Port < 1 || s.Port > 65535 {
			return wrong("the port in the SMTP URL is no port")
		}
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return wrong("what follows ? in the SMTP URL cannot be read")
	}
	for name, values := range query {
		e := Encryption(values[0])
		if name != "tls" || len(values) > 1 || e != Mandatory && e != Opportunistic && e != None || u.Scheme == "smtps" {
			return wrong("after ? the SMTP URL knows only tls=mandatory, tls=opportunistic and tls=none, and those only with smtp://")
		}
		s.Encryption = e
	}
	if s.Password != "" && s.Encryption == None && !onThisMachine(s.Host) {
		return wrong("the SMTP URL would send a password in the clear: leave tls=none away, or the password")
	}
	address, err := mail.ParseAddress(from)
	if err != nil {
		return wrong("%q is not the address that mail can be from: write it like Berdaya <berdaya@example.org>", from)
	}
	s.From = *address
	return s, nil
}

func onThisMachine(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
