package frames_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/stretchr/testify/require"

	"bordergw/internal/lab"
	"bordergw/model"
)

// traced is what the controller says of the way from one host to another. It refuses while no switch has
// reported the first one.
func (s *scene) traced(from, to string) (d model.TraceDirection, err error) {
	s.Helper()
	return s.ask(url.Values{"from": {s.lab.Host(from).MAC}, "to": {s.lab.Host(to).MAC}})
}

// ask is the first direction of the answer to a query.
func (s *scene) ask(q url.Values) (d model.TraceDirection, err error) {
	s.Helper()
	req, err := http.NewRequestWithContext(soon(s.T), http.MethodGet, s.ctl.url+"/v1/trace?"+q.Encode(), nil)
	require.NoError(s, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(s, err)
	if resp.StatusCode != http.StatusOK {
		return d, fmt.Errorf("trace of %v: %s", q, text)
	}
	var got model.Trace
	require.NoError(s, json.Unmarshal(text, &got))
	require.Len(s, got.Directions, 2)
	return got.Directions[0], nil
}

// switchesOf are the switches that a direction comes through.
func switchesOf(d model.TraceDirection) (names []string) {
	for _, h := range d.Hops {
		if h.Device != nil && (len(names) == 0 || names[len(names)-1] != h.Device.Name) {
			names = append(names, h.Device.Name)
		}
	}
	return names
}

// traces asserts that the controller names the way that frames take.
func (s *scene) traces(from, to string, way []hop) {
	s.Helper()
	want := []string{way[0].from}
	for _, h := range way {
		if s.devices[h.to] != "" { // of a switch of others nothing is known
			want = append(want, h.to)
		}
	}
	eventually(s.T, patience, func() error {
		if err := s.lab.Ping(soon(s.T), from, to); err != nil { // a switch forgets who is silent
			return err
		}
		d, err := s.traced(from, to)
		if err != nil {
			return err
		}
		if d.Verdict != model.TraceReaches || fmt.Sprint(switchesOf(d)) != fmt.Sprint(want) {
			return fmt.Errorf("trace of %s -> %s is %+v, want it to reach through %v", from, to, d, want)
		}
		return nil
	})
}

// floodsTo asserts that a frame from a host to a port, which has no MAC, is said to come through some switches.
func (s *scene) floodsTo(network, from, port string, want ...string) {
	s.Helper()
	eventually(s.T, patience, func() error {
		d, err := s.ask(url.Values{"network": {network}, "from": {s.lab.Host(from).MAC}, "to": {port}})
		if err == nil && (d.Verdict != model.TraceFloods || fmt.Sprint(switchesOf(d)) != fmt.Sprint(want)) {
			err = fmt.Errorf("trace of %s -> %s is %+v, want it to flood through %v", from, port, d, want)
		}
		return err
	})
}

// agrees waits until a ping from h1 to h2 and the trace of it say the same.
func (s *scene) agrees(what string, answered bool, verdict string, checks ...string) {
	s.Helper()
	s.agree("h1", "h2", what, answered, verdict, checks...)
}

// agree is agrees for any two hosts.
func (s *scene) agree(from, to, what string, answered bool, verdict string, checks ...string) {
	s.Helper()
	eventually(s.T, patience, func() error {
		_, err := s.lab.Host(from).Run(soon(s.T), "ping", "-q", "-c", "2", "-i", "0.2", "-W", "1", s.lab.Host(to).IP.String())
		if (err == nil) != answered {
			return fmt.Errorf("%s: a ping is answered: %v", what, err == nil)
		}
		d, err := s.traced(from, to)
		if err != nil {
			return err
		}
		for _, h := range d.Hops {
			if h.State == model.HopMiss || h.State == model.HopWrong || h.State == model.HopUnknown {
				if d.Verdict == verdict && slices.Contains(checks, h.Check) {
					return nil
				}
				break
			}
		}
		return fmt.Errorf("%s: the trace is %+v, want %s and one of %v first", what, d, verdict, checks)
	})
}

// traceFaults takes one thing after the other away from between two hosts: what the trace says of it is what pings do.
func traceFaults(s *scene) {
	for _, name := range []string{"sw1", "sw2"} {
		s.device(name, object{"drift_policy": "report"})
	}
	net := s.network("net", vniA)
	s.connect(net, on("sw1", "p1", 0), on("sw2", "p1", 0))
	s.settled()
	s.reach("h1", "h2")
	s.traces("h1", "h2", []hop{{"sw1", "sw2", vniA}})
	mac, sw1, sw2 := s.lab.Host("h2").MAC, s.lab.Switch("sw1"), s.lab.Switch("sw2")
	ctl := func(sw *lab.Switch, args ...string) {
		_, err := sw.VtepCtl(soon(s.T), args...)
		require.NoError(s, err)
	}
	repaired := func() {
		for _, name := range []string{"sw1", "sw2"} {
			s.ctl.update(s.T, devices, s.devices[name], object{"drift_policy": "repair"})
		}
		s.settled()
		for _, name := range []string{"sw1", "sw2"} {
			s.ctl.update(s.T, devices, s.devices[name], object{"drift_policy": "report"})
		}
		s.reach("h1", "h2")
		s.traces("h1", "h2", []hop{{"sw1", "sw2", vniA}})
	}
	ctl(sw1, "del-ucast-remote", net, mac)
	s.agrees("row deleted", true, model.TraceFloods, model.CheckUnicast)
	repaired()
	ctl(sw1, "clear-remote-macs", net)
	s.agrees("row and flood list deleted", false, model.TraceBreaks, model.CheckUnicast)
	repaired()
	ctl(sw1, "del-ucast-remote", net, mac, "--", "add-ucast-remote", net, mac, "10.250.1.99")
	s.agrees("wrong locator", false, model.TraceBreaks, model.CheckUnicast)
	repaired()
	ctl(sw2, "unbind-ls", "sw2", "p1", "0")
	s.agrees("port unbound", false, model.TraceBreaks, model.CheckPort)
	repaired()
	sw2.Crash()
	// The MAC is held for a while after its switch is lost, and then it is nowhere.
	s.agrees("switch away", false, model.TraceUnknown, model.CheckSwitch, model.CheckLocation)
	require.NoError(s, sw2.Boot(soon(s.T)))
	eventually(s.T, 2*patience, func() error { return s.ctl.unsettled(s.T) })
}
