package vtep_test

import (
	"cmp"
	"iter"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"bordergw/model"
	"bordergw/vtep"

	"github.com/stretchr/testify/require"
)

// parseWant reads a Want, one part a line:
//
//	self N | mark WORD | sourcenode | growonly | prune
//	known IP                      an address of Want.Known
//	ownership managed|held NAME
//	standby NAME KEY
//	cable SWITCH PORT PORT
//	located NAME IP...
//	segment NAME KEY [DESCRIPTION] [incomplete]
//	mac NAME MAC LOCATOR [LOCATION]
//	flood NAME LOCATOR [LOCATION]
//	bind SWITCH PORT VLAN NAME
func parseWant(t testing.TB, text string) *vtep.Want {
	owned := owned{}
	p := &wantParser{t: t, segments: map[string]*vtep.Segment{}, owned: owned, want: &vtep.Want{
		Self: 1, Mark: "us", Known: map[model.VTEPAddress]bool{},
		Owners: owned,
	}}
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) > 0 {
			p.line(f)
		}
	}
	w := p.want
	w.Segments = vtep.SegmentsOf(slices.Collect(maps.Values(p.segments))...)
	for s := range w.Segments.All() {
		slices.SortFunc(s.MACs, func(a, b vtep.MACEntry) int { return a.MAC.Compare(b.MAC) })
		slices.SortFunc(s.IPs, func(a, b vtep.HostIP) int { return a.MAC.Compare(b.MAC) })
		slices.SortFunc(s.Flood, func(a, b vtep.Endpoint) int {
			return cmp.Or(a.Locator.Compare(b.Locator), cmp.Compare(a.Location, b.Location))
		})
	}
	return w
}

// owned are Owners by name.
type owned map[string]vtep.Ownership

func (o owned) Of(name string, _ *int) vtep.Ownership { return o[name] }

func (o owned) Since(was vtep.Owners) (iter.Seq[string], bool) {
	then, ok := was.(owned)
	return func(yield func(string) bool) {
		for _, pair := range [][2]owned{{o, then}, {then, o}} {
			for name, as := range pair[0] {
				if pair[1][name] != as && !yield(name) {
					return
				}
			}
		}
	}, ok
}

// everyName are Owners to whom all names are the same.
type everyName vtep.Ownership

func (o everyName) Of(string, *int) vtep.Ownership { return vtep.Ownership(o) }

func (o everyName) Since(was vtep.Owners) (iter.Seq[string], bool) {
	return func(func(string) bool) {}, was == vtep.Owners(o)
}

type wantParser struct {
	t        testing.TB
	want     *vtep.Want
	segments map[string]*vtep.Segment
	owned    owned
}

func (p *wantParser) line(f []string) {
	w := p.want
	switch f[0] {
	case "self":
		w.Self = vtep.DatabaseID(number(p.t, f[1]))
	case "mark":
		w.Mark = f[1]
	case "sourcenode":
		w.SourceNode = true
	case "growonly":
		w.GrowOnly = true
	case "prune":
		w.Prune = true
	case "known":
		w.Known[p.locator(f[1]).Addr] = true
	case "ownership":
		p.owned[f[2]] = map[string]vtep.Ownership{"managed": vtep.Managed, "held": vtep.Held}[f[1]]
	case "cable":
		w.Cable = vtep.Cable{Switch: f[1], Port: f[2], Other: f[3]}
	case "standby":
		w.Standby = w.Standby.With(f[1], model.VNI(number(p.t, f[2])))
	case "bind":
		w.Bindings = w.Bindings.With(vtep.Binding{Switch: f[1], Port: f[2], VLAN: model.VLAN(number(p.t, f[3])), LogicalSwitch: f[4]})
	default:
		p.segment(f)
	}
}

func (p *wantParser) segment(f []string) {
	s := p.segments[f[1]]
	switch f[0] {
	case "segment":
		s = &vtep.Segment{Name: f[1], TunnelKey: model.VNI(number(p.t, f[2]))}
		if s.Incomplete = f[len(f)-1] == "incomplete"; s.Incomplete {
			f = f[:len(f)-1]
		}
		s.Description = strings.Join(f[3:], " ")
		p.segments[s.Name] = s
	case "mac":
		m, err := model.ParseMAC(f[2])
		require.NoError(p.t, err)
		e := vtep.MACEntry{MAC: m, Locator: p.locator(f[3])}
		if i := slices.Index(f, "ip"); i > 0 {
			s.IPs = append(s.IPs, vtep.HostIP{MAC: m, IP: ipv4(p.t, f[i+1])})
			f = f[:i]
		}
		e.Location = p.location(f[4:])
		s.MACs = append(s.MACs, e)
	case "located":
		s.Located = map[model.VTEPAddress]bool{}
		for _, ip := range f[2:] {
			s.Located[p.locator(ip).Addr] = true
		}
	case "flood":
		s.Flood = append(s.Flood, vtep.Endpoint{Locator: p.locator(f[2]), Location: p.location(f[3:])})
	default:
		require.Fail(p.t, "bad line", "%v", f)
	}
}

func ipv4(t testing.TB, text string) model.IPv4 {
	a, err := netip.ParseAddr(text)
	require.NoError(t, err)
	return a.As4()
}

func (p *wantParser) locator(text string) vtep.Locator {
	ip, key, keyed := strings.Cut(text, "#")
	a, err := model.ParseVTEPAddress(ip)
	require.NoError(p.t, err)
	l := vtep.Locator{Addr: a}
	if keyed {
		l.Key = model.VNI(number(p.t, key))
	}
	return l
}

func (p *wantParser) location(rest []string) vtep.DatabaseID {
	if len(rest) == 0 {
		return 0
	}
	return vtep.DatabaseID(number(p.t, rest[0]))
}
