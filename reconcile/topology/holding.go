package topology

import (
	"cmp"
	"slices"

	"bordergw/model"
	"bordergw/vtep"
)

// holding is what the switches of one database should hold of all networks. It is immutable; the
// next one shares with it what did not change.
type holding struct {
	// want lacks Owners and Known, which follow from all networks and switches that there are.
	want *vtep.Want
	// asked is the revision, by logical switch, from which on want asks of it what it asks now;
	// since is that of all that concerns no logical switch alone.
	asked model.Sorted[name, uint64]
	since uint64
	// claims are the bindings that connections ask for. The store refuses two of one slot
	// where it can see that; two names that turn out to be one switch it can not. The
	// older connection has the slot.
	claims   model.Sorted[claim, string]
	stitched model.Sorted[name, bool]
	// peers counts the segments that flood to an address of another database, where the
	// switches run BFD.
	peers model.Sorted[peer, int]
}

// peer is where a segment floods to.
type peer struct {
	at   vtep.DatabaseID
	addr model.VTEPAddress
}

func (a peer) Compare(b peer) int { return cmp.Or(cmp.Compare(a.at, b.at), a.addr.Compare(b.addr)) }

// holder makes the holdings of one run of Compile.
type holder struct {
	*compilation
	// asked has the segments that were compared, and whether they ask for the same.
	asked map[model.Change[*vtep.Segment]]bool
}

// hold makes the holdings of the devices that lost or got something, or are known otherwise.
func (in *holder) hold() {
	devices := in.devices
	for id := range in.shares {
		devices[id] = true
	}
	if in.everywhere || in.GrowOnly != in.prev.in.GrowOnly || in.Prune != in.prev.in.Prune {
		for id := range in.next.holdings.All() {
			devices[string(id)] = true
		}
		for gd := range in.Definitions.Devices.All() {
			devices[gd.ID] = true
			in.join(gd)
		}
		for r := range in.Definitions.Retired.All() {
			devices[r.ID] = true
		}
	}
	for id := range in.Definitions.Devices.Changes(in.prev.defs.Devices) {
		if _, ok := in.Definitions.Devices.Get(id); !ok {
			in.next.joined = in.next.joined.Without(name(id))
		}
	}
	for id := range devices {
		was, _ := in.prev.holdings.Get(name(id))
		switch is := in.holding(id, was); {
		case is == nil:
			in.next.holdings = in.next.holdings.Without(name(id))
		case is != was:
			in.next.holdings = in.next.holdings.With(name(id), is)
		}
	}
}

// join notes whether a device turns out to reach another database than before.
func (in *holder) join(gd *model.GatewayDevice) {
	was, known := in.prev.defs.Devices.Get(gd.ID)
	if !known || in.prev.registrations.First(was).ID != in.registrations().First(gd).ID {
		in.next.joined = in.next.joined.With(name(gd.ID), in.next.Revision)
	}
}

// holding is what a device is to hold now, nil for one that is not driven, or over another
// device. was is what it held before, nil for nothing.
func (in *holder) holding(id string, was *holding) *holding {
	gd, prune := in.driven(id)
	if gd == nil {
		return nil
	}
	if was == nil {
		was = &holding{want: &vtep.Want{}, since: in.next.Revision}
	}
	is := *was
	is.want = in.circumstances(gd, prune, was.want)
	if e := in.shares[id]; e != nil {
		is.take(e)
	}
	in.tunnels(gd, &is, was)
	if vtep.SameWant(is.want, was.want) && is.want.Self == was.want.Self {
		if is.claims == was.claims && is.stitched == was.stitched && is.peers == was.peers {
			return was
		}
		is.want = was.want
		return &is
	}
	in.date(&is, was.want)
	return &is
}

// driven is the device that is driven under an id, nil for none, and whether what nothing
// explains is removed.
func (in *holder) driven(id string) (gd *model.GatewayDevice, prune bool) {
	if r, retired := in.Definitions.Retired.Get(id); retired {
		return &r.GatewayDevice, true // an operator removed it: all of ours goes
	}
	gd, ok := in.Definitions.Devices.Get(id)
	if !ok || !gd.Driven() || in.registrations().First(gd) != gd {
		return nil, false
	}
	return gd, in.Prune
}

// circumstances is a Want that says the same of networks as another one, and what is known of the
// device now.
func (in *holder) circumstances(gd *model.GatewayDevice, prune bool, was *vtep.Want) *vtep.Want {
	switches := in.registrations().Switches(gd)
	want := *was
	want.Self, want.Mark, want.Prune, want.GrowOnly = DatabaseID(gd), in.Definitions.StoreID, prune, in.GrowOnly
	want.SourceNode, want.MACsFull = sourceNode(gd, switches), macsFull(switches)
	want.Cable = in.cable(gd)
	return &want
}

