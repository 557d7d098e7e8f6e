package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"bordergw/model"
)

// maxReleased bounds the devices that all Released records list, of about 100 bytes
// each. What would list more is refused: to forget a quarantine before its time would give
// a number to a tenant that a switch may still use for another.
const maxReleased = 1 << 17

// ConfirmReleased records that a device was seen without what some Released records
// say that it may still have. Records that have gone already are no error.
func (s *Store) ConfirmReleased(ctx context.Context, deviceID string, ids []string) error {
	return s.do(ctx, func(t *txn) error {
		confirmed := map[string]bool{}
		for _, id := range ids {
			confirmed[id] = true
		}
		released.rewrite(t, func(r *model.Released) *model.Released {
			if !confirmed[r.ID] || r.On(deviceID) == nil {
				return r
			}
			return without(r, func(device string) bool { return device == deviceID })
		})
		return nil
	})
}

// without takes devices out of a record; nil when none is left.
func without(r *model.Released, is func(device string) bool) *model.Released {
	c := *r
	c.Pending = slices.DeleteFunc(slices.Clone(r.Pending), func(p model.ReleasedOn) bool { return is(p.DeviceID) })
	if len(c.Pending) == 0 {
		return nil
	}
	return &c
}

// passOnReleased puts the device heir in the place of another. Without an heir the
// other stays: what its switch does is not known, so that only time frees the number.
func (t *txn) passOnReleased(deviceID, heir string) {
	if heir == "" {
		return
	}
	released.rewrite(t, func(r *model.Released) *model.Released {
		if r.On(deviceID) == nil {
			return r
		}
		if r.On(heir) != nil {
			return without(r, func(device string) bool { return device == deviceID })
		}
		c := *r
		c.Pending = slices.Clone(r.Pending)
		c.On(deviceID).DeviceID = heir
		return &c
	})
}

// release compares what a network used on devices before and after. What it has
// given up on a device may stand there until the device was seen without it.
func (t *txn) release(network string, was, is carriers) {
	lost, gone := map[model.WireID]map[string]string{}, map[model.WireID]bool{}
	note := func(w model.WireID, device, name string) {
		if lost[w] == nil {
			lost[w] = map[string]string{}
		}
		lost[w][device] = name
	}
	for u, name := range was.uses {
		gone[u.WireID] = true
		if _, still := is.uses[u]; !still {
			note(u.WireID, u.device, name)
		}
	}
	if n, ok := t.base.Networks.Get(network); ok && n.VNI != 0 && someLost(was.unknown, is.unknown) {
		t.everySwitch(func(device, name string) { note(model.WireID{VNI: n.VNI}, device, name) })
	}
	for u := range is.uses {
		delete(gone, u.WireID)
		t.reclaim(network, u)
	}
	for w := range gone {
		note(w, "", "") // the quarantine begins when the last device loses it
	}
	for _, w := range slices.SortedFunc(maps.Keys(lost), compareWire) {
		maps.DeleteFunc(lost[w], func(device, _ string) bool {
			_, used := is.uses[use{w, device}]
			return used || !t.mayHold(device)
		})
		t.quarantine(network, w, lost[w])
	}
}

func compareWire(a, b model.WireID) int {
	return cmp.Or(cmp.Compare(a.VNI, b.VNI), cmp.Compare(a.StitchVLAN, b.StitchVLAN))
}

// someLost reports whether a name that is not known is used no more.
func someLost(was, is map[string]bool) bool {
	for name := range was {
		if !is[name] {
			return true
		}
	}
	return false
}

// everySwitch lists the devices that a name that is not known may stand for.
func (t *txn) everySwitch(visit func(device, name string)) {
	ids := map[string]bool{}
	t.everyDevice(ids)
	for id := range ids {
		gd, ok := t.next.Devices.Get(id)
		if r, retired := t.next.Retired.Get(id); !ok && retired {
			gd = &r.GatewayDevice
		}
		visit(id, cmp.Or(gd.Name, id))
	}
}

// mayHold reports whether something of ours can stand on a device: what was never
// read was never written.
func (t *txn) mayHold(device string) bool {
	_, read := t.next.Inventories.Get(device)
	_, deleted := t.next.Retired.Get(device)
	return read || deleted
}

// reclaim takes a device that uses a number again out of the network's record.
func (t *txn) reclaim(network string, u use) {
	old, ok := t.next.Released.Get(model.ReleasedID(u.WireID, network))
	if !ok || old.On(u.device) == nil {
		return
	}
	if r := without(old, func(device string) bool { return device == u.device }); r != nil {
		released.put(t, r)
	} else {
		released.remove(t, old.ID)
	}
}

