package store

import (
	"cmp"
	"maps"
	"slices"

	"bordergw/model"
)

// confirm notes that a device was seen without what these records say that it may have.
func (q *quarantine) confirm(deviceID string, ids []string) error {
	for _, id := range ids {
		if r, ok := q.tx.next.Released.Get(id); ok {
			q.setPending(r, without(r, deviceID))
		}
	}
	return nil
}

// end frees a number before its time, of one network or of all for "".
func (q *quarantine) end(w model.WireID, network string) error {
	var ids []string
	for r := range having(&q.tx.next, released, releasedAs(w)) {
		if r.WireID == w && (network == "" || r.NetworkID == network) {
			ids = append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return model.ErrNotInQuarantine(w, network)
	}
	q.tx.endsQuarantine = true
	for _, id := range ids {
		released.remove(q.tx, id)
	}
	return nil
}

// without are the entries of a record but for that of a device.
func without(r *model.Released, device string) []model.ReleasedOn {
	return slices.DeleteFunc(slices.Clone(r.Pending), func(p model.ReleasedOn) bool { return p.DeviceID == device })
}

// setPending gives a record other entries; one without any goes.
func (q *quarantine) setPending(r *model.Released, pending []model.ReleasedOn) {
	if len(pending) == 0 {
		released.remove(q.tx, r.ID)
		return
	}
	changed := *r
	changed.Pending = pending
	released.replace(q.tx, r, &changed)
}

// passOn puts the device heir in the place of another. Without an heir the
// other stays: what its switch does is not known, so that only time frees the number.
func (q *quarantine) passOn(deviceID, heir string) {
	if heir == "" || heir == deviceID {
		return
	}
	for r := range having(&q.tx.next, released, claim{kind: isReleasedOn, a: deviceID}) {
		pending := slices.Clone(r.Pending)
		if r.On(heir) != nil {
			pending = without(r, deviceID)
		} else {
			i := slices.IndexFunc(pending, func(p model.ReleasedOn) bool { return p.DeviceID == deviceID })
			pending[i].DeviceID = heir
		}
		q.setPending(r, pending)
	}
}

// release compares what a network used on devices before and after. What it has
// given up on a device may stand there until the device was seen without it.
func (q *quarantine) release(network string, was, is carriers) {
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
	if n, ok := q.tx.base.Networks.Get(network); ok && n.VNI != 0 && someLost(was.unknown, is.unknown) {
		q.tx.next.everyDevice(func(device, name string) { note(model.WireID{VNI: n.VNI}, device, name) })
	}
	for u := range is.uses {
		delete(gone, u.WireID)
		q.reclaim(network, u)
	}
	for w := range gone {
		note(w, "", "") // the quarantine begins when the last device loses it
	}
	for _, w := range slices.SortedFunc(maps.Keys(lost), compareWire) {
		maps.DeleteFunc(lost[w], func(device, _ string) bool {
			_, used := is.uses[use{w, device}]
			return used || !q.tx.next.mayHold(device)
		})
		q.begin(network, w, lost[w])
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

// reclaim takes a device that uses a number again out of the network's record.
func (q *quarantine) reclaim(network string, u use) {
	old, ok := q.tx.next.Released.Get(model.ReleasedID(u.WireID, network))
	if !ok || old.On(u.device) == nil {
		return
	}
	q.setPending(old, without(old, u.device))
}

// begin begins the quarantine of a network's number anew, with more devices
// that may have it. Nothing is kept of a number that no device may have.
func (q *quarantine) begin(network string, w model.WireID, devices map[string]string) {
	r := model.Released{Record: model.Record{ID: model.ReleasedID(w, network)}, WireID: w, NetworkID: network, ReleasedAt: q.at.steady}
	if old, ok := q.tx.next.Released.Get(r.ID); ok {
		r.NetworkName, r.ProjectID = old.NetworkName, old.ProjectID
		for _, p := range old.Pending {
			devices[p.DeviceID] = p.Switch
		}
	}
	if n, ok := q.tx.base.Networks.Get(network); ok {
		r.NetworkName, r.ProjectID = n.Name, n.ProjectID
	}
	if len(devices) == 0 {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(devices)) {
		r.Pending = append(r.Pending, model.ReleasedOn{DeviceID: id, Switch: devices[id]})
	}
	released.remove(q.tx, r.ID) // records are in the order in which quarantines began
	q.expire()
	released.put(q.tx, &r)
}

// networkDeleted begins the quarantine of a network's VNI anew when the network goes.
func (q *quarantine) networkDeleted(n *model.Network) {
	q.begin(n.ID, model.WireID{VNI: n.VNI}, map[string]string{})
}
