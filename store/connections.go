package store

import "bordergw/model"

// connectionRules keep connections: each names a network and a gateway that exist, says
// its segmentation id once, and clashes with no other in VLANs of a port, in VNIs or in
// numbers in quarantine. It has its network's VNI and its stitch VLANs when it is stored.
type connectionRules struct {
	tx         *txn
	quotas     *quotaRules
	quarantine *quarantine
	vnis       *vniRules
	stitching  *stitching
	cleanup    *cleanup
}

func (r *connectionRules) create(c model.L2GatewayConnection) (*model.L2GatewayConnection, error) {
	if err := r.quotas.checkConnection(&c); err != nil {
		return nil, err
	}
	g, err := r.checkRequest(&c)
	if err != nil {
		return nil, err
	}
	if err := newPlaces(&r.tx.next).checkSwitches(g); err != nil {
		return nil, err
	}
	if c.Record, err = connections.newRecord(r.tx, "L2 Gateway Connection", c.Record, g.ProjectID); err != nil {
		return nil, err
	}
	connections.put(r.tx, &c)
	if err := r.checkVLANs(&c, g); err != nil {
		return nil, err
	}
	if err := r.quarantine.checkBorder(&c, g); err != nil {
		return nil, err
	}
	if err := r.vnis.fix(&c, g); err != nil {
		return nil, err
	}
	if err := r.vnis.check(&c, g); err != nil {
		return nil, err
	}
	return r.complete(&c, g), nil
}

// complete completes a connection that is in the snapshot already.
func (r *connectionRules) complete(c *model.L2GatewayConnection, g *model.L2Gateway) *model.L2GatewayConnection {
	r.stitching.connection(c, g)
	r.cleanup.settle(c.NetworkID)
	stored, _ := r.tx.next.Connections.Get(c.ID)
	return stored
}

// checkRequest checks the request by itself, in the order of networking-l2gw,
// and returns the gateway.
func (r *connectionRules) checkRequest(c *model.L2GatewayConnection) (*model.L2Gateway, error) {
	if _, err := r.tx.next.network(c.NetworkID); err != nil {
		return nil, err
	}
	g, notFound := r.tx.next.gateway(c.L2GatewayID)
	if err := checkGiven(r.tx.next.SlotsOf(g), notFound == nil, c.SegmentationID); err != nil {
		return nil, err
	}
	for o := range r.tx.next.connectionsTo(c.NetworkID) {
		if o.L2GatewayID == c.L2GatewayID {
			return nil, model.ErrConnectionExists(c)
		}
	}
	if notFound != nil {
		return nil, notFound
	}
	return g, checkKind(r.tx.next.SlotsOf(g), c.SegmentationID)
}

func (r *connectionRules) delete(id string) error {
	c, ok := r.tx.next.Connections.Get(id)
	if !ok {
		return model.ErrConnectionNotFound()
	}
	connections.remove(r.tx, id)
	r.cleanup.settle(c.NetworkID)
	return nil
}

// recheck looks at a changed gateway's connections once more.
func (r *connectionRules) recheck(g *model.L2Gateway) error {
	var affected []string
	slots := r.tx.next.SlotsOf(g)
	for c := range r.tx.next.connectionsOf(g.ID) {
		if err := r.checkOne(c, g, slots); err != nil {
			return err
		}
		affected = append(affected, c.NetworkID)
	}
	r.cleanup.settle(affected...)
	return nil
}

// checkOne looks at a connection that is in the snapshot already.
func (r *connectionRules) checkOne(c *model.L2GatewayConnection, g *model.L2Gateway, slots model.Slots) error {
	if err := checkGiven(slots, true, c.SegmentationID); err != nil {
		return err
	}
	if err := checkKind(slots, c.SegmentationID); err != nil {
		return err
	}
	if err := r.checkVLANs(c, g); err != nil {
		return err
	}
	if err := r.quarantine.checkBorder(c, g); err != nil {
		return err
	}
	return r.vnis.check(c, g)
}

func (r *connectionRules) checkVLANs(c *model.L2GatewayConnection, g *model.L2Gateway) error {
	return newPlaces(&r.tx.next).checkVLANs(c, g)
}