// cable is the one between the stitch ports of a device, or of another one that reaches the same database.
func (in *holder) cable(gd *model.GatewayDevice) vtep.Cable {
	for _, o := range in.registrations().Sharing(gd) {
		place, found := in.places().Find(&model.Device{DeviceID: o.ID})
		if found && o.BorderMode == model.BorderStitch && len(o.StitchPorts) == 2 {
			return vtep.Cable{Switch: place.Switch, Port: o.StitchPorts[0], Other: o.StitchPorts[1]}
		}
	}
	return vtep.Cable{}
}

// take takes over what shares a device lost and got.
func (h *holding) take(e *exchange) {
	h.takeSegments(e)
	h.takeClaims(e)
	for _, s := range e.lost {
		for _, network := range s.stitched {
			h.stitched = h.stitched.Without(name(network))
		}
		for _, b := range s.standby {
			h.want.Standby = h.want.Standby.Without(b.name)
		}
	}
	for _, s := range e.got {
		for _, network := range s.stitched {
			h.stitched = h.stitched.With(name(network), true)
		}
		for _, b := range s.standby {
			h.want.Standby = h.want.Standby.With(b.name, b.vni)
		}
	}
}

func (h *holding) takeSegments(e *exchange) {
	kept := map[string]bool{}
	var got []*vtep.Segment
	for _, s := range e.got {
		for _, seg := range s.segments {
			kept[seg.Name] = true
			got = append(got, seg)
		}
	}
	var gone []string
	for _, s := range e.lost {
		for _, seg := range s.segments {
			if !kept[seg.Name] {
				gone = append(gone, seg.Name)
			}
		}
	}
	h.want.Segments = h.want.Segments.Without(gone...).With(got...)
}

// tunnels asks for BFD between two switches that both run it: on one end alone
// it stays down for ever.
func (in *holder) tunnels(gd *model.GatewayDevice, is, was *holding) {
	switches := in.registrations().Switches(gd)
	if len(switches) == 0 || !profileOf(gd).BFD {
		is.want.Tunnels, is.want.TunnelRows, is.peers = nil, false, model.Sorted[peer, int]{}
		return
	}
	before := was.want.Segments
	if was.peers.Len() == 0 {
		before = vtep.Segments{} // it did not run, or had none
	}
	is.peers = countPeers(is.peers, before, is.want.Segments)
	is.want.TunnelRows, is.want.Tunnels = profileOf(gd).TunnelRows, nil
	runs := in.bfd()
	for p := range is.peers.All() {
		if p.at == is.want.Self || !runs[p.at] {
			continue
		}
		for _, sw := range switches {
			if !sw.Missing && !slices.Contains(sw.TunnelIPs, p.addr) {
				is.want.Tunnels = append(is.want.Tunnels, vtep.Tunnel{Switch: sw.Name, Remote: p.addr})
			}
		}
	}
	slices.SortFunc(is.want.Tunnels, vtep.Tunnel.Compare)
	is.want.Tunnels = slices.Compact(is.want.Tunnels)
}

// countPeers counts where segments flood to, from what others did.
func countPeers(peers model.Sorted[peer, int], was, now vtep.Segments) model.Sorted[peer, int] {
	count := func(seg *vtep.Segment, more int) {
		for _, e := range seg.Flood {
			p := peer{e.Location, e.Locator.Addr}
			if n, _ := peers.Get(p); n+more > 0 {
				peers = peers.With(p, n+more)
			} else {
				peers = peers.Without(p)
			}
		}
	}
	for _, c := range now.Changes(was) {
		if c.Now != nil {
			count(c.Now, 1)
		}
		if c.Was != nil {
			count(c.Was, -1)
		}
	}
	return peers
}

// runsBFD are the databases whose switches run BFD.
func runsBFD(defs *model.Definitions) map[vtep.DatabaseID]bool {
	out := map[vtep.DatabaseID]bool{}
	for gd := range defs.Devices.All() {
		if gd.Driven() && profileOf(gd).BFD {
			out[DatabaseID(gd)] = true
		}
	}
	return out
}

// knownAddresses are the tunnel addresses of all registered switches: one that
// leaves a flood list leaves it for a reason, not for lack of facts.
func knownAddresses(defs *model.Definitions) map[model.VTEPAddress]bool {
	out := map[model.VTEPAddress]bool{}
	for inv := range defs.Inventories.All() {
		for i := range inv.Switches {
			for _, ip := range inv.Switches[i].TunnelIPs {
				out[ip] = true
			}
		}
	}
	return out
}
