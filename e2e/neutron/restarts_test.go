//go:build neutron

package neutron_test

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/lab"
	"bordergw/internal/poll"
)

// held is what is to be the same after a restart.
type held struct {
	objects map[string][]string
	flows   map[string][]string
}

func (f *fabric) held() (h held, err error) {
	f.Helper()
	h = held{map[string][]string{}, map[string][]string{}}
	for _, kind := range []string{network, gateway, connection, device, port} {
		h.objects["Neutron's "+kind] = f.rows(kind)
		if kind != port {
			h.objects["bordergw's "+kind] = ids(f.direct.list(f.T, kind, ""))
		}
	}
	for name, v := range f.hypervisors {
		if h.flows[name], err = v.flows(limited(f.T)); err != nil {
			return h, err
		}
	}
	return h, nil
}

// restarts: each of the programs is stopped and killed while machines and hosts speak to each other.
func (f *fabric) restarts() {
	before, err := f.held()
	require.NoError(f.T, err)
	for _, program := range []struct {
		name    string
		restart func(syscall.Signal)
	}{
		{"agent", f.restartAgent}, {"neutron-server", f.restartNeutron}, {"bordergw", f.restartBordergw},
	} {
		for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
			what := fmt.Sprintf("%s: %v", program.name, signal)
			hosts, other := []stream{f.stream("h1", "vm1"), f.stream("t2", "vm1")}, f.stream("vm2", "vm1")
			program.restart(signal)
			f.measured(what+", until all is as before", time.Now(), patience, func() error { return f.same(before) })
			// What a busy machine costs, it costs between hypervisors as well.
			neutrons := unanswered(f.lost(what+", no switch on the way", other))
			for _, s := range hosts {
				require.LessOrEqual(f.T, unanswered(f.lost(what, s))-neutrons, soon, "%s: %v", what, s)
			}
			f.ping("vm1", "vm2", "h1", "t2")
		}
	}
}

// unanswered is the time of the pings that were lost. Late answers are the machine's.
func unanswered(l lab.Loss) time.Duration { return time.Duration(l.Sent-l.Answered) * pace }

// same is nil if nothing is lost and nothing doubled: objects, rows on switches, and flows.
func (f *fabric) same(before held) error {
	f.Helper()
	now, err := f.held()
	if err != nil {
		return err
	}
	for kind, want := range before.objects {
		if have := now.objects[kind]; !slices.Equal(have, want) {
			return fmt.Errorf("%s: %v and not %v", kind, have, want)
		}
	}
	for name, want := range before.flows {
		if have := now.flows[name]; !slices.Equal(have, want) {
			return fmt.Errorf("%s has the flows\n%s\nand not\n%s", name, strings.Join(have, "\n"), strings.Join(want, "\n"))
		}
	}
	return f.written()
}

// restartAgent returns when the new agent has put its own flows in the place of the old one's.
func (f *fabric) restartAgent(signal syscall.Signal) {
	v := f.hypervisors["hv1"]
	old, err := v.cookies(limited(f.T))
	require.NoError(f.T, err)
	v.agent.end(signal)
	v.start(f.world.T)
	took := poll.Until(f.T, longPatience, func() error {
		now, err := v.cookies(limited(f.T))
		if err == nil && slices.ContainsFunc(now, func(c string) bool { return slices.Contains(old, c) }) {
			err = fmt.Errorf("there are flows of %v", old)
		}
		return err
	})
	f.Logf("measured: | agent started, until it has swept the flows of the old one | %s |", ms(took))
}

func (f *fabric) restartNeutron(signal syscall.Signal) {
	f.server.process.end(signal)
	f.server.start(f.world.T)
}

// restartBordergw makes a port while bordergw is away, and deletes it again.
func (f *fabric) restartBordergw(signal syscall.Signal) {
	require.NoError(f.T, f.bordergw.cmd.Process.Signal(signal))
	_ = f.bordergw.cmd.Wait()
	f.bordergw.cmd = nil
	p := f.newPort(f.blue, "hv2")
	late := &lab.Machine{Host: lab.Host{MAC: p["mac_address"].(string)}}
	f.machines["late"] = &machine{Machine: late, port: p["id"].(string), host: "hv2", at: "hv2"}
	f.bordergw.start()
	f.measured("port made while bordergw was away, until it is on the switches", time.Now(), owedWithin, f.written)
	delete(f.machines, "late")
	f.neutron.remove(f.T, port, p["id"].(string))
}
