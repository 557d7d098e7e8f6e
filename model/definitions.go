package model

import "sync/atomic"

// Definitions is an immutable snapshot of everything the store holds: what
// operators defined, what was last seen of the switches, and what remains to
// be cleaned up.
type Definitions struct {
	// Revision grows by one with every change.
	Revision uint64
	// StoreID is made when the store is created. It marks our rows on the
	// switches, so that controllers with different stores recognise their own.
	StoreID     string
	Networks    Table[Network, *Network]
	Devices     Table[GatewayDevice, *GatewayDevice]
	RemoteMACs  RemoteMACs
	Gateways    Table[L2Gateway, *L2Gateway]
	Connections Table[L2GatewayConnection, *L2GatewayConnection]
	Inventories Table[Inventory, *Inventory]
	Tombstones  Table[Tombstone, *Tombstone]
	Retired     Table[RetiredDevice, *RetiredDevice]
	// Holdings are the logical switches that stand, or may stand, on switches and are managed.
	Holdings Holdings
	Quotas   Table[Quota, *Quota]
	Moves    Table[MACMove, *MACMove]
	// Endpoints are what sources outside answer for, such as Neutron's hypervisors.
	Endpoints Table[EndpointSet, *EndpointSet]
	// Released are numbers on the wire that were given up and may still be in use.
	Released Table[Released, *Released]
	// registrations keeps what Registrations has found, also for snapshots that differ in
	// other tables; nil in one that was not made by NewDefinitions.
	registrations *atomic.Pointer[Registrations]
}

// NewDefinitions is a snapshot without any record.
func NewDefinitions(storeID string, revision uint64) *Definitions {
	return &Definitions{StoreID: storeID, Revision: revision, registrations: new(atomic.Pointer[Registrations])}
}

// Registrations says which devices reach one switch database. They are made once, and
// once more when devices or inventories have changed.
func (d *Definitions) Registrations() *Registrations {
	if d.registrations == nil {
		return NewRegistrations(d)
	}
	r := d.registrations.Load()
	if r == nil || !r.devices.Same(d.Devices) || !r.inventories.Same(d.Inventories) {
		r = NewRegistrations(d)
		d.registrations.Store(r)
	}
	return r
}

// PartRegistrations is for who changes devices or inventories of a copy: what is found
// of the copy does not displace what was found of the snapshot.
func (d *Definitions) PartRegistrations() { d.registrations = new(atomic.Pointer[Registrations]) }

// Place is where a gateway's device is found.
type Place struct {
	// Device is the registered switch database.
	Device *GatewayDevice
	// Switch is the Physical_Switch; "" while it is not known.
	Switch string
}

// Resolve is Registrations.Resolve, for who asks once.
func (d *Definitions) Resolve(dev *Device) (Place, bool) { return NewPlaces(d).Find(dev) }
