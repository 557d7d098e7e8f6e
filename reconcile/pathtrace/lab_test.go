package pathtrace_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/mactable"
	"bordergw/reconcile/pathtrace"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// lab is a Fabric of switches that hold what they are to hold, but for what a test takes away.
type lab struct {
	*testing.T
	*modeltest.Builder
	net      *model.Network
	learned  map[string]*mactable.Learned
	switches map[string]*pathtrace.Switch
	parts    []pathtrace.Part
	stopped  bool
	reads    int
}

func newLab(t *testing.T) *lab {
	l := &lab{T: t, Builder: modeltest.New(), learned: map[string]*mactable.Learned{}, switches: map[string]*pathtrace.Switch{}}
	l.net = l.Builder.Network("blue", 5001)
	return l
}

// sites joins so many sites, each with an access switch aN and a border bN.
func sites(t *testing.T, n int, mode model.BorderMode) *lab {
	l := newLab(t)
	const between = 9001
	for i := 1; i <= n; i++ {
		in := modeltest.InSite(fmt.Sprint("s", i))
		l.Access(l.net, l.Device(fmt.Sprint("a", i), model.BorderDirect, in))
		l.Builder.Border(l.net, between, l.Device(fmt.Sprint("b", i), mode, in, modeltest.Keyed))
	}
	return l
}

// learn puts a MAC behind a port of a device.
func (l *lab) learn(device string, mac model.MAC) {
	gd, _ := l.Devices.Get(device)
	if l.learned[l.net.ID] == nil {
		l.learned[l.net.ID] = &mactable.Learned{}
	}
	all := &l.learned[l.net.ID].Winners
	*all = append(*all, mactable.Candidate{MAC: mac, Source: mactable.Local, Database: topology.DatabaseID(gd), Endpoint: modeltest.IP(int(gd.Seq))})
	slices.SortFunc(*all, func(a, b mactable.Candidate) int { return a.MAC.Compare(b.MAC) })
}

// settle has all switches hold what they are to hold.
func (l *lab) settle() *lab {
	l.Revision++
	view := topology.Compile(topology.Input{Definitions: &l.Definitions, Learned: mactable.WinnersOf(l.learned)}, nil)
	for c := range l.Connections.All() {
		require.Empty(l, view.Outcome(c.ID).Errors)
	}
	for gd := range l.Devices.All() {
		inv, _ := l.Inventories.Get(gd.ID)
		s := &pathtrace.Switch{
			Device: model.Named{ID: gd.ID, Name: gd.Name}, Want: view.Want(gd.ID), Addresses: []model.VTEPAddress{modeltest.IP(int(gd.Seq))},
			Site: gd.Site, Relays: gd.BorderMode == model.BorderRelay, Switches: inv.Switches,
		}
		if gd.BorderMode == model.BorderStitch {
			s.StitchPorts = gd.StitchPorts
		}
		s.Database = l.holding(s)
		l.switches[gd.ID] = s
	}
	return l
}

// database is what a switch holds, by logical switch.
type database struct {
	lab  *lab
	rows map[string]*vtep.Rows
}

func (l *lab) holding(s *pathtrace.Switch) *database {
	d := &database{lab: l, rows: map[string]*vtep.Rows{}}
	for seg := range s.Want.Segments.All() {
		rows := &vtep.Rows{Name: seg.Name, Key: seg.TunnelKey, Remote: map[model.MAC]vtep.Locator{}, Local: map[model.MAC]vtep.Locator{}}
		rows.Bindings = slices.Collect(s.Want.Bindings.Of(seg.Name))
		own := func(at vtep.DatabaseID, a vtep.Locator) bool {
			return at == s.Want.Self || slices.Contains(s.Addresses, a.Addr)
		}
		for _, e := range seg.Flood {
			if !own(e.Location, e.Locator) {
				rows.Flood = append(rows.Flood, e.Locator)
			}
		}
		rows.Flood = slices.Compact(rows.Flood)
		for _, e := range seg.MACs {
			if own(e.Location, e.Locator) {
				rows.Local[e.MAC] = e.Locator
			} else {
				rows.Remote[e.MAC] = e.Locator
			}
		}
		d.rows[seg.Name] = rows
	}
	return d
}