// quarantine begins the quarantine of a network's number anew, with more devices
// that may have it. Nothing is kept of a number that no device may have.
func (t *txn) quarantine(network string, w model.WireID, devices map[string]string) {
	r := model.Released{Record: model.Record{ID: model.ReleasedID(w, network)}, WireID: w, NetworkID: network, ReleasedAt: t.steady}
	if old, ok := t.next.Released.Get(r.ID); ok {
		r.NetworkName, r.ProjectID = old.NetworkName, old.ProjectID
		for _, p := range old.Pending {
			devices[p.DeviceID] = p.Switch
		}
	}
	if n, ok := t.base.Networks.Get(network); ok {
		r.NetworkName, r.ProjectID = n.Name, n.ProjectID
	}
	if len(devices) == 0 {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(devices)) {
		r.Pending = append(r.Pending, model.ReleasedOn{DeviceID: id, Switch: devices[id]})
	}
	released.remove(t, r.ID) // records are in the order in which quarantines began
	t.expire()
	released.put(t, &r)
}

// checkReleased refuses a change that lists more devices in Released records than may be.
// What switches show is not refused: it moves what exists, and nobody can repeat it at will.
func (t *txn) checkReleased(before index) error {
	if t.reports || t.numbers.pending <= maxReleased || t.numbers.pending <= before.pending {
		return nil
	}
	return model.ErrQuarantineFull(maxReleased)
}

// releaseNetwork begins the quarantine of a network's VNI anew when the network goes.
func (t *txn) releaseNetwork(n *model.Network) {
	t.quarantine(n.ID, model.WireID{VNI: n.VNI}, map[string]string{})
}

// freeAt is when a quarantine is over. A time of release in the future comes from a
// clock that was ahead: such a quarantine begins when the store is opened.
func (t *txn) freeAt(r *model.Released) time.Time {
	from := r.ReleasedAt
	if from.After(t.steady) {
		from = t.opened
	}
	return from.Add(t.opts.VNIQuarantine)
}

// isOver reports whether time has freed a number. One that a switch is seen to use
// for that network is not free.
func (t *txn) isOver(r *model.Released) bool {
	return !t.steady.Before(t.freeAt(r)) && (r.VNI == 0 || !t.seen.of(r.VNI, r.NetworkID))
}

// expire forgets the records whose quarantine is over. One whose number is in use
// stays: its quarantine begins again when the number is given up.
func (t *txn) expire() {
	some := false
	for r := range t.next.Released.All() {
		if t.steady.Before(t.freeAt(r)) && !r.ReleasedAt.After(t.steady) {
			break // the others are younger
		}
		some = some || t.isOver(r) && !t.inUse(r)
	}
	if !some {
		return
	}
	released.rewrite(t, func(r *model.Released) *model.Released {
		if t.isOver(r) && !t.inUse(r) {
			return nil
		}
		return r
	})
}

// inUse reports whether the network of a record may still use its number elsewhere.
func (t *txn) inUse(r *model.Released) bool {
	if _, exists := t.next.Networks.Get(r.NetworkID); !exists {
		return false
	}
	users := t.numbers.vnis.users(uint32(r.VNI))
	if r.StitchVLAN != 0 {
		users = nil
		for _, p := range r.Pending {
			users = append(users, t.numbers.cables[p.DeviceID].users(uint32(r.StitchVLAN))...)
		}
	}
	return slices.ContainsFunc(users, func(u user) bool { return u.table != released.bucket })
}

// checkQuarantine refuses a VNI that a network asks for while a switch may still use
// it for another one that has given it up.
func (t *txn) checkQuarantine(n *model.Network, v model.VNI) error {
	for _, u := range t.numbers.vnis.users(uint32(v)) {
		if u.table != released.bucket {
			continue
		}
		r, _ := t.next.Released.Get(u.id)
		former, exists := t.next.Networks.Get(r.NetworkID)
		switch {
		case r.NetworkID == n.ID && r.ProjectID == n.ProjectID, t.isOver(r):
		case exists && (former.VNI == v || t.isJoined(former.ID, v)):
			// It is that network's still; other rules say who may join it.
		default:
			return model.ErrVNIQuarantined(r, !exists, t.freeAt(r), t.projectOf)
		}
	}
	return nil
}

// projectOf is the project of a gateway device, "" for one that does not exist.
func (t *txn) projectOf(device string) string {
	if gd, ok := t.next.Devices.Get(device); ok {
		return gd.ProjectID
	}
	return ""
}

// checkBorderQuarantine does so for the VNIs between sites that a connection did not
// have before.
func (t *txn) checkBorderQuarantine(c *model.L2GatewayConnection, g *model.L2Gateway) error {
	n, err := t.network(c.NetworkID)
	if err != nil {
		return err
	}
	var before join
	if old, ok := t.base.Connections.Get(c.ID); ok {
		was, _ := t.base.Gateways.Get(g.ID)
		before = t.join(old, was)
	}
	j := t.join(c, g)
	for _, v := range j.border {
		if v == 0 || before.has(v) {
			continue
		}
		if err := t.checkQuarantine(n, v); err != nil {
			return err
		}
	}
	return nil
}
