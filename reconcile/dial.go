package reconcile

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

// dialer opens connections to devices' management addresses.
func dialer(t *transport.TLS) func(context.Context, *model.GatewayDevice) (net.Conn, error) {
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

// describe is the endpoint as operators write it.
func describe(gd *model.GatewayDevice) string {
	if gd.ManagementIP == "" {
		return gd.ManagementProtocol
	}
	return gd.ManagementProtocol + ":" + endpoint(gd)
}

// listens reports whether a device is never dialled.
func listens(gd *model.GatewayDevice) bool { return gd.ManagementProtocol == model.ProtocolOVSDBListen }

// link is a session and who is at its other end.
type link struct {
	session *vtep.Session
	peer    transport.Peer
	// from is the address that a switch dialled in from, "" if we dialled.
	from string
}

// dial connects to the switch and serves it to the end of the session. A caller
// that is offered meanwhile ends the attempt.
func (w *worker) dial(ctx context.Context) error {
	s, peer, err := w.dialSession(ctx)
	if err != nil {
		if w.offering() {
			return errOffered
		}
		return err
	}
	err = w.drive(ctx, link{session: s, peer: peer})
	_ = s.Close()
	w.loop.reception.recheck()
	return err
}

func (w *worker) dialSession(ctx context.Context) (*vtep.Session, transport.Peer, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w.interruptBy(cancel)
	defer w.interruptBy(nil)
	dctx, stop := context.WithTimeout(ctx, dialTimeout)
	conn, err := w.loop.opts.Dial(dctx, w.device.Load())
	stop()
	if err != nil {
		return nil, transport.Peer{}, err
	}
	w.enterReading()
	l := &line{Conn: conn, began: time.Now()}
	w.onLine(l)
	s, err := vtep.Open(ctx, l, vtep.Opening{Mark: w.loop.store.Definitions().StoreID})
	if err != nil {
		w.offLine()
	}
	return s, transport.PeerOf(conn), transport.Explain(err)
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

// onLine notes the connection, and then the session over it.
func (w *worker) onLine(l interface{ Silence() time.Duration }) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.line == nil {
		w.lineSince = time.Now()
	}
	w.line = l
}

func (w *worker) offLine() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.line = nil
}

// answers reports whether there is a connection that was there by that time, over
// which the switch goes on to say something. One that comes and goes is not.
func (w *worker) answers(by time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.line != nil && !w.lineSince.After(by) && w.line.Silence() < mostSilence
}

// giveUp has the connection that there is not count any more: what is down stays so
// until it has been brought in line, whatever it says meanwhile.
func (w *worker) giveUp(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lineSince = now
}
