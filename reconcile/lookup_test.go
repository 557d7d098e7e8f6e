package reconcile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile"
)

// allRows are the logical switches of a device, read in pages of a size.
func (s *site) allRows(tor *tor, limit int) (out []model.LogicalSwitchRows) {
	s.t.Helper()
	for after := ""; ; {
		page, err := s.loop.DeviceRows(tor.id, after, limit)
		require.NoError(s.t, err)
		require.LessOrEqual(s.t, len(page.LogicalSwitches), limit)
		out = append(out, page.LogicalSwitches...)
		if after = page.Next; after == "" {
			return out
		}
	}
}

// TestRowsOfADevice: what a switch holds is shown as it stands, with whose it is.
func TestRowsOfADevice(t *testing.T) {
	s := newSite(t, 2, reconcile.Options{})
	a, b := s.tors[0], s.tors[1]
	net := s.network()
	s.active(s.connect(net, model.ActiveActive, a, b))
	a.learn(net, m1)
	b.learn(net, m2)
	s.holds(a, net, m2, b.tunnelIP)

	long := strings.Repeat("x", 300)
	for _, name := range []string{"their\x1bs", long + "1", long + "2"} {
		a.Transact(fmt.Sprintf(`[{"op":"insert","table":"Logical_Switch","row":{"name":%q,"tunnel_key":4711}}]`, strings.ReplaceAll(name, "\x1b", "~")))
	}
	a.Transact(fmt.Sprintf(`[{"op":"insert","table":"Logical_Switch","row":{"name":"left","other_config":["map",[["bordergw",%q]]]}}]`, s.store.Definitions().StoreID))
	a.VtepCtl("bind-ls", a.name, "p1", "7", "their~s")
	want := model.LogicalSwitchRows{
		Name: net, Key: vniOf(s, net), Owner: model.RowsOurs, Bindings: []model.BoundPort{{Switch: a.name, Port: "p1", VLAN: 100}}, BindingsTotal: 1,
		LocalMACs: 1, RemoteMACs: 1, Flood: []string{b.tunnelIP}, FloodTotal: 1, FloodMissing: []string{},
	}
	byName := map[string]model.LogicalSwitchRows{}
	s.eventually(func() bool {
		clear(byName)
		for _, r := range s.allRows(a, 2) {
			byName[r.Name] = r
		}
		return len(byName) == 4 && byName["their~s"].BindingsTotal == 1
	}, "all rows are shown: %v", byName)
	require.Len(t, s.allRows(a, 2), 5, "names of one beginning are all there")
	require.Len(t, s.allRows(a, 5), 5)
	require.Equal(t, want, byName[net])
	require.Equal(t, model.RowsLeft, byName["left"].Owner)
	require.Equal(t, model.LogicalSwitchRows{
		Name: "their~s", Key: 4711, Owner: model.RowsForeign, Bindings: []model.BoundPort{{Switch: a.name, Port: "p1", VLAN: 7}}, BindingsTotal: 1, Flood: []string{}, FloodMissing: []string{},
	}, byName["their~s"])

	_, err := s.loop.DeviceRows(a.id, "!", 2)
	require.Equal(t, model.Invalid, model.KindOf(err))
	a.Stop()
	s.enters(a, model.DeviceUnreachable)
	_, err = s.loop.DeviceRows(a.id, "", 2)
	require.Equal(t, model.Unavailable, model.KindOf(err))
	require.ErrorContains(t, err, "Switch tor0 is not read now: unreachable: ")
	_, err = s.loop.DeviceRows("nobody", "", 2)
	require.Equal(t, model.NotFound, model.KindOf(err))
}

// TestRowsOfANetwork: its logical switches are found by their names, and say what their flood lists lack.
func TestRowsOfANetwork(t *testing.T) {
	s := newSite(t, 3, reconcile.Options{})
	a, b, c := s.tors[0], s.tors[1], s.tors[2]
	leave := model.DriftReport
	_, err := s.store.UpdateGatewayDevice(t.Context(), a.id, model.GatewayDeviceUpdate{DriftPolicy: &leave})
	require.NoError(t, err)
	net := s.network()
	s.active(s.connect(net, model.ActiveActive, a, b, c))
	rows := func() []model.LogicalSwitchRows {
		out, err := s.loop.NetworkRows(a.id, net)
		require.NoError(t, err)
		return out
	}
	s.eventually(func() bool { return rows()[0].FloodTotal == 2 }, "the flood list stands")
	require.Equal(t, s.allRows(a, 10), rows())
	require.Empty(t, rows()[0].FloodMissing)

	a.VtepCtl("del-mcast-remote", net, "unknown-dst", b.tunnelIP)
	s.eventually(func() bool { return rows()[0].FloodTotal == 1 }, "an external writer takes a member out, and it is left so")
	require.Equal(t, []string{b.tunnelIP}, rows()[0].FloodMissing)
	require.Equal(t, []string{c.tunnelIP}, rows()[0].Flood)

	a.VtepCtl("add-ls", net+model.BorderSuffix)
	a.VtepCtl("add-ls", net+"-other")
	s.eventually(func() bool { return len(rows()) == 2 }, "there are two logical switches of the network")
	require.Equal(t, net+model.BorderSuffix, rows()[1].Name)
	none, err := s.loop.NetworkRows(a.id, "nothing")
	require.NoError(t, err)
	require.Equal(t, []model.LogicalSwitchRows{}, none)

	a.Stop()
	s.enters(a, model.DeviceUnreachable)
	_, err = s.loop.NetworkRows(a.id, net)
	require.Equal(t, model.Unavailable, model.KindOf(err))
}

func vniOf(s *site, network string) model.VNI {
	n, ok := s.store.Definitions().Networks.Get(network)
	require.True(s.t, ok)
	return n.VNI
}
