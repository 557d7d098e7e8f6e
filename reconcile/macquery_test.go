package reconcile_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile"
)

var lastMAC = model.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// macsOf are all that a query chooses, read in pages of its limit.
func (s *site) macsOf(q model.MACQuery) (out []model.MACEntry, total int) {
	s.t.Helper()
	if q.Last == (model.MAC{}) {
		q.Last = lastMAC
	}
	if q.Limit == 0 {
		q.Limit = 2
	}
	for {
		page, err := s.loop.MACs(q)
		require.NoError(s.t, err)
		require.LessOrEqual(s.t, len(page.Entries), q.Limit)
		out, total = append(out, page.Entries...), page.Total
		if q.After = page.Next; q.After == "" {
			return out, total
		}
	}
}

// only is the one entry of a MAC, which is waited for.
func (s *site) only(mac string, is func(*model.MACEntry) bool) (e model.MACEntry) {
	s.t.Helper()
	m, err := model.ParseMAC(mac)
	require.NoError(s.t, err)
	s.eventually(func() bool {
		all, _ := s.macsOf(model.MACQuery{First: m, Last: m})
		if len(all) != 1 {
			return false
		}
		e = all[0]
		return is(&e)
	}, "%s is as wanted: %+v", mac, &e)
	return e
}

// TestWhere: a MAC is found where it is, with the port if only one can be it, and with the time of its move.
func TestWhere(t *testing.T) {
	s := newSite(t, 3, reconcile.Options{LocalHold: time.Hour})
	a, b, c := s.tors[0], s.tors[1], s.tors[2]
	net := s.network()
	s.active(s.connect(net, model.ActiveActive, a, b, c))
	began := time.Now()
	a.learn(net, m1)
	s.holds(b, net, m1, a.tunnelIP)
	e := s.only(m1, func(e *model.MACEntry) bool { return e.State == model.MACOK })
	require.Equal(t, &model.Named{ID: a.id, Name: a.name}, e.Device)
	require.Equal(t, model.Named{ID: net, Name: "blue"}, e.Network)
	require.Equal(t, []model.BoundPort{{Switch: a.name, Port: "p1", VLAN: 100}}, e.Ports)
	require.Equal(t, model.MACLocal, e.Source)
	require.Zero(t, e.Moves)
	require.WithinRange(t, e.Since, began, time.Now())
	require.Nil(t, e.Until)
	require.Empty(t, e.Others)

	moved := time.Now()
	a.forget(net, m1)
	b.learn(net, m1)
	e = s.only(m1, func(e *model.MACEntry) bool { return e.Device.ID == b.id })
	require.EqualValues(t, 1, e.Moves)
	require.WithinRange(t, e.Since, moved, time.Now())
	require.Len(t, e.Others, 1)
	require.Equal(t, a.id, e.Others[0].Device.ID)
	require.NotNil(t, e.Others[0].HeldUntil)

	mac, _ := model.ParseMAC(m1)
	s.eventually(func() bool {
		on := s.loop.ProgrammedOn(net, mac)
		return len(on) == 2 && on[0].Has && on[1].Has && on[0].Device.Name == a.name && on[1].Device.Name == c.name
	}, "both others have a row")
	c.Stop()
	s.enters(c, model.DeviceUnreachable)
	on := s.loop.ProgrammedOn(net, mac)
	require.Equal(t, model.ProgrammedOn{Device: model.Named{ID: c.id, Name: c.name}, Reason: model.DeviceUnreachable}, on[1])

	b.forget(net, m1)
	e = s.only(m1, func(e *model.MACEntry) bool { return e.State == model.MACHeld })
	require.WithinDuration(t, time.Now().Add(time.Hour), *e.Until, time.Minute)
}

// TestWherePorts: of several ports none is said to be the one.
func TestWherePorts(t *testing.T) {
	s := newSite(t, 1, reconcile.Options{})
	a := s.tors[0]
	net := s.network()
	s.active(s.connect(net, model.ActiveActive, a))
	s.active(s.connectVLAN(net, 200, a.name))
	a.learn(net, m1)
	e := s.only(m1, func(e *model.MACEntry) bool { return len(e.Ports) == 2 })
	require.Equal(t, []model.BoundPort{{Switch: a.name, Port: "p1", VLAN: 100}, {Switch: a.name, Port: "p1", VLAN: 200}}, e.Ports)
	a.Stop()
	s.enters(a, model.DeviceUnreachable)
	e = s.only(m1, func(e *model.MACEntry) bool { return e.State == model.MACHeld })
	require.Len(t, e.Ports, 2, "what is defined, while nobody reads what stands")
}

