package faults_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
)

// TestF58_InvalidValues: what no switch can hold is refused by the API, or taken
// in its canonical form, and no switch is written for it.
func TestF58_InvalidValues(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	url := o.Serve()
	before := o.server.Transactions()
	gateway := func(port, vlan string) string {
		return `{"l2_gateway":{"devices":[{"device_name":"tor1","interfaces":[{"name":` + port + `,"segmentation_id":[` + vlan + `]}]}]}}`
	}
	entry := func(mac, vtep string) string {
		return `{"remote_mac_entry":{"mac_address":"` + mac + `","vtep_address":"` + vtep + `","segmentation_id":7000}}`
	}
	macs := "/v2.0/gw/gateway_devices/" + o.device + "/remote_mac_entries"
	const good = "00:aa:00:00:00:01"
	many := strings.TrimSuffix(strings.Repeat(`{"name":"p1","segmentation_id":[1]},`, 100_000), ",")
	for name, r := range map[string]struct {
		path, body string
		status     int
	}{
		"VLAN 4095":         {"/v2.0/l2-gateways", gateway(`"p1"`, "4095"), 400},
		"VLAN -1":           {"/v2.0/l2-gateways", gateway(`"p1"`, "-1"), 400},
		"VLAN x":            {"/v2.0/l2-gateways", gateway(`"p1"`, `"x"`), 400},
		"VLAN 1.5":          {"/v2.0/l2-gateways", gateway(`"p1"`, "1.5"), 400},
		"port is a number":  {"/v2.0/l2-gateways", gateway("7", "1"), 400},
		"100000 interfaces": {"/v2.0/l2-gateways", `{"l2_gateway":{"devices":[{"device_name":"tor1","interfaces":[` + many + `]}]}}`, 413},
		"VNI 0":             {"/v2.0/networks", `{"network":{"provider:segmentation_id":0}}`, 400},
		"VNI 2^24":          {"/v2.0/networks", `{"network":{"provider:segmentation_id":16777216}}`, 400},
		"VNI 10^400":        {"/v2.0/networks", `{"network":{"provider:segmentation_id":1` + strings.Repeat("0", 400) + `}}`, 400},
		"id with NUL":       {"/v2.0/networks", `{"network":{"id":"a\u0000b"}}`, 400},
		"id with newline":   {"/v2.0/networks", `{"network":{"id":"a\nb"}}`, 400},
		"octal address":     {macs, entry(good, "010.0.0.1"), 400},
		"address 0.0.0.0":   {macs, entry(good, "0.0.0.0"), 400},
		"multicast address": {macs, entry(good, "239.0.0.1"), 400},
		"IPv6 address":      {macs, entry(good, "2001:db8::1"), 400},
		"multicast MAC":     {macs, entry("01:00:5e:00:00:01", "198.51.100.7"), 400},
		"MAC 0":             {macs, entry("00:00:00:00:00:00", "198.51.100.7"), 400},
		"MAC in capitals":   {macs, entry("00:AA:00:00:00:01", "198.51.100.7"), 201},
		"deep nesting":      {"/v2.0/networks", strings.Repeat("[", 100_000), 400},
	} {
		status, text := post(t, url+r.path, r.body)
		require.Equal(t, r.status, status, "%s: %s", name, text)
		if status == http.StatusCreated {
			require.Contains(t, text, good, "in canonical form")
		} else {
			require.Contains(t, text, "NeutronError", name)
		}
	}
	o.InSync(o.device)
	require.Equal(t, before, o.server.Transactions())
}

