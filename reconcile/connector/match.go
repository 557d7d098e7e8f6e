package connector

import (
	"cmp"
	"slices"

	"bordergw/model"
	"bordergw/vtep/transport"
)

// Match is a device that a switch may be, the higher the Rank the surer.
type Match struct {
	Device     *model.GatewayDevice // nil for none
	Registered bool                 // and not deleted
	Rank       int
}

// Ranks of a match.
const (
	ByName     = iota + 1 // a switch has the name of a device that is also dialled
	ByListener            // a switch has the name of a device that dials in
	BySubject             // the certificate has the device's name
	ByPin                 // the certificate is pinned for the device
)

// Best is the device that a switch with these names and that peer most likely is: one that
// is registered before one that was deleted, then the surer match, then the older device.
// Only registered devices that are driven count.
func (id *Identity) Best(peer transport.Peer, names []string, driven func(deviceID string) bool) Match {
	var best Match
	consider := func(m Match) {
		m.Rank = id.rank(m.Device, peer, names)
		if m.Rank > 0 && (best.Device == nil || m.surer(best)) {
			best = m
		}
	}
	for gd := range id.Definitions.Devices.All() {
		if driven(gd.ID) {
			consider(Match{Device: gd, Registered: true})
		}
	}
	for r := range id.Definitions.Retired.All() {
		consider(Match{Device: &r.GatewayDevice})
	}
	return best
}

func (m Match) surer(o Match) bool {
	if m.Registered != o.Registered {
		return m.Registered
	}
	return cmp.Or(cmp.Compare(m.Rank, o.Rank), cmp.Compare(o.Device.Seq, m.Device.Seq)) > 0
}

// rank is how surely a switch that dials in is a device, 0 for not at all.
func (id *Identity) rank(gd *model.GatewayDevice, peer transport.Peer, names []string) int {
	switch {
	case peer.TLS() && id.TLS.Pinned(peer, gd.TLS):
		return ByPin
	case gd.Name == "":
		return 0
	case slices.Contains(peer.Names(), gd.Name):
		return BySubject
	case !slices.Contains(names, gd.Name):
		return 0
	case Listens(gd):
		return ByListener
	}
	return ByName
}

// Admits checks that whoever dials in shows what the device's registration asks for.
func (id *Identity) Admits(gd *model.GatewayDevice, peer transport.Peer) error {
	if gd.TLS == "" && gd.ManagementProtocol != model.ProtocolOVSDBTLS {
		return nil
	}
	return id.TLS.Trusts(peer, gd.TLS)
}

// StillIs reports whether what a link's switch announces has remained that of
// the device: one that dialled in and has been renamed may be another now.
func (id *Identity) StillIs(gd *model.GatewayDevice, k Link, names []string) bool {
	return k.From == "" || len(names) == 0 || id.rank(gd, k.Peer, names) > 0
}
