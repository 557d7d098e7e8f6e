package topology

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"bordergw/model"
)

// maxStretchedSites bounds the sites of one network that Stretches looks at, as their pairs grow
// with the square.
const maxStretchedSites = 16

// Stretches says between which sites borders carry networks, and which devices are borders, by what is defined. It
// is immutable.
type Stretches struct {
	// defs has the tables that it was made from, and nothing else.
	defs model.Definitions
	// Pairs are sorted by the number of networks, the most first, then by the names of the sites.
	Pairs   []Stretch
	borders map[string]bool
}

// Stretch is a pair of sites, in order, between which borders carry networks.
type Stretch struct {
	Sites    [2]string
	Networks int
	// Borders are the devices that do, by name.
	Borders []*model.GatewayDevice
}

// NewStretches is an earlier value, nil for none, if nothing that it follows from has changed, else made anew.
func NewStretches(defs *model.Definitions, was *Stretches) *Stretches {
	if was != nil && was.follows(defs) {
		return was
	}
	s := &Stretches{borders: map[string]bool{}}
	s.defs = model.Definitions{Connections: defs.Connections, Gateways: defs.Gateways, Devices: defs.Devices}
	found, all := pairs{}, s.joined()
	for len(all) > 0 {
		n := leading(all, func(a, b end) bool { return a.network == b.network && a.vni == b.vni })
		found.add(all[:n])
		all = all[n:]
	}
	s.Pairs = found.sorted()
	return s
}

// follows reports whether it is what follows from some definitions.
func (s *Stretches) follows(defs *model.Definitions) bool {
	return s.defs.Connections.Same(defs.Connections) && s.defs.Gateways.Same(defs.Gateways) && s.defs.Devices.Same(defs.Devices)
}

// IsBorder reports whether a gateway names a device, by id, as a border.
func (s *Stretches) IsBorder(device string) bool { return s.borders[device] }

// end is a border that carries a network with a VNI between sites.
type end struct {
	network string
	vni     model.VNI
	device  *model.GatewayDevice
}

// leading is how many ends in the beginning are like the first one.
func leading(ends []end, like func(a, b end) bool) int {
	n := slices.IndexFunc(ends, func(e end) bool { return !like(ends[0], e) })
	if n < 0 {
		return len(ends)
	}
	return n
}

// joined are all ends, by network, VNI and site.
func (s *Stretches) joined() (out []end) {
	borders := s.bordersOf()
	for c := range s.defs.Connections.All() {
		for _, b := range borders[c.L2GatewayID] {
			if vni := b.part.BorderVNI(c.SegmentationID); vni != 0 {
				out = append(out, end{c.NetworkID, vni, b.device})
			}
		}
	}
	slices.SortFunc(out, func(a, b end) int {
		if a.network != b.network {
			return strings.Compare(a.network, b.network)
		}
		return cmp.Or(cmp.Compare(a.vni, b.vni), strings.Compare(a.device.Site, b.device.Site))
	})
	return out
}

// border is a device with its part in a gateway.
type border struct {
	part   *model.Device
	device *model.GatewayDevice
}

// bordersOf are the borders of each gateway that has any, by its id.
func (s *Stretches) bordersOf() map[string][]border {
	out := map[string][]border{}
	for g := range s.defs.Gateways.All() {
		for i := range g.Devices {
			part := &g.Devices[i]
			if !part.IsBorder() {
				continue
			}
			if gd, registered := s.defs.Devices.Get(part.DeviceID); registered {
				out[g.ID] = append(out[g.ID], border{part, gd})
				s.borders[gd.ID] = true
			}
		}
	}
	return out
}

// pairs are what is found of each pair of sites.
type pairs map[[2]string]*pair

type pair struct {
	networks int
	last     string // network that was counted last
	borders  map[*model.GatewayDevice]bool
}

// add adds the ends of a network with one VNI, by site. Those of one network are added one after the other.
func (ps pairs) add(ends []end) {
	var sites [][]end
	for len(ends) > 0 && len(sites) < maxStretchedSites {
		n := leading(ends, func(a, b end) bool { return a.device.Site == b.device.Site })
		sites, ends = append(sites, ends[:n]), ends[n:]
	}
	for i, a := range sites {
		for _, b := range sites[i+1:] {
			ps.at(a[0].device.Site, b[0].device.Site).add(a, b)
		}
	}
}

func (p *pair) add(a, b []end) {
	if network := a[0].network; p.last != network {
		p.networks, p.last = p.networks+1, network
	}
	for _, ends := range [...][]end{a, b} {
		for _, e := range ends {
			p.borders[e.device] = true
		}
	}
}

func (ps pairs) at(a, b string) *pair {
	sites := [2]string{a, b}
	if ps[sites] == nil {
		ps[sites] = &pair{borders: map[*model.GatewayDevice]bool{}}
	}
	return ps[sites]
}

func (ps pairs) sorted() (out []Stretch) {
	for sites, p := range ps {
		borders := slices.SortedFunc(maps.Keys(p.borders), func(a, b *model.GatewayDevice) int {
			return cmp.Or(strings.Compare(a.DisplayName(), b.DisplayName()), strings.Compare(a.ID, b.ID))
		})
		out = append(out, Stretch{Sites: sites, Networks: p.networks, Borders: borders})
	}
	slices.SortFunc(out, func(a, b Stretch) int {
		return cmp.Or(cmp.Compare(b.Networks, a.Networks), slices.Compare(a.Sites[:], b.Sites[:]))
	})
	return out
}
