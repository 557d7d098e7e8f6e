package store

import (
	"context"

	"bordergw/model"
)

// CreateConnection joins a network to a gateway and fixes the network's VNI if
// it has none. The connection belongs to the gateway's project.
func (s *Store) CreateConnection(ctx context.Context, c model.L2GatewayConnection) (*model.L2GatewayConnection, error) {
	return write(ctx, s, func(t *txn) (*model.L2GatewayConnection, error) { return t.createConnection(c) })
}

// DeleteConnection removes a connection. It never fails for a switch's sake:
// what remains to be cleaned is remembered.
func (s *Store) DeleteConnection(ctx context.Context, id string) error {
	return s.do(ctx, func(t *txn) error { return t.deleteConnection(id) })
}

func (t *txn) createConnection(c model.L2GatewayConnection) (*model.L2GatewayConnection, error) {
	if err := t.checkConnectionQuota(&c); err != nil {
		return nil, err
	}
	g, err := t.checkRequest(&c)
	if err != nil {
		return nil, err
	}
	if err := t.checkSwitches(g); err != nil {
		return nil, err
	}
	c.Record = t.newRecord(g.ProjectID)
	connections.put(t, &c)
	if err := t.checkVLANs(&c, g); err != nil {
		return nil, err
	}
	if err := t.checkBorderQuarantine(&c, g); err != nil {
		return nil, err
	}
	if err := t.fixVNI(&c, g); err != nil {
		return nil, err
	}
	if err := t.checkVNIs(&c, g); err != nil {
		return nil, err
	}
	return t.attached(&c, g), nil
}

// attached completes a connection that is in the snapshot already.
func (t *txn) attached(c *model.L2GatewayConnection, g *model.L2Gateway) *model.L2GatewayConnection {
	t.stitch(c, g)
	t.settle(c.NetworkID)
	stored, _ := t.next.Connections.Get(c.ID)
	return stored
}

// checkRequest checks the request by itself, in the order of networking-l2gw,
// and returns the gateway.
func (t *txn) checkRequest(c *model.L2GatewayConnection) (*model.L2Gateway, error) {
	if _, err := t.network(c.NetworkID); err != nil {
		return nil, err
	}
	g, notFound := t.gateway(c.L2GatewayID)
	if err := t.checkGiven(g, c.SegmentationID); err != nil {
		return nil, err
	}
	for o := range t.next.Connections.All() {
		if o.NetworkID == c.NetworkID && o.L2GatewayID == c.L2GatewayID {
			return nil, model.ErrConnectionExists(c)
		}
	}
	if notFound != nil {
		return nil, notFound
	}
	return g, t.checkKind(g, c.SegmentationID)
}

// checkSwitches refuses what is known to be wrong of the gateway's switches.
func (t *txn) checkSwitches(g *model.L2Gateway) error {
	where := newPlaces(&t.next)
	for i := range g.Devices {
		if err := t.checkSwitch(where, &g.Devices[i]); err != nil {
			return err
		}
	}
	return nil
}

func (t *txn) checkSwitch(where *places, dev *model.Device) error {
	sw, err := t.switchOf(where, dev)
	if err != nil || sw == nil {
		return err
	}
	if f := fault(sw.Faults); f != "" {
		return model.ErrSwitchFault(sw.Name, f)
	}
	for _, i := range dev.Interfaces {
		port, ok := sw.Port(i.Name)
		switch {
		case sw.Lacks(i.Name) && !i.ProvisionAhead:
			return model.ErrInterfaceNotFound(i.Name)
		case !ok:
			continue
		}
		if f := fault(port.Faults); f != "" {
			return model.ErrPortFault(port.Name, sw.Name, f)
		}
	}
	return nil
}

// fault is the first that a switch or port reports; some report "UP" when they
// have none.
func fault(list []string) string {
	for _, f := range list {
		if f != "" && f != "UP" {
			return f
		}
	}
	return ""
}

// switchOf gives the inventory of a device's switch, nil while it is not known.
// A name that is not known is refused only when every registered database was
// read: else it may be on one of those that were not.
func (t *txn) switchOf(where *places, dev *model.Device) (*model.SwitchInventory, error) {
	at, ok := where.Find(dev)
	if !ok && !t.someUnread() {
		return nil, model.ErrL2GatewayDeviceNotFound(dev.DeviceName)
	}
	return where.Seen(at), nil
}

// someUnread reports whether a registered database was never read, or had no switch
// yet.
func (t *txn) someUnread() bool {
	for gd := range t.next.Devices.All() {
		if inv, ok := t.next.Inventories.Get(gd.ID); gd.Driven() && (!ok || len(inv.Switches) == 0) {
			return true
		}
	}
	return false
}

func (t *txn) deleteConnection(id string) error {
	c, ok := t.next.Connections.Get(id)
	if !ok {
		return model.ErrConnectionNotFound()
	}
	connections.remove(t, id)
	t.settle(c.NetworkID)
	return nil
}
