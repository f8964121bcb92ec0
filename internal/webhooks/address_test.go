package webhooks_test

import (
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	_ "github.com/berdaya/berdaya/internal/seeded"
	"github.com/berdaya/berdaya/internal/webhooks"
)

func TestAnAddressIsOneThatEverybodyCanReach(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"https://example.org", "https://example.org/hooks/berdaya?key=1&x=%20", "https://hooks.example.org:8443/a", "https://EXAMPLE.org.:443/",
		"https://8.8.8.8/", "https://[2606:4700::1111]/x", "https://xn--bcher-kva.example/", "https://a_b.example.org/"} {
		if err := (webhooks.Reach{}).CheckURL(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "example.org", "//example.org", "http://example.org", "ftp://example.org", "https:example.org", "https://", "https:///x", "javascript:alert(1)", "file:///etc/passwd",
		"https://user@example.org", "https://user:pass@example.org", "https://example.org@127.0.0.1/", "https://@example.org", "https://example.org#x", "https://example.org#",
		"https://example.org:80/", "https://example.org:22/", "https://example.org:0/", "https://example.org:65536/", "https://example.org:x/", "https://example.org:-1/",
		"https://localhost/", "https://LOCALHOST./", "https://db/", "https://db.local/", "https://metadata.google.internal/", "https://x.localhost/", "https://1.0.0.127.in-addr.arpa/",
		"https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://017700000001/", "https://0/", "https://1.2.3.4.5/", "https://example.0x7f/",
		"https://10.1.2.3/", "https://172.16.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data", "https://100.64.0.1/", "https://0.0.0.0/", "https://255.255.255.255/",
		"https://224.0.0.1/", "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:a00:1]/", "https://[::127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[fe80::1]/",
		"https://[fe80::1%25eth0]/", "https://[fd00::1]/", "https://[fec0::1]/", "https://[2002:7f00:1::]/", "https://[2001:0:7f00:1::]/", "https://[2001:db8::1]/", "https://[ff02::1]/", "https://[fd00:ec2::254]/",
		"https://example.org\\@127.0.0.1/", "https://example.org/ x", "https://example.org/\r\nHost: x", "https://exämple.org/", "https://example。org/", "https://[::1", "https://exa mple.org", "https://example.org/" + strings.Repeat("x", 2000)} {
		err := webhooks.Reach{}.CheckURL(bad)
		if domain.CodeOf(err) != domain.CodeBadUserInput {
			t.Errorf("%s: %v", bad, err)
		}
	}
	private := webhooks.Reach{Private: true}
	for _, good := range []string{"http://127.0.0.1:9000/x", "http://localhost:9000/x", "https://10.0.0.1:22/", "http://[::1]:80/", "https://db/"} {
		if err := private.CheckURL(good); err != nil {
			t.Errorf("where private ones are allowed, %s: %v", good, err)
		}
	}
	for _, bad := range []string{"http://10.0.0.1/", "http://example.org/", "ftp://127.0.0.1/", "https://u:p@127.0.0.1/"} {
		if err := private.CheckURL(bad); domain.CodeOf(err) != domain.CodeBadUserInput {
			t.Errorf("where private ones are allowed, %s: %v", bad, err)
		}
	}
}

// TestNoSpecialAddressIsPublic holds what the standard library knows of addresses, in every way to write IPv4 within IPv6.
func TestNoSpecialAddressIsPublic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		raw := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(r, "bytes")
		v4 := netip.AddrFrom4([4]byte(raw[:4]))
		v6 := netip.AddrFrom16([16]byte(raw))
		mapped := netip.AddrFrom16(v4.As16())
		if webhooks.Public(mapped) != webhooks.Public(v4) {
			r.Fatalf("%s and %s are not the same", mapped, v4)
		}
		for _, ip := range []netip.Addr{v4, v6} {
			if webhooks.Public(ip) && (!ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified()) {
				r.Fatalf("%s is public", ip)
			}
		}
	})
}

func FuzzAnAddressIsCheckedWithoutPanic(f *testing.F) {
	f.Add("https://example.org:8443/x?y#z")
	f.Add("https://[::ffff:127.0.0.1%25x]:443")
	f.Fuzz(func(t *testing.T, text string) {
		if err := (webhooks.Reach{}).CheckURL(text); err == nil && !strings.HasPrefix(strings.ToLower(text), "https://") {
			t.Errorf("%q is taken", text)
		}
	})
}
