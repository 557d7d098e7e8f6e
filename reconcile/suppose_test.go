package reconcile_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile"
)

// standingOf waits until the rows of a switch are known, and returns them.
func (s *site) standingOf(t *tor, name string, remote int) (out model.StandingSwitch) {
	s.t.Helper()
	s.eventually(func() bool {
		all, err := s.loop.Standing(t.id)
		require.NoError(s.t, err)
		require.Equal(s.t, t.id, all.Device.ID)
		i := slices.IndexFunc(all.Switches, func(sw model.StandingSwitch) bool { return sw.Name == name })
		if i < 0 {
			return false
		}
		out = all.Switches[i]
		return len(out.Remote) == remote && len(out.Local) > 0
	}, "%s of %s is read", name, t.name)
	return out
}

// supposed says what would be written if a network were defined over standing rows on all switches.
func (s *site) supposed(name string, vni model.VNI, far ...model.VTEPAddress) model.Supposition {
	s.t.Helper()
	next, err := s.store.Try(func(e model.Editor) error {
		if err := e.CreateNetwork(model.Network{Record: model.Record{ID: name}, VNI: vni, FarEnds: far}); err != nil {
			return err
		}
		g := model.L2Gateway{Record: model.Record{ID: "g"}}
		for _, tor := range s.tors {
			g.Devices = append(g.Devices, model.Device{DeviceName: tor.name, Interfaces: []model.Interface{{Name: "p1", VLANs: []model.VLAN{100}}}})
		}
		if err := e.CreateL2Gateway(g); err != nil {
			return err
		}
		return e.CreateConnection(model.L2GatewayConnection{L2GatewayID: "g", NetworkID: name})
	})
	require.NoError(s.t, err)
	var ids []string
	for _, tor := range s.tors {
		ids = append(ids, tor.id)
	}
	out, err := s.loop.Suppose(next, []string{name}, ids)
	require.NoError(s.t, err)
	return out
}

// steps are all that would be written, in words.
func steps(of model.Supposition) (out []string) {
	for _, r := range of.Rows {
		out = append(out, fmt.Sprintf("%s %s %s %s %d", r.Device.Name, r.LogicalSwitch, r.Change, r.At, r.Count))
	}
	return append(out, of.Texts...)
}

// TestSuppose: two switches that know each other's MACs. Nothing would be written but what differs: a MAC
// that the other switch has not learned would go, one that it has learned and the first does not know
// would come, and a binding is made. Nothing is written, and nothing is defined.
func TestSuppose(t *testing.T) {
	s := newSite(t, 2, reconcile.Options{})
	s.standing(10, "net", "other")
	a, b := s.tors[0], s.tors[1]
	for _, tor := range s.tors {
		tor.VtepCtl("bind-ls", tor.name, "p1", "100", "net", "--", "add-mcast-remote", "net", "unknown-dst", s.tors[1-slices.Index(s.tors, tor)].tunnelIP)
		tor.VtepCtl("set", "Logical_Switch", "net", "replication_mode=source_node")
	}
	s.standingOf(a, "net", 10)
	s.standingOf(b, "net", 10)
	s.eventually(func() bool { return len(s.supposed("net", 5001).Rows) == 0 }, "nothing would be written")
	require.Empty(t, s.supposed("net", 5001).Texts)

	a.VtepCtl("clear", "Logical_Switch", "net", "replication_mode")
	mode := func() []string {
		if rows := s.supposed("net", 5001).Rows; len(rows) == 1 {
			return rows[0].Steps
		}
		return nil
	}
	s.eventually(func() bool { return slices.Equal(mode(), []string{"replication_mode: unset -> source_node"}) }, "neither mark nor description is in it: %v", mode())
	a.VtepCtl("set", "Logical_Switch", "net", "replication_mode=source_node")
	s.eventually(func() bool { return len(s.supposed("net", 5001).Rows) == 0 }, "nothing would be written")

	before := s.store.Definitions().Revision
	written := a.Transactions()
	sup := s.supposed("net", 5001, model.VTEPAddress{10, 9, 9, 9})
	require.Equal(t, []string{"tor0 net other 0.0.0.0 1", "tor1 net other 0.0.0.0 1"}, steps(sup))
	require.Equal(t, []string{"set flood net -> 10.9.9.9 192.0.2.2"}, sup.Rows[0].Steps)

	b.VtepCtl("del-ucast-local", "net", "02:00:00:01:00:00")
	b.learn("net", m1)
	s.eventually(func() bool {
		return slices.Equal([]string{"tor0 net added 0.0.0.0 1", "tor0 net deleted 192.0.2.2 1"}, steps(s.supposed("net", 5001)))
	}, "one MAC would come, another would go: %v", steps(s.supposed("net", 5001)))
	texts := s.supposed("net", 5002).Texts
	require.Len(t, texts, 2, "%v", texts)
	require.Contains(t, texts[0], "switch tor0: logical switch net stands with VNI 5001 and is unmanaged")
	require.Equal(t, before, s.store.Definitions().Revision)
	require.Equal(t, written, a.Transactions())

	a.Stop()
	s.enters(a, model.DeviceUnreachable)
	_, err := s.loop.Standing(a.id)
	require.Equal(t, model.Unavailable, model.KindOf(err))
	_, err = s.loop.Suppose(s.store.Definitions(), nil, []string{a.id})
	require.Equal(t, model.Unavailable, model.KindOf(err))
	_, err = s.loop.Standing("nobody")
	require.Equal(t, model.NotFound, model.KindOf(err))
}
