package store

// rules are all the rules upon one change. Each kind has what it needs of the others, and
// none knows of the backend. They belong to the goroutine that holds the commit queue's
// lock, for as long as the change is made.
type rules struct {
	tx          txn
	quotas      quotaRules
	quarantine  quarantine
	cleanup     cleanup
	vnis        vniRules
	stitching   stitching
	networks    networkRules
	inventories inventoryRules
	remoteMACs  remoteMACRules
	devices     deviceRules
	connections connectionRules
	gateways    gatewayRules
	moves       moveRules
	endpoints   endpointRules
	holdings    holdingRules
}

// begin starts a change of a snapshot.
func begin(s *Store, base *snapshot) *rules {
	at := s.opened.instant()
	r := &rules{tx: txn{base: base, next: *base, now: wall(s.opts.Now()), newID: s.opts.NewID}}
	tx := &r.tx
	tx.next.Revision++
	r.quotas = quotaRules{tx, s.opts.Quota}
	r.quarantine = quarantine{tx, at, s.opts.VNIQuarantine, &s.sightings}
	r.holdings = holdingRules{tx}
	r.cleanup = cleanup{tx: tx, quarantine: &r.quarantine, holdings: &r.holdings}
	r.vnis = vniRules{tx, &r.quarantine, s.opts.VNIRange, &s.sightings}
	r.stitching = stitching{tx, &r.quarantine}
	r.endpoints = endpointRules{tx, &r.moves}
	r.networks = networkRules{tx, &r.quotas, &r.quarantine, &r.vnis, &r.endpoints}
	r.inventories = inventoryRules{tx, &r.cleanup}
	r.remoteMACs = remoteMACRules{tx}
	r.devices = deviceRules{tx, at, &r.quotas, &r.cleanup, &r.stitching, &r.inventories}
	r.connections = connectionRules{tx, &r.quotas, &r.quarantine, &r.vnis, &r.stitching, &r.cleanup}
	r.gateways = gatewayRules{tx, &r.quotas, &r.stitching, &r.connections}
	r.moves = moveRules{tx}
	return r
}
