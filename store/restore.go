package store

import (
	"cmp"
	"maps"
	"slices"

	"bordergw/model"
)

// restorer makes definitions what they were. Records are put first, in an order that keeps
// references whole, and all rules are asked in the end: whatever order of changes has led away
// from there, there is a way back. Quotas are not counted: they are restored too. What is known of
// the switches is not asked: they were others then, and a plan finds what they lack.
type restorer struct {
	*rules
	what *model.Restoration
	// fresh are connections that are made anew, moved are networks that had another VNI.
	fresh []*model.L2GatewayConnection
	moved []string
}

func (r *rules) restore(what *model.Restoration) error {
	o := &restorer{rules: r, what: what}
	o.cleanup.heirs = nil // of what was tried before, and refused
	for _, step := range []func() error{
		o.removeConnections, o.removeGateways, o.removeMACs, o.putDevices, o.putGateways, o.removeDevices,
		o.clearVNIs, o.removeNetworks, o.putNetworks, o.putConnections, o.putMACs, o.putQuotas,
		o.checkDevices, o.checkNetworks, o.checkGateways, o.checkConnections, o.forgetDevices,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// about says which object a refusal is about.
func about(ref model.ObjectRef, err error) error {
	return model.About(model.KindWords(ref.Kind)+" "+ref.Name, err)
}

// restored gives a record that is put its place in the snapshot: the one of the record that
// stands, else a new one.
func restored[T any, P model.Recorder[T]](t *txn, in table[T, P], p P) (err error) {
	m := p.Meta()
	if old, stands := in.in(&t.next.Definitions).Get(m.ID); stands {
		is := old.Meta()
		m.Seq, m.Revision, m.CreatedAt = is.Seq, is.Revision, is.CreatedAt
		return nil
	}
	created := m.CreatedAt
	t.next.Revision++
	if *m, err = in.newRecord(t, in.bucket, *m, m.ProjectID); err != nil {
		return err
	}
	m.Seq, m.CreatedAt = t.next.Revision, created
	return nil
}

func (o *restorer) removeConnections() error {
	gone := slices.Clone(o.what.Connections.Delete)
	for _, c := range o.what.Connections.Put {
		is, stands := o.tx.next.Connections.Get(c.ID)
		switch {
		case !stands:
			o.fresh = append(o.fresh, c)
		case is.L2GatewayID != c.L2GatewayID || is.NetworkID != c.NetworkID || is.SegmentationID != c.SegmentationID:
			o.fresh, gone = append(o.fresh, c), append(gone, c.ID)
		}
	}
	for _, id := range gone {
		if err := o.connections.delete(id); err != nil {
			return about(model.ObjectRef{Kind: model.KindConnection, Name: id}, err)
		}
	}
	return nil
}

func (o *restorer) removeGateways() error {
	for _, id := range o.what.Gateways.Delete {
		if err := o.gateways.delete(id); err != nil {
			return about(model.RefGateway(&o.tx.next.Definitions, id), err)
		}
	}
	return nil
}

func (o *restorer) removeMACs() error {
	for _, m := range o.what.RemoteMACs.Delete {
		if err := o.remoteMACs.delete(m.DeviceID, m.ID); err != nil {
			return about(model.RefDevice(&o.tx.next.Definitions, m.DeviceID), err)
		}
	}
	return nil
}

func (o *restorer) putDevices() error {
	for _, want := range o.what.Devices.Put {
		gd := *want
		gd.Accepted = 0
		if old, stands := o.tx.next.Devices.Get(gd.ID); stands {
			gd.Accepted = old.Accepted
			if old.Type != gd.Type || old.ResourceID != gd.ResourceID {
				return about(model.RefDevice(&o.tx.next.Definitions, gd.ID), model.ErrBadRequest(
					"Its type %s can not change back to %s: it was deleted, and made anew with its id.", old.Type, gd.Type))
			}
		}
		if err := restored(&o.tx, devices, &gd); err != nil {
			return about(model.ObjectRef{Kind: model.KindDevice, Name: gd.DisplayName()}, err)
		}
		devices.put(&o.tx, &gd)
	}
	return nil
}

func (o *restorer) putGateways() error {
	for _, want := range o.what.Gateways.Put {
		g := *want
		g.Active = ""
		if old, stands := o.tx.next.Gateways.Get(g.ID); stands {
			g.Active = old.Active
		}
		for i := range g.Devices {
			if id := g.Devices[i].DeviceID; id != "" {
				if _, err := o.tx.next.device(id); err != nil {
					return about(refGatewayOf(&g), err)
				}
			}
		}
		if err := restored(&o.tx, gateways, &g); err != nil {
			return about(refGatewayOf(&g), err)
		}
		gateways.put(&o.tx, &g)
	}
	return nil
}

func refGatewayOf(g *model.L2Gateway) model.ObjectRef {
	return model.ObjectRef{Kind: model.KindGateway, ID: g.ID, Name: cmp.Or(g.Name, g.ID)}
}

// removeDevices removes also devices that a gateway names: it did when they were not there yet.
// What is on their switches is cleaned as if the gateway had lost them.
func (o *restorer) removeDevices() error {
	for _, id := range o.what.Devices.Delete {
		gd, err := o.tx.next.device(id)
		if err != nil {
			return about(model.ObjectRef{Kind: model.KindDevice, Name: id}, err)
		}
		for g := range o.tx.next.gatewaysNaming(reference(byID + id)) {
			return about(model.RefDevice(&o.tx.next.Definitions, id), model.ErrGatewayDeviceInUse(gd, g))
		}
		where := newPlaces(&o.tx.next)
		named := where.references(gd)
		o.devices.remove(gd, where)
		o.cleanup.settleNaming(named)
	}
	return nil
}

// forgetDevices settles, when all else is, what is to be cleaned on devices that went and that are not
// remembered: it is for the one that has taken their place, and for nobody if they were never read. That
// a network was on such a device may have been found after its place was taken.
func (o *restorer) forgetDevices() error {
	for _, id := range o.what.Devices.Delete {
		if !o.tx.next.mayHold(id) {
			o.cleanup.passOn(id, o.cleanup.heir(id))
		}
	}
	return nil
}

// clearVNIs takes the VNI from networks that had another one: two may have exchanged theirs.
func (o *restorer) clearVNIs() error {
	for _, want := range o.what.Networks.Put {
		old, stands := o.tx.next.Networks.Get(want.ID)
		if !stands || old.VNI == want.VNI {
			continue
		}
		o.moved = append(o.moved, old.ID)
		if old.VNI == 0 {
			continue
		}
		n := *old
		n.VNI = 0
		networks.put(&o.tx, &n)
		o.quarantine.networkDeleted(old)
	}
	return nil
}

func (o *restorer) removeNetworks() error {
	for _, id := range o.what.Networks.Delete {
		if err := o.networks.delete(id); err != nil {
			return about(model.RefNetwork(&o.tx.next.Definitions, id), err)
		}
	}
	return nil
}

func (o *restorer) putNetworks() error {
	for _, want := range o.what.Networks.Put {
		n := *want
		old, stands := o.tx.next.Networks.Get(n.ID)
		if err := restored(&o.tx, networks, &n); err != nil {
			return about(refNetworkOf(&n), err)
		}
		if n.VNI != 0 && (!stands || old.VNI != n.VNI) {
			if err := o.vnis.checkFree(&n); err != nil {
				return about(refNetworkOf(&n), err)
			}
			if err := o.quarantine.check(&n, n.VNI); err != nil {
				return about(refNetworkOf(&n), err)
			}
		}
		networks.put(&o.tx, &n)
	}
	return nil
}

func refNetworkOf(n *model.Network) model.ObjectRef {
	return model.ObjectRef{Kind: model.KindNetwork, ID: n.ID, Name: cmp.Or(n.Name, n.ID)}
}

func (o *restorer) putConnections() error {
	for _, want := range o.what.Connections.Put {
		c := *want
		c.StitchVLANs = nil
		if old, stands := o.tx.next.Connections.Get(c.ID); stands {
			c.StitchVLANs = old.StitchVLANs
		}
		if err := o.putConnection(&c); err != nil {
			return about(model.RefConnection(&o.tx.next.Definitions, want), err)
		}
	}
	return nil
}

func (o *restorer) putConnection(c *model.L2GatewayConnection) error {
	if _, err := o.tx.next.network(c.NetworkID); err != nil {
		return err
	}
	if _, err := o.tx.next.gateway(c.L2GatewayID); err != nil {
		return err
	}
	for other := range o.tx.next.connectionsTo(c.NetworkID) {
		if other.L2GatewayID == c.L2GatewayID && other.ID != c.ID {
			return model.ErrConnectionExists(c)
		}
	}
	if err := restored(&o.tx, connections, c); err != nil {
		return err
	}
	connections.put(&o.tx, c)
	return nil
}

func (o *restorer) putMACs() error {
	of := map[string][]model.RemoteMACEntry{}
	for _, m := range o.what.RemoteMACs.Put {
		of[m.DeviceID] = append(of[m.DeviceID], m.RemoteMACEntry)
	}
	newID := o.tx.newID
	defer func() { o.tx.newID = newID }()
	for _, device := range slices.Sorted(maps.Keys(of)) {
		ids := make([]string, len(of[device]))
		for i, e := range of[device] {
			ids[i] = e.ID
		}
		o.give(ids...)
		if _, err := o.remoteMACs.create(device, of[device]); err != nil {
			return about(model.RefDevice(&o.tx.next.Definitions, device), err)
		}
	}
	return nil
}

func (o *restorer) putQuotas() error {
	for _, project := range o.what.Quotas.Delete {
		if err := o.quotas.delete(project); err != nil {
			return about(refQuota(nil, project), err)
		}
	}
	for _, want := range o.what.Quotas.Put {
		q := *want
		if err := restored(&o.tx, quotas, &q); err != nil {
			return about(refQuota(nil, q.ID), err)
		}
		quotas.put(&o.tx, &q)
	}
	return nil
}

func (o *restorer) checkDevices() error {
	for _, want := range o.what.Devices.Put {
		gd, err := o.tx.next.device(want.ID)
		if err == nil {
			err = o.devices.restored(gd)
		}
		if err != nil {
			return about(model.RefDevice(&o.tx.next.Definitions, want.ID), err)
		}
	}
	return nil
}

// checkNetworks: a VNI is not that of a stretch that the network is not a part of.
func (o *restorer) checkNetworks() error {
	for _, want := range o.what.Networks.Put {
		n, _ := o.tx.next.Networks.Get(want.ID)
		if was, stood := o.tx.base.Networks.Get(n.ID); n.VNI == 0 || stood && was.VNI == n.VNI {
			continue
		}
		if c := o.tx.next.joinedTo(n.VNI); c != nil && !o.tx.next.isJoined(n.ID, n.VNI) {
			return about(refNetworkOf(n), errVNIOfStretch(n, c))
		}
	}
	o.cleanup.settle(o.moved...)
	return nil
}

func (o *restorer) checkGateways() error {
	for _, want := range o.what.Gateways.Put {
		g, _ := o.tx.next.Gateways.Get(want.ID)
		if err := o.checkGateway(g); err != nil {
			return about(refGatewayOf(g), err)
		}
	}
	return nil
}

func (o *restorer) checkGateway(g *model.L2Gateway) error {
	if err := checkOneKind(o.tx.next.SlotsOf(g)); err != nil {
		return err
	}
	if _, stood := o.tx.base.Gateways.Get(g.ID); !stood {
		return nil
	}
	o.stitching.gateway(g)
	return o.connections.recheck(g)
}

func (o *restorer) checkConnections() error {
	for _, want := range o.fresh {
		c, _ := o.tx.next.Connections.Get(want.ID)
		if err := o.checkConnection(c); err != nil {
			return about(model.RefConnection(&o.tx.next.Definitions, c), err)
		}
	}
	return nil
}

// checkConnection asks the rules of a new connection.
func (o *restorer) checkConnection(c *model.L2GatewayConnection) error {
	g, err := o.tx.next.gateway(c.L2GatewayID)
	if err != nil {
		return err
	}
	if err := o.connections.checkOne(c, g, o.tx.next.SlotsOf(g)); err != nil {
		return err
	}
	o.connections.complete(c, g)
	return nil
}
