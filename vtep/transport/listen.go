package transport

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"bordergw/model"
	"bordergw/vtep/ovsdb"
)

// Endpoint is where to listen.
type Endpoint struct {
	TLS     bool
	Address string // for net.Listen
}

// ParseEndpoint reads "ptcp:PORT[:IP]" or "pssl:PORT[:IP]", the notation of
// ovsdb(7): an IPv6 address stands in brackets, without an address all of the
// machine's are listened on. Port 0 takes a free one.
func ParseEndpoint(s string) (Endpoint, error) {
	scheme, rest, _ := strings.Cut(s, ":")
	port, host, hasHost := strings.Cut(rest, ":")
	if scheme != "ptcp" && scheme != "pssl" {
		return Endpoint{}, fmt.Errorf("%q is not of the form ptcp:PORT[:IP] or pssl:PORT[:IP]", s)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return Endpoint{}, fmt.Errorf("%q: port %q is not in 0..65535", s, port)
	}
	if hasHost {
		a, err := parseHost(host)
		if err != nil {
			return Endpoint{}, fmt.Errorf("%q: %w", s, err)
		}
		host = a.String()
	}
	return Endpoint{TLS: scheme == "pssl", Address: net.JoinHostPort(host, port)}, nil
}

func parseHost(s string) (netip.Addr, error) {
	bare, opened := strings.CutPrefix(s, "[")
	bare, closed := strings.CutSuffix(bare, "]")
	a, err := netip.ParseAddr(bare)
	if err != nil || opened != closed || opened != a.Is6() {
		return a, fmt.Errorf("%q is not an IPv4 address, or an IPv6 address in brackets", s)
	}
	return a, nil
}

// Listen opens the socket of "ptcp:PORT[:IP]" or "pssl:PORT[:IP]". What it
// accepts has still to pass Handshake.
func (t *TLS) Listen(spec string) (net.Listener, error) {
	e, err := ParseEndpoint(spec)
	if err != nil {
		return nil, err
	}
	if e.TLS {
		if err := t.Check(""); err != nil {
			return nil, fmt.Errorf("%s: %w", spec, err)
		}
	}
	l, err := net.Listen("tcp", e.Address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", spec, model.Plain(err))
	}
	out := &listener{Listener: l}
	if e.TLS {
		out.config = t.config("")
	}
	return out, nil
}

// listener prepares what it accepts for OVSDB.
type listener struct {
	net.Listener
	config *tls.Config // nil for plain TCP
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	// Fails only on a connection that is gone, which shows when it is used.
	_ = ovsdb.KeepAlive(c)
	if l.config == nil {
		return c, nil
	}
	return tls.Server(c, l.config), nil
}
