package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"time"

	"github.com/google/uuid"
	smtp "github.com/wneessen/go-mail"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/deliver"
	"github.com/berdaya/berdaya/internal/notices"
)

// stepBound is how long one exchange with the other server may take; the context bounds the whole.
const stepBound = 20 * time.Second

// Message is one mail.
type Message struct {
	Delivery uuid.UUID
	At       time.Time // when it was made; the same however often it is sent
	To       string
	Locale   domain.Locale
	notices.Digest
}

// Send sends a message. Its errors do not show the address. Those that trying again does not mend are [deliver.Permanent].
func (s Settings) Send(ctx context.Context, m Message) error {
	to, err := mail.ParseAddress(m.To)
	if err != nil {
		return deliver.Permanent(errors.New("the member's e-mail address is not one that mail can be sent to"))
	}
	msg := smtp.NewMsg(smtp.WithNoDefaultUserAgent())
	msg.FromMailAddress(&s.From)
	msg.ToMailAddress(&mail.Address{Address: to.Address})
	msg.Subject(oneLine(m.Subject))
	msg.SetDateWithValue(m.At)
	_, host, _ := strings.Cut(s.From.Address, "@")
	msg.SetMessageIDWithValue(m.Delivery.String() + "@" + host)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("Content-Language", string(m.Locale))
	msg.SetBulk()
	msg.SetBodyString(smtp.TypeTextPlain, m.Text)
	msg.AddAlternativeString(smtp.TypeTextHTML, m.HTML)
	client, err := s.client(ctx)
	if err != nil {
		return err
	}
	err = client.DialAndSendWithContext(ctx, msg)
	if err == nil || msg.IsDelivered() { // taken in; that the goodbye failed is of no matter
		return nil
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("the mail server could not be reached: %w", deliver.Unreached(err))
	}
	said := errors.New(strings.ReplaceAll(because(err), to.Address, "the member's address"))
	var refused *smtp.SendError
	if errors.As(err, &refused) && refused.ErrorCode() >= 500 && refused.ErrorCode() < 600 {
		return deliver.Permanent(said)
	}
	return said
}

// because is what went wrong, without the recipients and the message's id that the library adds.
func because(err error) string {
	text, _, _ := strings.Cut(err.Error(), ", affected recipient(s):")
	text, _, _ = strings.Cut(text, ", affected message ID:")
	return text
}

// oneLine keeps what is entered by anybody out of the headers that follow.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\r' || r == '\n' || r == 0 }), " ")
}

func (s Settings) client(ctx context.Context) (*smtp.Client, error) {
	trusted := s.TLS
	if trusted == nil {
		trusted = &tls.Config{}
	}
	trusted = trusted.Clone()
	trusted.ServerName, trusted.MinVersion = s.Host, tls.VersionTLS12
	options := []smtp.Option{smtp.WithPort(s.Port), smtp.WithTimeout(stepBound), smtp.WithTLSConfig(trusted), smtp.WithHELO(s.greeting()), smtp.WithoutNoop()}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	switch s.Encryption {
	case FromTheStart:
		options = append(options, smtp.WithSSL())
		dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			return (&tls.Dialer{Config: trusted}).DialContext(ctx, network, address)
		}
	case Mandatory:
		options = append(options, smtp.WithTLSPolicy(smtp.TLSMandatory))
	case Opportunistic:
		options = append(options, smtp.WithTLSPolicy(smtp.TLSOpportunistic))
	default:
		options = append(options, smtp.WithTLSPolicy(smtp.NoTLS))
	}
	if s.User != "" {
		how := smtp.SMTPAuthAutoDiscover
		if s.Encryption == FromTheStart {
			how = smtp.SMTPAuthPlainNoEnc // the library does not see the encryption of a connection that it is given
		}
		options = append(options, smtp.WithUsername(s.User), smtp.WithPassword(s.Password), smtp.WithSMTPAuth(how))
	}
	// The library bounds each step; the connection ends with the context, so that no number of steps goes on for longer.
	options = append(options, smtp.WithDialContextFunc(func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(dialing, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	}))
	client, err := smtp.NewClient(s.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("the SMTP settings cannot be used: %w", err)
	}
	return client, nil
}

// greeting is the name by which this server presents itself: that of the address that mail is from, which says more than the
// name of a machine in a container.
func (s Settings) greeting() string {
	if _, host, ok := strings.Cut(s.From.Address, "@"); ok {
		return host
	}
	return "localhost"
}
