package reconcile

import (
	"maps"

	"bordergw/model"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// roll is who is registered, and what snapshot shows of how far each device has reported. It is made
// anew when devices change; between that it costs what was reported since. It is used under the lock
// of macReports.
type roll struct {
	of      *model.Registrations
	devices model.Table[model.GatewayDevice, *model.GatewayDevice]
	// registered are the numbers of all databases and sources; nil before the roll is made.
	registered map[vtep.DatabaseID]bool
	// shown is never changed once a snapshot has it; dirty are the devices whose part of it
	// may have changed.
	shown map[string]uint64
	dirty map[string]bool
}

// made reports whether the roll is that of these devices.
func (o *roll) made(all *model.Registrations, defs *model.Definitions) bool {
	return o.registered != nil && o.of == all && o.devices.Same(defs.Devices)
}

// note takes note that a database, which these devices reach, has reported. One that is not
// registered any more has the roll be made anew, so that nothing is kept of it.
func (o *roll) note(db vtep.DatabaseID, sharing []*model.GatewayDevice) {
	if !o.registered[db] {
		o.registered = nil
		return
	}
	for _, gd := range sharing {
		o.dirty[gd.ID] = true
	}
}

// showAgain brings what is shown up to date.
func (o *roll) showAgain(all *model.Registrations, defs *model.Definitions, reported map[vtep.DatabaseID]uint64) {
	cloned := false
	for id := range o.dirty {
		gd, ok := defs.Devices.Get(id)
		if !ok {
			continue
		}
		upTo := reported[numberOf(all, gd)]
		if o.shown[id] == upTo {
			continue
		}
		if !cloned {
			o.shown, cloned = maps.Clone(o.shown), true
		}
		o.shown[id] = upTo
	}
	clear(o.dirty)
}

// callRoll makes the roll, and forgets what was reported of databases that are not in it.
func (r *macReports) callRoll(all *model.Registrations, defs *model.Definitions) {
	registered, shown := map[vtep.DatabaseID]bool{}, map[string]uint64{}
	for gd := range defs.Devices.All() {
		registered[topology.DatabaseID(gd)] = true
		shown[gd.ID] = r.reported[numberOf(all, gd)]
	}
	maps.DeleteFunc(r.reported, func(db vtep.DatabaseID, _ uint64) bool { return !registered[db] })
	r.placements.register(registered)
	r.table.RetainDatabases(registered)
	r.roll = roll{of: all, devices: defs.Devices, registered: registered, shown: shown, dirty: map[string]bool{}}
}