func (d *database) Rows(ls string, macs ...model.MAC) (vtep.Rows, bool) {
	d.lab.reads++
	rows := d.rows[ls]
	if rows == nil {
		return vtep.Rows{}, false
	}
	out := *rows
	for _, table := range []*map[model.MAC]vtep.Locator{&out.Local, &out.Remote} {
		*table = maps.Clone(*table)
		maps.DeleteFunc(*table, func(m model.MAC, _ vtep.Locator) bool { return !slices.Contains(macs, m) })
	}
	return out, true
}

func (d *database) Keyed(vni model.VNI) (names []string) {
	d.lab.reads++
	for name, rows := range d.rows {
		if rows.Key == vni {
			names = append(names, name)
		}
	}
	return names
}

// rows are those of a switch in the network, to be changed.
func (l *lab) rows(device string) *vtep.Rows {
	return l.switches[device].Database.(*database).rows[l.net.ID]
}

// unflood takes the members that are another switch out of a flood list.
func (l *lab) unflood(device, member string) {
	rows := l.rows(device)
	was := len(rows.Flood)
	rows.Flood = slices.DeleteFunc(rows.Flood, func(x vtep.Locator) bool { return slices.Contains(l.switches[member].Addresses, x.Addr) })
	require.Less(l, len(rows.Flood), was, "%s floods to %s", device, member)
}

func (l *lab) Switch(device string) *pathtrace.Switch { return l.switches[device] }

func (l *lab) Owners(addr model.VTEPAddress) (ids []string) {
	for gd := range l.Devices.All() {
		if slices.Contains(l.switches[gd.ID].Addresses, addr) {
			ids = append(ids, gd.ID)
		}
	}
	return ids
}

func (l *lab) Border(device string) bool {
	s := l.switches[device]
	return s.Relays || len(s.StitchPorts) == 2
}

func (l *lab) Network(ls string) string      { return ls }
func (l *lab) Broken() []string              { return nil }
func (l *lab) Parts(string) []pathtrace.Part { return l.parts }
func (l *lab) Stopped() bool                 { return l.stopped }

// port is the port p1 of a device, as a host.
func (l *lab) port(device string) *pathtrace.Host {
	return &pathtrace.Host{TraceEnd: model.TraceEnd{Name: device + ":p1", Switch: device, Port: "p1"}, Network: l.net.ID, Device: device}
}

// host is a MAC that a device has learned.
func (l *lab) host(device string, mac model.MAC) *pathtrace.Host {
	return &pathtrace.Host{TraceEnd: model.TraceEnd{Name: mac.String(), MAC: mac}, Network: l.net.ID, Entry: &model.MACEntry{
		MAC: mac, Device: &model.Named{ID: device, Name: device}, Source: model.MACLocal, Endpoint: l.switches[device].Addresses[0],
	}}
}

// traced is a direction in words: the verdict, then a line for each hop.
func (l *lab) traced(from, to *pathtrace.Host) string {
	d := pathtrace.Direction(l, from, to)
	lines := []string{d.Verdict}
	for i, h := range d.Hops {
		require.Equal(l, i+1, h.N)
		device := "-"
		if h.Device != nil {
			device = h.Device.Name
		}
		line := strings.TrimSpace(fmt.Sprintf("%s %s %s: %s %s", device, h.State, h.Check, h.Message, h.Reason))
		if h.Why != "" {
			line += ": " + h.Why
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// switchesOn are the switches that a text of traced comes through.
func switchesOn(text string) (names []string) {
	for _, line := range strings.Split(text, "\n")[1:] {
		name, _, _ := strings.Cut(line, " ")
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	return names
}
