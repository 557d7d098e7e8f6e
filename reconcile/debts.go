package reconcile

import (
	"maps"
	"slices"
	"sync"

	"bordergw/model"
)

// debts finds what a device has to confirm: removed networks, numbers that were given up, or its own
// removal. It follows the definitions that it is asked of, newer or older, at the cost of
// what differs. Everybody may use it.
type debts struct {
	mu       sync.Mutex
	byDevice map[string]*debt
	// tombstones, numbers and retired are what byDevice was made of.
	tombstones model.Table[model.Tombstone, *model.Tombstone]
	numbers    model.Table[model.Released, *model.Released]
	retired    model.Table[model.RetiredDevice, *model.RetiredDevice]
}

// debt is what one device has to confirm, by id.
type debt struct {
	tombstones map[string]*model.Tombstone
	numbers    map[string]*model.Released
	itself     bool
}

// devices are those that have something to confirm.
func (d *debts) devices(defs *model.Definitions) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.follow(defs)
	return slices.Collect(maps.Keys(d.byDevice))
}

// buried are the removed networks that one of some devices has to confirm, in the order of their
// removal.
func (d *debts) buried(defs *model.Definitions, devices []string) (out []*model.Tombstone) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.follow(defs)
	for _, id := range devices {
		if of := d.byDevice[id]; of != nil {
			out = slices.AppendSeq(out, maps.Values(of.tombstones))
		}
	}
	slices.SortFunc(out, func(a, b *model.Tombstone) int { return a.Order().Compare(b.Order()) })
	return slices.Compact(out)
}

// released are the numbers that a device has to confirm, in the order in which they were given up.
func (d *debts) released(defs *model.Definitions, device string) []*model.Released {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.follow(defs)
	of := d.byDevice[device]
	if of == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(of.numbers), func(a, b *model.Released) int { return a.Order().Compare(b.Order()) })
}

// follow brings byDevice to what some definitions say. The lock is held.
func (d *debts) follow(defs *model.Definitions) {
	for id, c := range defs.Tombstones.Changes(d.tombstones) {
		d.bury(id, c)
	}
	for id, c := range defs.Released.Changes(d.numbers) {
		d.release(id, c)
	}
	for id, c := range defs.Retired.Changes(d.retired) {
		d.owed(id).itself = c.Now != nil
		d.settle(id)
	}
	d.tombstones, d.numbers, d.retired = defs.Tombstones, defs.Released, defs.Retired
}

func (d *debts) bury(id string, c model.Change[*model.Tombstone]) {
	if c.Was != nil {
		for _, device := range c.Was.Pending {
			delete(d.owed(device).tombstones, id)
			d.settle(device)
		}
	}
	if c.Now != nil {
		for _, device := range c.Now.Pending {
			d.owed(device).tombstones[id] = c.Now
		}
	}
}

func (d *debts) release(id string, c model.Change[*model.Released]) {
	if c.Was != nil {
		for _, p := range c.Was.Pending {
			delete(d.owed(p.DeviceID).numbers, id)
			d.settle(p.DeviceID)
		}
	}
	if c.Now != nil {
		for _, p := range c.Now.Pending {
			d.owed(p.DeviceID).numbers[id] = c.Now
		}
	}
}

func (d *debts) owed(device string) *debt {
	if d.byDevice == nil {
		d.byDevice = map[string]*debt{}
	}
	of := d.byDevice[device]
	if of == nil {
		of = &debt{tombstones: map[string]*model.Tombstone{}, numbers: map[string]*model.Released{}}
		d.byDevice[device] = of
	}
	return of
}

// settle forgets a device that has nothing to confirm.
func (d *debts) settle(device string) {
	if of := d.byDevice[device]; !of.itself && len(of.tombstones)+len(of.numbers) == 0 {
		delete(d.byDevice, device)
	}
}
