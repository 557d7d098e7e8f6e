package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// CheckEachChange compares, before each change of a store and so after each but the last one,
// what the index finds with a look at every record.
func CheckEachChange(t testing.TB, s *Store) {
	r, begun := rand.New(rand.NewPCG(15, 1)), s.queue.begin
	var was *snapshot
	s.queue.begin = func(base *snapshot) *rules {
		if small := base.Connections.Len() < 50 && base.Devices.Len() < 50 && base.Moves.Len() < 50; small && base != was {
			c := scan{t, s, base}
			c.claims()
			c.references()
			for range 3 {
				c.joining(r)
			}
			if was != nil {
				c.settled(was)
			}
			was = base
		}
		return begun(base)
	}
}

// scan answers by a look at every record.
type scan struct {
	testing.TB
	store *Store
	*snapshot
}

// claims: the index is what one that is made anew is.
func (c scan) claims() {
	anew := newIndex(&c.Definitions)
	require.Equal(c, slices.Collect(keys(anew.claims)), slices.Collect(keys(c.index.claims)))
	for w, n := range anew.numbers.of.All() {
		require.Equal(c, n, c.numbers.users(w), "%v", w)
	}
	require.Equal(c, anew.numbers.of.Len(), c.numbers.of.Len())
	require.Equal(c, anew.pending, c.pending)
}

func keys[K model.Key[K], V any](m model.Sorted[K, V]) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m.All() {
			if !yield(k) {
				return
			}
		}
	}
}

// where lists the records that are so.
func where[T any, P model.Recorder[T]](t model.Table[T, P], is func(P) bool) (out []P) {
	for p := range t.All() {
		if is(p) {
			out = append(out, p)
		}
	}
	return out
}

// references: who refers to a record.
func (c scan) references() {
	for g := range c.Gateways.All() {
		require.Equal(c, where(c.Connections, func(o *model.L2GatewayConnection) bool { return o.L2GatewayID == g.ID }), slices.Collect(c.connectionsOf(g.ID)))
	}
	for n := range c.Networks.All() {
		require.Equal(c, where(c.Connections, func(o *model.L2GatewayConnection) bool { return o.NetworkID == n.ID }), slices.Collect(c.connectionsTo(n.ID)))
		require.Equal(c, where(c.Endpoints, func(s *model.EndpointSet) bool { return s.NetworkID == n.ID }),
			slices.Collect(having(c.snapshot, endpointSets, claim{kind: isEndpointsOf, a: n.ID})))
	}
	at, rules := newPlaces(c.snapshot), begin(c.store, c.snapshot)
	for gd := range c.Devices.All() {
		require.Same(c, c.namedBy(at, gd), at.namedBy(gd), gd.Name)
		require.Equal(c, where(c.Tombstones, func(ts *model.Tombstone) bool { return slices.Contains(ts.Pending, gd.ID) }),
			slices.Collect(having(c.snapshot, tombstones, claim{kind: isPendingOn, a: gd.ID})))
		require.Equal(c, where(c.Released, func(r *model.Released) bool { return r.On(gd.ID) != nil }),
			slices.Collect(having(c.snapshot, released, claim{kind: isReleasedOn, a: gd.ID})))
		require.Equal(c, where(c.Retired, func(r *model.RetiredDevice) bool {
			return gd.Driven() && (gd.ManagementIP == "" && r.ManagementIP == "" && gd.Name == r.Name || sameAddress(&r.GatewayDevice, gd))
		}), rules.devices.predecessors(gd))
	}

	for inv := range c.Inventories.All() {
		reached := func(r *model.RetiredDevice) bool { return r.IsReached(inv) }
		require.Equal(c, where(c.Retired, reached), where(model.NewTable[model.RetiredDevice](c.retiredLike(inv)), reached))
	}
}

func (c scan) namedBy(p *places, gd *model.GatewayDevice) *model.L2Gateway {
	for g := range c.Gateways.All() {
		for i := range g.Devices {
			dev := &g.Devices[i]
			at, ok := p.Find(dev)
			if dev.DeviceID == gd.ID || ok && dev.DeviceID == "" && at.Device.ID == gd.ID && !p.heldElsewhere(at, gd) {
				return g
			}
		}
	}
	return nil
}

