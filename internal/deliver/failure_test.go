package deliver_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/berdaya/berdaya/internal/deliver"
)

func TestWhatIsSaidOfAFailedConnectionHasNoAddressInIt(t *testing.T) {
	t.Parallel()
	here := net.TCPAddrFromAddrPort(netip.MustParseAddrPort("10.1.2.3:54321"))
	there := net.TCPAddrFromAddrPort(netip.MustParseAddrPort("203.0.113.5:443"))
	for want, err := range map[string]error{
		"its name is not known":           &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "inside.example", Server: "10.255.0.53:53", IsNotFound: true}},
		"its name could not be looked up": &net.DNSError{Err: "i/o timeout", Name: "inside.example", Server: "10.255.0.53:53", IsTimeout: true},
		"connection refused":              &net.OpError{Op: "dial", Net: "tcp", Addr: there, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)},
		"connection reset by peer":        &net.OpError{Op: "read", Net: "tcp", Source: here, Addr: there, Err: os.NewSyscallError("read", syscall.ECONNRESET)},
		"no answer in time":               errors.New("no answer in time"),
	} {
		said := deliver.Unreached(fmt.Errorf("it failed: %w", err)).Error()
		if !strings.Contains(said, want) || strings.Contains(said, "10.") || strings.Contains(said, "203.") || strings.Contains(said, "inside") {
			t.Errorf("%q of %v", said, err)
		}
	}
}