// TestMACPages: pages have every MAC once, by MAC or by time, and each filter chooses what it says.
func TestMACPages(t *testing.T) {
	s := newSite(t, 2, reconcile.Options{LocalHold: time.Hour})
	a, b := s.tors[0], s.tors[1]
	blue, red := s.network(), s.network()
	s.active(s.connect(blue, model.ActiveActive, a, b))
	s.active(s.connectVLAN(red, 200, a.name, b.name))
	for i := range 7 {
		tor := s.tors[i%2]
		tor.learn([]string{blue, red}[i%3/2], fmt.Sprintf("02:00:00:00:0%d:01", i))
		s.eventually(func() bool { _, n := s.macsOf(model.MACQuery{}); return n == i+1 }, "MAC %d is there", i)
	}
	all, total := s.macsOf(model.MACQuery{})
	require.Equal(t, 7, total)
	require.Len(t, all, 7)
	require.True(t, slices.IsSortedFunc(all, func(a, b model.MACEntry) int { return a.MAC.Compare(b.MAC) }))
	newest, _ := s.macsOf(model.MACQuery{NewestFirst: true})
	slices.Reverse(newest)
	require.Equal(t, all, newest, "they came in this order")

	of := func(q model.MACQuery) int {
		found, total := s.macsOf(q)
		require.Len(t, found, total)
		return total
	}
	require.Equal(t, 2, of(model.MACQuery{Network: red}))
	require.Equal(t, 3, of(model.MACQuery{Device: b.id}))
	require.Equal(t, 7, of(model.MACQuery{State: model.MACOK, Limit: 3}))
	require.Zero(t, of(model.MACQuery{State: model.MACFrozen})+of(model.MACQuery{State: model.MACStatic})+of(model.MACQuery{State: model.MACHeld})+of(model.MACQuery{Device: "nobody"}))
	require.Equal(t, 1, of(model.MACQuery{First: model.MAC{2, 0, 0, 0, 3}, Last: model.MAC{2, 0, 0, 0, 3, 0xff}}))
	b.forget(red, "02:00:00:00:05:01")
	s.eventually(func() bool {
		return of(model.MACQuery{State: model.MACHeld}) == 1 && of(model.MACQuery{State: model.MACOK}) == 6
	}, "one is held")

	_, err := s.loop.MACs(model.MACQuery{After: "x", Limit: 1})
	require.Equal(t, model.Invalid, model.KindOf(err))
}

// TestHostsOf: a MAC is found by the IP address that its switch reports.
func TestHostsOf(t *testing.T) {
	s := newSite(t, 1, reconcile.Options{})
	a := s.tors[0]
	net := s.network()
	s.active(s.connect(net, model.ActiveActive, a))
	a.learn(net, m1)
	a.learn(net, m2)
	ip := model.IPv4{192, 0, 2, 77}
	hosts, reported := s.loop.HostsOf(ip)
	require.Empty(t, hosts)
	require.False(t, reported)
	set := func(text string) {
		a.Transact(fmt.Sprintf(`[{"op":"update","table":"Ucast_Macs_Local","where":[["MAC","==",%q]],"row":{"ipaddr":%q}}]`, m2, text))
	}
	set(ip.String())
	mac, _ := model.ParseMAC(m2)
	s.eventually(func() bool { hosts, reported = s.loop.HostsOf(ip); return len(hosts) == 1 }, "it is found")
	require.True(t, reported)
	require.Equal(t, []model.MACKey{{Network: net, MAC: mac}}, hosts)
	set("192.0.2.78")
	s.eventually(func() bool { hosts, reported = s.loop.HostsOf(ip); return len(hosts) == 0 && reported }, "it has another address")
	a.forget(net, m2)
	s.eventually(func() bool { _, reported = s.loop.HostsOf(ip); return !reported }, "nobody reports one")
}

// TestWhereOfMembers: what a switch says that is no member of the network does not count, as it does not for the others.
func TestWhereOfMembers(t *testing.T) {
	s := newSite(t, 3, reconcile.Options{LocalHold: time.Hour})
	a, b, stranger := s.tors[0], s.tors[1], s.tors[2]
	net := s.network()
	s.active(s.connect(net, model.ActiveActive, a, b))
	stranger.VtepCtl("add-ls", net)
	stranger.learn(net, m2)
	a.learn(net, m1)
	s.holds(b, net, m1, a.tunnelIP)
	stranger.learn(net, m1)
	mac, err := model.ParseMAC(m1)
	require.NoError(t, err)
	s.eventually(func() bool { // it wins, being the last to report, and counts nowhere
		e := s.only(m1, func(*model.MACEntry) bool { return true })
		return e.Device.ID == a.id && e.State == model.MACOK && len(e.Others) == 1 && e.Others[0].Device.ID == stranger.id
	}, "the MAC is at %s, and %s shows it too", a.name, stranger.name)
	s.holds(b, net, m1, a.tunnelIP)
	all, total := s.macsOf(model.MACQuery{})
	require.Len(t, all, 1, "m2 is at no member")
	require.Equal(t, 1, total)
	require.Equal(t, mac, all[0].MAC)
	of, _ := s.macsOf(model.MACQuery{Device: stranger.id})
	require.Empty(t, of)
}