// post sends a body and returns the answer.
func post(t testing.TB, url, body string) (int, string) {
	resp, err := http.Post(url, "application/json", strings.NewReader(body))
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

// TestF59_SameVLANTwice: two connections want one VLAN of one port. The store
// refuses the second; where it can not know, the older one has it.
func TestF59_SameVLANTwice(t *testing.T) {
	t.Parallel()
	s := rig.New(t, reconcile.Options{})
	server := ovsdbtest.Start(t)
	device := s.Register("alias", server.Port())
	s.Device(rig.Patience, device, model.DeviceInSync)
	older := s.Join(s.Network("net", 5001), rig.At{Switch: "alias", Port: "p1", VLAN: 100})
	newer := s.Join(s.Network("late", 5002), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	server.AddSwitch("tor1", "192.0.2.1", "p1")
	began := time.Now()
	s.Connection(soon, newer, model.ConnectionError, "VLAN 100", "older connection")
	measured(t, time.Since(began), 0)
	s.Connection(soon, older, model.ConnectionActive)
	rig.Holds(t, soon, server, append([]string{"ls late 5002"}, carried...)...)
	_, err := s.TryJoin(s.Network("third", 5003), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	require.Equal(t, model.Conflict, model.KindOf(err), "%v", err)
	s.Part(older)
	rig.Holds(t, soon, server, "ls late 5002", "bind tor1 p1 100 late")
	s.Connection(soon, newer, model.ConnectionActive)
}

// TestF60_VNIClash: a VNI of ours is taken by somebody else, before or after us,
// or by a network of ours that the switch does not let go; two of ours are
// swapped.
func TestF60_VNIClash(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	more := o.Join(o.Network("more", 5002), rig.At{Switch: "tor1", Port: "p2", VLAN: 200})
	want := append([]string{"ls more 5002", "bind tor1 p2 200 more"}, carried...)
	rig.Holds(t, soon, o.server, want...)
	for _, name := range []string{"a", "zz"} {
		began := time.Now()
		o.server.VtepCtl("add-ls", name, "--", "set", "Logical_Switch", name, "tunnel_key=5002")
		o.Connection(soon, more, model.ConnectionError, "VNI 5002", name)
		measured(t, time.Since(began), 0)
		o.Connection(soon, o.conn, model.ConnectionActive)
		rig.Holds(t, soon, o.server, append([]string{"ls " + name + " 5002"}, want...)...)
		o.server.VtepCtl("del-ls", name)
		o.Connection(soon, more, model.ConnectionActive)
	}
	o.server.VtepCtl("set", "Logical_Switch", "net", "tunnel_key=5002", "--", "set", "Logical_Switch", "more", "tunnel_key=5001")
	began := time.Now()
	rig.Holds(t, soon, o.server, want...)
	measured(t, 0, time.Since(began))

	learn(o.server, "00:00:5e:00:53:01", "192.0.2.1")
	o.Part(o.conn)
	require.NoError(t, o.Store.DeleteNetwork(t.Context(), "net"))
	asks := model.Network{Record: model.Record{ID: "next"}, VNI: 5001}
	rig.Holds(t, rig.Patience, o.server, "ls more 5002", "bind tor1 p2 200 more", "ls net 5001")
	_, err := o.Store.CreateNetwork(t.Context(), asks)
	require.ErrorContains(t, err, "VNI 5001 belonged to the deleted network net and may still be in use on switch tor1")
	o.server.VtepCtl("clear-local-macs", "net")
	rig.Eventually(t, rig.Patience, func() error {
		_, err := o.Store.CreateNetwork(t.Context(), asks)
		return err
	})
	next := o.Join("next", rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	o.Connection(rig.Patience, next, model.ConnectionActive)
	rig.Holds(t, soon, o.server, "ls more 5002", "bind tor1 p2 200 more", "ls next 5001", "bind tor1 p1 100 next")
}

// TestF61_TooManyMembers: a switch that floods to one only carries a network of
// two, and says why when it becomes one of three.
func TestF61_TooManyMembers(t *testing.T) {
	t.Parallel()
	s := rig.New(t, reconcile.Options{})
	server := ovsdbtest.Start(t)
	server.AddSwitch("tor1", "192.0.2.1", "p1")
	s.RegisterAs(model.GatewayDevice{Name: "tor1", ManagementPort: uint16(server.Port()), Profile: "single-locator"})
	s.Switch("tor2", "192.0.2.2", "p1")
	s.Switch("tor3", "192.0.2.3", "p1")
	conn := s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100}, rig.At{Switch: "tor2", Port: "p1", VLAN: 100})
	s.Connection(rig.Patience, conn, model.ConnectionActive)
	rig.Holds(t, soon, server, carriedByOne...)
	began := time.Now()
	s.Join("net", rig.At{Switch: "tor3", Port: "p1", VLAN: 100})
	s.Connection(soon, conn, model.ConnectionError, "tor1")
	measured(t, time.Since(began), 0)
	for _, line := range rig.Picture(server) {
		require.NotContains(t, line, "192.0.2.2 192.0.2.3", "no half of a list that it can not serve")
	}
}

// TestF62_Moved: the database of a device is somewhere else now. A device that
// is in use is not deleted; one that is free is registered anew at the new place
// and carries what is defined, and the other switch is not disturbed.
func TestF62_Moved(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	other, otherDevice := o.Switch("tor2", "192.0.2.2", "p1")
	o.Join(o.Network("beside", 5002), rig.At{Switch: "tor2", Port: "p1", VLAN: 100})
	beside := []string{"ls beside 5002", "bind tor2 p1 100 beside"}
	rig.Holds(t, rig.Patience, other, beside...)
	others := other.Transactions()
	err := o.Store.DeleteGatewayDevice(t.Context(), o.device)
	require.Equal(t, model.Conflict, model.KindOf(err), "%v", err)

	c, ok := o.Store.Definitions().Connections.Get(o.conn)
	require.True(t, ok)
	o.Part(o.conn)
	require.NoError(t, o.Store.DeleteL2Gateway(t.Context(), c.L2GatewayID))
	require.NoError(t, o.Store.DeleteGatewayDevice(t.Context(), o.device))
	proxy := rig.NewProxy(t, o.server.Port())
	began := time.Now()
	o.device = o.Register("tor1", proxy.Port())
	o.conn = o.Join("net", rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	o.InSync(o.device)
	rig.Eventually(t, rig.Patience, func() error {
		if n := o.Store.Definitions().Retired.Len(); n > 0 {
			return fmt.Errorf("%d deleted devices are still remembered", n)
		}
		return nil
	})
	o.InSync(o.device, otherDevice)
	rig.Holds(t, rig.Patience, o.server, carried...)
	measured(t, 0, time.Since(began))
	require.NoError(t, rig.Differs(other, beside))
	require.Equal(t, others, other.Transactions())
}

// TestF63_DeletedWhileAway: a device that is deleted while it is away is cleaned
// when it comes, and left alone after.
func TestF63_DeletedWhileAway(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	o.server.Stop()
	o.Device(soon, o.device, model.DeviceUnreachable)
	o.Part(o.conn)
	for g := range o.Store.Definitions().Gateways.All() {
		require.NoError(t, o.Store.DeleteL2Gateway(t.Context(), g.ID))
	}
	require.NoError(t, o.Store.DeleteNetwork(t.Context(), "net"))
	require.NoError(t, o.Store.DeleteGatewayDevice(t.Context(), o.device))
	o.Stop()
	o.Start()
	o.server.Run()
	began := time.Now()
	rig.Holds(t, rig.Patience, o.server)
	measured(t, 0, time.Since(began))
	rig.Eventually(t, soon, func() error {
		if n := o.Store.Definitions().Retired.Len() + o.Store.Definitions().Tombstones.Len(); n > 0 {
			return fmt.Errorf("%d deleted things are still remembered", n)
		}
		return nil
	})
}

// TestF64_JoinedAgain: a network that is to be removed from a switch that is away
// is joined again before the switch comes. Nothing is removed, the row stays.
func TestF64_JoinedAgain(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	row := reference(t, o.server, "Logical_Switch", "name", "net")
	o.server.Stop()
	o.Device(soon, o.device, model.DeviceUnreachable)
	o.Part(o.conn)
	o.conn = o.Join("net", rig.At{Switch: "tor1", Port: "p2", VLAN: 101})
	o.server.Run()
	began := time.Now()
	rig.Holds(t, rig.Patience, o.server, "ls net 5001", "bind tor1 p2 101 net")
	measured(t, 0, time.Since(began))
	require.Equal(t, row, reference(t, o.server, "Logical_Switch", "name", "net"))
	o.Connection(soon, o.conn, model.ConnectionActive)
}

// TestF65_StopsAnywhere: the controller ends at random moments while it writes a
// few hundred MACs, and is started again. In the end all stands once, and
// ending took nothing away. (e2e.TestKill does so with SIGKILL.)
func TestF65_StopsAnywhere(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	s := rig.New(t, reconcile.Options{})
	server, device := s.Switch("tor1", "192.0.2.1", "p1")
	s.InSync(device)
	want := []string{"ls far 7000", "flood far 198.51.100.7"}
	s.Border(s.Network("far", 7000), device, 7000)
	s.Far(device, mac(t, "00:aa:00:00:ff:ff"), address(t, "198.51.100.7"), 7000)
	want = append(want, "mac far 00:aa:00:00:ff:ff 198.51.100.7")
	rig.Holds(t, rig.Patience, server, want...)
	for round := range 6 {
		var entries []model.RemoteMACEntry
		for i := range 200 {
			m := fmt.Sprintf("00:aa:00:%02x:%02x:%02x", round, i>>8, i&255)
			entries = append(entries, model.RemoteMACEntry{MAC: mac(t, m), VTEPAddress: address(t, "198.51.100.7"), SegmentationID: 7000})
			want = append(want, "mac far "+m+" 198.51.100.7")
		}
		_, err := s.Store.CreateRemoteMACs(t.Context(), device, entries)
		require.NoError(t, err)
		<-time.After(time.Duration(r.Int64N(int64(30 * time.Millisecond))))
		s.Stop()
		before := len(rig.Picture(server))
		s.Start()
		rig.Eventually(t, rig.Patience, func() error {
			if s.Loop.DeviceStatus(device).Phase == model.DeviceUnreachable {
				return errors.New("not back")
			}
			return nil
		})
		require.GreaterOrEqual(t, len(rig.Picture(server)), before)
	}
	began := time.Now()
	rig.Holds(t, rig.Patience, server, want...)
	measured(t, 0, time.Since(began))
}

// TestF65_RestartKeepsMACs: a controller that starts while a switch is away
// leaves the MACs behind it where they are, until the switch reports or the settle
// time is over. What a user removes goes at once.
func TestF65_RestartKeepsMACs(t *testing.T) {
	t.Parallel()
	s := rig.New(t, reconcile.Options{Settle: 6 * time.Second})
	near, nearDevice := s.Switch("tor1", "192.0.2.1", "p1", "p2")
	away, proxy, _ := s.Behind("tor2", "192.0.2.2", "p1", "p2")
	conns := map[string]string{}
	for i, n := range []string{"net", "cut"} {
		s.Network(n, model.VNI(5001+i))
		vlan := model.VLAN(100 + i)
		s.Join(n, rig.At{Switch: "tor1", Port: "p1", VLAN: vlan})
		conns[n] = s.Join(n, rig.At{Switch: "tor2", Port: "p1", VLAN: vlan})
		rig.Eventually(t, rig.Patience, func() error {
			_, err := away.TryVtepCtl("add-ucast-local", n, "00:00:5e:00:53:01", "192.0.2.2")
			return err
		})
	}
	remote := func() (found []string) {
		for _, line := range rig.Picture(near) {
			if strings.HasPrefix(line, "mac ") {
				found = append(found, line)
			}
		}
		return found
	}
	has := func(within time.Duration, want ...string) time.Duration {
		t.Helper()
		return rig.Eventually(t, within, func() error {
			if have := remote(); !slices.Equal(have, want) {
				return fmt.Errorf("%v, not %v", have, want)
			}
			return nil
		})
	}
	const one, other = "mac cut 00:00:5e:00:53:01 192.0.2.2", "mac net 00:00:5e:00:53:01 192.0.2.2"
	has(soon, one, other)
	s.Stop()
	proxy.Hold(rig.Down)
	s.Start()
	began := time.Now()
	s.InSync(nearDevice)
	require.Equal(t, []string{one, other}, remote(), "nobody has withdrawn them")
	s.Part(conns["cut"])
	has(soon, other)
	has(rig.Patience)
	require.Greater(t, time.Since(began), 5*time.Second, "not before the settle time is over")
	proxy.Open()
	measured(t, 0, has(rig.Patience, other))
}
