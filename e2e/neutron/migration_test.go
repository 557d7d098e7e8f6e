//go:build neutron

package neutron_test

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/lab"
	"bordergw/internal/poll"
)

// pace is how often a stream of pings looks.
const pace = 50 * time.Millisecond

// stream is a series of pings from one to another.
type stream struct {
	*lab.Stream
	from, to string
}

func (s stream) String() string { return s.from + " pings " + s.to }

// stream starts a stream, and returns when it is answered.
func (f *fabric) stream(from, to string) stream {
	f.Helper()
	s, err := f.lab.Stream(from, to, pace)
	require.NoError(f.T, err)
	out := stream{s, from, to}
	f.goesOn(out)
	return out
}

// goesOn waits for more answers.
func (f *fabric) goesOn(s stream) {
	f.Helper()
	enough := s.Answers() + 5
	poll.True(f.T, patience, fmt.Sprint(s, ", and is answered"), func() bool { return s.Answers() >= enough })
}

// lost ends a stream that is answered, and logs what it has lost.
func (f *fabric) lost(what string, s stream) lab.Loss {
	f.Helper()
	f.goesOn(s)
	loss, err := s.Stop()
	require.NoError(f.T, err)
	f.Logf("measured: | %s: %s | %s |", what, s, loss)
	return loss
}

// migrations: a machine goes to the other hypervisor and back. That it left alone leaves no entries there.
func (f *fabric) migrations() {
	f.migrate("vm1", "hv2")
	f.measured("migration, until the old host floods to nobody", time.Now(), patience, func() error {
		flooded, err := f.hypervisors["hv1"].floodsTo(limited(f.T), f.vni)
		if err == nil && len(flooded) > 0 {
			err = fmt.Errorf("hv1 floods to %v", flooded)
		}
		return err
	})
	f.migrate("vm1", "hv1")
}

// migrate takes a machine to another hypervisor in Nova's order: a second binding while memory is copied; then the
// machine runs there and announces itself, and the binding is made the active one. Until the agent there has wired the
// port nothing reaches the machine, whoever sends it: what another machine loses is Neutron's part, and what hosts
// behind switches lose beyond that is ours.
func (f *fabric) migrate(name, host string) {
	f.Helper()
	m, from := f.machines[name], f.machines[name].host
	path := paths[port] + "/" + m.port + "/bindings"
	f.neutron.do(f.T, http.StatusCreated, http.MethodPost, path, object{"binding": object{"host": host}})
	hosts, other := []stream{f.stream("h1", name), f.stream("t2", name)}, f.stream("vm2", name)
	stalled, began := f.free.Stalled(), time.Now()
	moved := f.move(name, func() error { return m.PlugInto(limited(f.T), f.lab.Hypervisor(host), m.port) })
	f.neutron.do(f.T, http.StatusOK, http.MethodPut, path+"/"+host+"/activate", nil)
	activated := time.Now()
	m.host, m.at = host, host
	f.measured("migration: host changed, until the switches have it", activated, soon, f.written)
	wired := f.active(name)
	f.measured("migration: wired, until the agent floods to the switches", wired, soon, func() error { return f.reached(f.hosts()...) })
	moved()
	f.Logf("measured: | migration: Neutron has changed the host, and its agent has wired the port | %s, %s |",
		ms(activated.Sub(began)), ms(wired.Sub(began)))
	neutrons := f.lost("migration, no switch on the way", other)
	for _, s := range hosts {
		ours := f.lost("migration", s).Silence - neutrons.Silence
		require.LessOrEqual(f.T, ours, soon+f.free.Stalled()-stalled, "%v", s)
	}
	f.neutron.do(f.T, http.StatusNoContent, http.MethodDelete, path+"/"+from, nil)
	f.ping("vm1", "vm2", "h1", "t2")
	require.NoError(f.T, f.written())
}

// move plugs a machine in somewhere else and announces it, beside what else happens. The function that it returns waits
// for that, and says when the machine was plugged in.
func (f *fabric) move(name string, plug func() error) (moved func() (plugged time.Time)) {
	var plugged time.Time
	var failed error
	var moving sync.WaitGroup
	moving.Go(func() {
		if failed = plug(); failed == nil {
			plugged = time.Now()
			failed = f.machines[name].Announce()
		}
	})
	return func() time.Time {
		f.Helper()
		moving.Wait()
		require.NoError(f.T, failed)
		return plugged
	}
}

// hardware: a machine leaves for a port of a switch while Neutron still has it on a hypervisor. It is found there; then
// Neutron is told, and then it comes back.
func (f *fabric) hardware() {
	m := f.machines["vm1"]
	was := m.host
	s, stalled := f.stream("h1", "vm1"), f.free.Stalled()
	began := time.Now()
	moved := f.move("vm1", func() error { return m.PlugIntoSwitch(limited(f.T), f.lab.Switch("sw2"), 100) })
	m.at = "sw2"
	f.measured("leaves to a switch, until all switches have it there", began, patience, f.written)
	plugged := moved()
	f.goesOn(s)
	answered, _ := s.AnsweredAfter(plugged)
	f.Logf("measured: | leaves to a switch: plugged in, until an answer | %s |", ms(answered.Sub(plugged)))
	require.LessOrEqual(f.T, answered.Sub(plugged), foundWithin+f.free.Stalled()-stalled)
	f.lost("leaves to a switch", s)

	f.neutron.update(f.T, port, m.port, object{"binding:host_id": ""})
	m.host = ""
	f.measured("port unbound, until the switches no longer flood to its host", time.Now(), soon, f.written)
	f.ping("vm1", "vm2", "h1", "t2")

	moved = f.move("vm1", func() error { return m.PlugInto(limited(f.T), f.lab.Hypervisor(was), m.port) })
	f.neutron.update(f.T, port, m.port, object{"binding:host_id": was})
	m.host, m.at = was, was
	f.measured("comes back, until all switches have it on the hypervisor", time.Now(), patience, f.written)
	f.active("vm1")
	moved()
	f.ping("vm1", "vm2", "h1", "t2")
}

// foundWithin is how fast a machine is found that appears behind a switch: some rounds of the emulator.
const foundWithin = 3 * time.Second

// hosts are the hypervisors that have machines.
func (f *fabric) hosts() (hosts []string) {
	for _, h := range hypervisorNames {
		for _, m := range f.machines {
			if m.host == h {
				hosts = append(hosts, h)
				break
			}
		}
	}
	return hosts
}

func ms(d time.Duration) string { return d.Round(time.Millisecond).String() }
