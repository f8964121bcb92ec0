package webhooks

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"

	"github.com/berdaya/berdaya/domain"
)

// Reach says which addresses webhooks may have.
type Reach struct {
	// Private allows every address, this machine's own among them, and there http as well: for trying things out, and for
	// networks in which whoever may enter a webhook may reach everything anyway.
	Private bool
}

// CheckURL says what is wrong with an address, as far as that shows before it is dialled.
func (r Reach) CheckURL(text string) error {
	refuse := func(en, id string) error { return domain.Errorf(domain.CodeBadUserInput, "%s", en).In(id).At("url") }
	if len(text) > domain.MaxWebhookURL || strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' || c == '\\' }) {
		return refuse("an address has at most 2,000 characters, all of them ASCII and none a blank or a backslash; write other names in their xn-- form",
			"alamat paling panjang 2.000 karakter ASCII tanpa spasi atau garis miring terbalik; tulis nama lain dalam bentuk xn--")
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || u.Hostname() == "" {
		return refuse("this is no address; write one like https://example.org/hooks/berdaya", "ini bukan alamat; tulis seperti https://example.org/hooks/berdaya")
	}
	ip, ipErr := netip.ParseAddr(u.Hostname())
	local := u.Hostname() == "localhost" || ipErr == nil && ip.Unmap().IsLoopback()
	switch {
	case u.Scheme != "https" && !(r.Private && local && u.Scheme == "http"):
		return refuse("an address begins with https://", "alamat diawali https://")
	case u.User != nil:
		return refuse("an address has no user and no password in it", "alamat tidak boleh memuat pengguna atau kata sandi")
	case u.Fragment != "" || strings.HasSuffix(text, "#"):
		return refuse("an address has no part after #", "alamat tidak boleh memuat bagian setelah #")
	case r.Private:
		return nil
	case !ordinary(u.Port()):
		return refuse("an address has no port, or 443, or one above 1023", "alamat tanpa porta, atau porta 443, atau di atas 1023")
	case ipErr == nil && !Public(ip), ipErr != nil && !named(u.Hostname()):
		return refuse("an address is one that everybody can reach: a full name such as example.org, not a private or reserved address",
			"alamat harus dapat dijangkau umum: nama lengkap seperti example.org, bukan alamat pribadi atau khusus")
	}
	return nil
}

func ordinary(port string) bool {
	n, err := strconv.Atoi(port)
	return port == "" || err == nil && (n == 443 || n > 1023 && n <= 65535)
}

// named tells whether a host is a full name. What ends in a number is an IP address to some: 127.1, 0x7f000001, 2130706433.
func named(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	labels := strings.Split(host, ".")
	last := labels[len(labels)-1]
	if len(labels) < 2 || last == "" || last[0] >= '0' && last[0] <= '9' || strings.Contains(host, "%") {
		return false
	}
	switch last {
	case "localhost", "local", "internal", "intranet", "lan", "home", "corp", "test", "invalid", "onion":
		return false
	}
	return last != "arpa"
}

// reserved are the public-looking ranges that are not: IANA's registries of special addresses. In IPv6 all but 2000::/3 is.
var reserved = func() (all []netip.Prefix) {
	for _, p := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
		"192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
	} {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}()

var globalV6 = netip.MustParsePrefix("2000::/3")

// Public tells whether an IP address is one that everybody can reach. An IPv4 address within IPv6 is what it contains.
func Public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsValid() || ip.Zone() != "" || ip.Is6() && !globalV6.Contains(ip) {
		return false
	}
	for _, p := range reserved {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// errPrivate has the dialler leave an address alone. It is never shown: see unreached.
var errPrivate = errors.New("the address is in a private or reserved network")

// control is asked by the dialler about each address that a name has led to, just before it connects.
func (r Reach) control(_, address string, _ syscall.RawConn) error {
	if r.Private {
		return nil
	}
	a, err := netip.ParseAddrPort(address)
	if err != nil || !Public(a.Addr()) || !ordinary(strconv.Itoa(int(a.Port()))) {
		return errPrivate
	}
	return nil
}
