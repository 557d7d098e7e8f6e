package rig

import (
	"bytes"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Direction is a way through a Proxy.
type Direction int

// Up is from controller to switch, Down the way back.
const (
	Up Direction = iota
	Down
)

// Proxy passes TCP connections on to a port of this host.
type Proxy struct {
	// Delay keeps everything that comes from the switch back.
	Delay atomic.Int64

	listener net.Listener
	target   string
	running  sync.WaitGroup
	over     chan struct{} // closed at the end of the test

	mu     sync.Mutex
	conns  map[net.Conn]bool
	gates  [2]chan struct{} // closed for open, per Direction
	seen   [2][]byte        // what came in so far, per Direction, if recording
	record bool
	budget [2]int // bytes that pass before the cut; -1 for all
	asked  int    // transactions that came in
}

// NewProxy listens until the test ends.
func NewProxy(t testing.TB, target int) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	open := make(chan struct{})
	close(open)
	p := &Proxy{
		listener: l, target: net.JoinHostPort("127.0.0.1", strconv.Itoa(target)), over: make(chan struct{}),
		conns: map[net.Conn]bool{}, gates: [2]chan struct{}{open, open}, budget: [2]int{-1, -1},
	}
	p.running.Go(p.accept)
	t.Cleanup(func() {
		l.Close()
		close(p.over)
		p.Open()
		p.Cut()
		p.running.Wait()
	})
	return p
}

// Port is where the Proxy listens.
func (p *Proxy) Port() int { return port(p.listener) }

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			client.Close()
			continue
		}
		if !p.keep(client, server) {
			return
		}
		p.running.Go(func() { p.pass(Up, server, client) })
		p.running.Go(func() { p.pass(Down, client, server) })
	}
}

// keep notes a pair of connections, or closes it at the end of the test.
func (p *Proxy) keep(pair ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range pair {
		select {
		case <-p.over:
			c.Close()
		default:
			p.conns[c] = true
		}
	}
	return p.conns[pair[0]]
}

func (p *Proxy) pass(d Direction, to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if d == Down {
			p.linger()
		}
		p.note(d, buf[:n])
		<-p.gate(d)
		allowed := p.spend(d, n)
		if _, err := to.Write(buf[:allowed]); err != nil || allowed < n {
			return
		}
	}
}

func (p *Proxy) linger() {
	t := time.NewTimer(time.Duration(p.Delay.Load()))
	defer t.Stop()
	select {
	case <-t.C:
	case <-p.over:
	}
}

func (p *Proxy) note(d Direction, b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.record {
		p.seen[d] = append(p.seen[d], b...)
	}
	if d == Up {
		p.asked += bytes.Count(b, []byte(`"method":"transact"`))
	}
}

func (p *Proxy) gate(d Direction) chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gates[d]
}

// spend takes n bytes from the budget and returns how many may pass.
func (p *Proxy) spend(d Direction, n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.budget[d] < 0 {
		return n
	}
	allowed := min(n, p.budget[d])
	p.budget[d] -= allowed
	return allowed
}

// CutAfter ends the connection when n more bytes have passed; -1 is never. A
// budget of 0 ends it with the next byte.
func (p *Proxy) CutAfter(d Direction, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.budget[d] = n
}

// Hold keeps back what comes from now on, until Open.
func (p *Proxy) Hold(d Direction) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gates[d] = make(chan struct{})
}

// Open lets pass what was held back.
func (p *Proxy) Open() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for d := range p.gates {
		select {
		case <-p.gates[d]:
		default:
			close(p.gates[d])
		}
	}
}

// Cut ends all connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.Close()
		delete(p.conns, c)
	}
}

// Record begins to keep what passes, from nothing.
func (p *Proxy) Record() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.record, p.seen = true, [2][]byte{}
}

// Recorded is what passed since Record.
func (p *Proxy) Recorded(d Direction) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.seen[d])
}

// Asked counts the transactions that came in, held back or not.
func (p *Proxy) Asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}