// joining: what is said of a connection that might be made, or of a network's VNI.
func (c scan) joining(r *rand.Rand) {
	v := model.VNI(99 + r.IntN(8))
	require.Equal(c, len(where(c.Released, func(r *model.Released) bool { return r.VNI == v })), c.quarantinedIn(model.VNIRange{First: v, Last: v}))
	require.Equal(c, len(where(c.Networks, func(n *model.Network) bool { return n.VNI == v })) > 0, c.vniOwner(v) != "")
	if c.Networks.Len() == 0 || c.Gateways.Len() == 0 {
		return
	}
	g := slices.Collect(c.Gateways.All())[r.IntN(c.Gateways.Len())]
	n := slices.Collect(c.Networks.All())[r.IntN(c.Networks.Len())]
	conn := &model.L2GatewayConnection{Record: model.Record{ID: "new"}, L2GatewayID: g.ID, NetworkID: n.ID}
	switch c.SlotsOf(g).Kind() {
	case model.VLANSegmentation:
		conn.SegmentationID = model.VLANID(model.VLAN(r.IntN(4)))
	case model.VXLANSegmentation:
		conn.SegmentationID = model.VXLANID(v)
	}
	made := begin(c.store, c.snapshot)
	connections.put(&made.tx, conn)
	c.snapshot = &made.tx.next
	require.Equal(c, c.checkVLANs(conn, g), made.connections.checkVLANs(conn, g))
	j := c.attach(conn, g)
	require.Equal(c, c.isJoinedTo(n.ID, v), c.isJoined(n.ID, v))
	require.Equal(c, c.checkStretch(&j), made.vnis.checkStretch(&j))
	require.Equal(c, c.checkDevices(&made.vnis, &j), made.vnis.checkDevices(&j))
}

func (c scan) attachments() (out []attachment) {
	for o := range c.Connections.All() {
		out = append(out, c.attached(o))
	}
	return out
}

func (c scan) isJoinedTo(networkID string, v model.VNI) bool {
	return slices.ContainsFunc(c.attachments(), func(j attachment) bool { return j.NetworkID == networkID && j.has(v) })
}

func (c scan) checkVLANs(conn *model.L2GatewayConnection, g *model.L2Gateway) error {
	p := newPlaces(c.snapshot)
	bound := func(j attachment) (out []string) {
		for i := range j.gateway.Devices {
			for _, port := range j.gateway.Devices[i].Interfaces {
				for _, v := range port.VLANIDs(j.SegmentationID) {
					out = append(out, fmt.Sprintf("%v\x00%s\x00%d", p.location(&j.gateway.Devices[i]), port.Name, v))
				}
			}
		}
		return out
	}
	ours := bound(c.attach(conn, g))
	for _, o := range c.attachments() {
		if o.ID == conn.ID || !slices.ContainsFunc(bound(o), func(b string) bool { return slices.Contains(ours, b) }) {
			continue
		}
		return model.ErrDuplicateSegmentationID(p.sharedPort(conn, g, o.L2GatewayConnection), o.ID)
	}
	return nil
}

func (c scan) checkStretch(j *attachment) error {
	refuse := func(v model.VNI, user, owner string) error {
		return model.ErrStretchConflict(
			"segmentation_id %s of network %s is the VNI of network %s, which is not connected with that segmentation_id.",
			v, c.called(user), c.called(owner))
	}
	for _, v := range j.border {
		for owner := range c.Networks.All() {
			if v != 0 && owner.VNI == v && owner.ID != j.NetworkID && !c.isJoinedTo(owner.ID, v) {
				return refuse(v, j.NetworkID, owner.ID)
			}
		}
	}
	n, _ := c.Networks.Get(j.NetworkID)
	for _, o := range c.attachments() {
		if n.VNI != 0 && o.NetworkID != n.ID && o.has(n.VNI) && !c.isJoinedTo(n.ID, n.VNI) {
			return refuse(n.VNI, o.NetworkID, n.ID)
		}
	}
	return nil
}

func (c scan) checkDevices(r *vniRules, j *attachment) error {
	at, ours := newPlaces(c.snapshot), map[vniUse]bool{}
	for dev, v := range r.used(j) {
		if p, ok := at.Find(dev); ok {
			ours[vniUse{p.Device.ID, v}] = true
		}
	}
	for _, o := range c.attachments() {
		if o.NetworkID == j.NetworkID {
			continue
		}
		for dev, v := range r.used(&o) {
			if p, ok := at.Find(dev); ok && ours[vniUse{p.Device.ID, v}] {
				return model.ErrStretchConflict("VNI %s is in use on gateway device %s by networks %s and %s.", v,
					p.Device.Called(), c.called(o.NetworkID), c.called(j.NetworkID))
			}
		}
	}
	return nil
}

// settled: a registered device that a change took a network from is to be cleaned.
func (c scan) settled(was *snapshot) {
	before, after := newPlaces(was), newPlaces(c.snapshot)
	for n := range c.Networks.All() {
		old, is := before.carriersOf(n.ID), after.carriersOf(n.ID)
		ts, _ := c.Tombstones.Get(n.ID)
		for id := range old.devices {
			gd, registered := c.Devices.Get(id)
			if registered && !is.devices[after.Registrations().First(gd).ID] {
				require.True(c, ts != nil && slices.Contains(ts.Pending, id), "%s has lost %s", id, n.ID)
			}
		}
	}
}
