package frames_test

import (
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/lab"
)

// haHold is how long a switch must be away before its standby takes over.
const haHold = 5 * time.Second

// activePassive has two switches at one outside segment, of which one at a time may be bound to it: both would be a
// loop. The first is killed, comes back, and is preferred again.
func activePassive(s *scene) {
	sw1, sw2 := s.lab.Switch("sw1"), s.lab.Switch("sw2")
	require.NoError(s, s.lab.JoinAccess(soon(s.T), sw1, sw2))
	for _, name := range []string{"sw1", "sw2", "sw3"} {
		s.device(name, nil)
	}
	watch := watchBindings(sw1, sw2)
	defer watch.stop()
	net := s.network("net", vniA)
	gw := s.connectHA(net, object{"ha_mode": "active-passive"}, on("sw1", "p2", 100), on("sw2", "p2", 100))
	s.connect(net, on("sw3", "p1", 0))
	watch.await(s, sw1)
	// t1 and t2 are in the outside segment, h3 is reached through the active switch only.
	s.onWire("h3", "t2", []hop{{"sw3", "sw1", vniA}})
	s.reach("t1", "t2", "h3")
	s.once([]string{"t1", "t2", "h3"}, []string{"u1", "u2"})

	var killed time.Time
	began := s.free.Stalled()
	loss, _ := s.measured("active switch killed", "h3", "t2", 3*time.Second, func() { killed = time.Now(); sw1.Crash() })
	watch.await(s, sw2)
	ours := watch.since(sw2).Sub(killed)
	s.Logf("measured: | the standby is bound | after %s |", ours.Round(sampling))
	stalled := s.free.Stalled() - began
	require.LessOrEqual(s, ours, haHold+time.Second+stalled, "our part: to bind the standby")
	require.LessOrEqual(s, loss.Silence, haHold+emulatorRound+stalled)
	require.Zero(s, watch.both(), "samples with both switches bound")

	// What the killed switch held comes back with it, until the controller has reached it.
	began = s.free.Stalled()
	require.NoError(s, sw1.Boot(soon(s.T)))
	watch.await(s, sw2)
	s.Logf("measured: | killed switch of an active-passive gateway comes back | both bound for %s |", watch.both().Round(sampling))
	require.LessOrEqual(s, watch.both(), time.Second+s.free.Stalled()-began, "the time with both switches bound")
	watch.forget()
	s.settled()
	s.reach("t1", "t2", "h3")
	require.True(s, watch.bound(sw2), "the killed switch takes its part back without preempt")

	s.ctl.update(s.T, gateways, gw, object{"preempt": true})
	watch.await(s, sw1)
	s.onWire("h3", "t2", []hop{{"sw3", "sw1", vniA}})
	s.reach("t1", "t2", "h3")
	s.once([]string{"t1", "t2", "h3"}, []string{"u1", "u2"})
	require.Zero(s, watch.both(), "samples with both switches bound")
	watch.requireSamples(s)
}

// sampling is how often the bindings are looked at.
const sampling = 50 * time.Millisecond

// bindingWatch samples which of two switches have a binding.
type bindingWatch struct {
	switches [2]*lab.Switch
	probes   [2]probe // the sampler's
	quit     chan struct{}
	done     sync.WaitGroup

	began time.Time

	mu      sync.Mutex
	now     [2]bool
	changed [2]time.Time // the samples that first found it so
	last    time.Time    // of the last sample
	samples int
	overlap time.Duration // with both bound
}

func watchBindings(a, b *lab.Switch) *bindingWatch {
	w := &bindingWatch{switches: [2]*lab.Switch{a, b}, quit: make(chan struct{}), began: time.Now()}
	w.probes = [2]probe{{address: a.Endpoint().String()}, {address: b.Endpoint().String()}}
	w.done.Go(w.run)
	return w
}

func (w *bindingWatch) stop() {
	close(w.quit)
	w.done.Wait()
}

func (w *bindingWatch) run() {
	tick := time.NewTicker(sampling)
	defer tick.Stop()
	for {
		a, b := w.probes[0].bound(), w.probes[1].bound()
		w.note(a, b)
		select {
		case <-w.quit:
			w.probes[0].close()
			w.probes[1].close()
			return
		case <-tick.C:
		}
	}
}

// note takes a sample. What both were bound for ends with the first sample that says otherwise.
func (w *bindingWatch) note(a, b bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if w.now[0] && w.now[1] {
		w.overlap += now.Sub(w.last)
	} else if a && b {
		w.overlap += sampling // it may have begun right after the sample before
	}
	for i, bound := range []bool{a, b} {
		if w.now[i] != bound {
			w.now[i], w.changed[i] = bound, now
		}
	}
	w.last = now
	w.samples++
}

// both is for how long both were bound; 0 if no sample ever found them so.
func (w *bindingWatch) both() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.overlap
}

func (w *bindingWatch) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.overlap = 0
}

// requireSamples asserts that the sampler has looked about as often as it should have.
func (w *bindingWatch) requireSamples(s *scene) {
	s.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	require.Greater(s, w.samples, int((time.Since(w.began)-s.free.Stalled())/sampling)/2, "samples")
}

func (w *bindingWatch) bound(s *lab.Switch) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.switches[0] == s && w.now[0] || w.switches[1] == s && w.now[1]
}

// since is when a switch was first found as it is now.
func (w *bindingWatch) since(s *lab.Switch) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.switches[0] == s {
		return w.changed[0]
	}
	return w.changed[1]
}

// await waits until one switch is bound and the other is not.
func (w *bindingWatch) await(s *scene, active *lab.Switch) {
	s.Helper()
	eventually(s.T, patience, func() error {
		for _, sw := range w.switches {
			if got := w.bound(sw); got != (sw == active) {
				return fmt.Errorf("bound %s: %v", sw.Name, got)
			}
		}
		return nil
	})
}

// probe asks a switch's database for bindings, over a connection that it keeps. A database that does not answer has
// none.
type probe struct {
	address string
	conn    net.Conn
	in      *json.Decoder
}

const selectBindings = `{"method":"transact","id":1,"params":["hardware_vtep",
	{"op":"select","table":"Physical_Port","where":[["vlan_bindings","!=",["map",[]]]],"columns":["name"]}]}`

func (p *probe) bound() bool {
	var answer struct {
		Result []struct{ Rows []any }
	}
	err := p.open()
	if err == nil {
		_ = p.conn.SetDeadline(time.Now().Add(time.Second)) // fails when closed, and so does the write
		if _, err = fmt.Fprint(p.conn, selectBindings); err == nil {
			err = p.in.Decode(&answer)
		}
	}
	if err != nil {
		p.close()
		return false
	}
	return len(answer.Result) > 0 && len(answer.Result[0].Rows) > 0
}

func (p *probe) open() (err error) {
	if p.conn != nil {
		return nil
	}
	if p.conn, err = net.Dial("tcp", p.address); err == nil {
		p.in = json.NewDecoder(p.conn)
	}
	return err
}

func (p *probe) close() {
	if p.conn != nil {
		p.conn.Close()
	}
	p.conn = nil
}
