package connector

import (
	"context"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"bordergw/model"
	"bordergw/vtep"
	"bordergw/vtep/ovsdb"
	"bordergw/vtep/transport"
)

// Dialer opens connections to devices' management addresses.
func Dialer(t *transport.TLS) func(context.Context, *model.GatewayDevice) (net.Conn, error) {
	return func(ctx context.Context, gd *model.GatewayDevice) (net.Conn, error) {
		if gd.ManagementProtocol == model.ProtocolOVSDBTLS {
			return t.Dial(ctx, endpoint(gd), gd.TLS)
		}
		return ovsdb.Dial(ctx, "tcp:"+endpoint(gd), nil)
	}
}

// endpoint is a device's management address.
func endpoint(gd *model.GatewayDevice) string {
	return net.JoinHostPort(gd.ManagementIP, strconv.Itoa(int(gd.ManagementPort)))
}

// Describe is the endpoint as operators write it.
func Describe(gd *model.GatewayDevice) string {
	if gd.ManagementIP == "" {
		return gd.ManagementProtocol
	}
	return gd.ManagementProtocol + ":" + endpoint(gd)
}

// Listens reports whether a device is never dialled.
func Listens(gd *model.GatewayDevice) bool { return gd.ManagementProtocol == model.ProtocolOVSDBListen }

// Link is a session and who is at its other end.
type Link struct {
	Session *vtep.Session
	Peer    transport.Peer
	// From is the address that a switch dialled in from, "" if we dialled.
	From string
}

// Endpoint is where a switch dialled in from. The port, which is another each time, says
// nothing.
func (k Link) Endpoint() string {
	if k.Peer.TLS() {
		return "ssl:" + k.From
	}
	return "tcp:" + k.From
}

// line is a connection that knows how long nothing has come.
type line struct {
	net.Conn
	began time.Time
	heard atomic.Int64 // since began
}

// Read implements net.Conn.
func (l *line) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if n > 0 {
		l.heard.Store(int64(time.Since(l.began)))
	}
	return n, err
}

// Silence is how long the switch has sent nothing at all.
func (l *line) Silence() time.Duration { return time.Since(l.began) - time.Duration(l.heard.Load()) }
