package trail

import (
	"bytes"
	"time"

	bolt "go.etcd.io/bbolt"

	"bordergw/model"
)

// macBatch is one transaction's view of where MACs were, and what is to be written of it.
type macBatch struct {
	*batch
	w   *writer
	tx  *bolt.Tx
	now time.Time
}

// buildMACs takes the next changes of MACs, or looks for MACs that are gone without one.
func (w *writer) buildMACs(b *batch, tx *bolt.Tx, now time.Time) error {
	m := &macBatch{b, w, tx, now}
	f := w.follower
	if f.aim(w.latest()) {
		return m.follow(f)
	}
	if f.done == nil {
		return nil
	}
	b.add(f.summaries(f.done.Definitions(), now)...)
	if f.sweep && (f.sweptAt.IsZero() || now.Sub(f.sweptAt) >= sweepGap) {
		return m.sweep(f)
	}
	return nil
}

// follow takes as many changes as there is room for.
func (m *macBatch) follow(f *follower) error {
	for m.room() > 0 {
		c, ok := f.next()
		if !ok {
			m.add(f.firstReports(f.target.Definitions(), m.now)...)
			f.arrived()
			break
		}
		if err := m.change(f.target.Definitions(), c); err != nil {
			return err
		}
	}
	if f.done != nil {
		m.add(f.summaries(f.done.Definitions(), m.now)...)
	}
	return nil
}

// change notes where a MAC is, unless that is known.
func (m *macBatch) change(defs *model.Definitions, c model.MACChange) error {
	if c.Is.Frozen != c.Was.Frozen {
		m.add(frozenEvent(defs, c, m.now))
	}
	key := macKey(c.MAC, c.Network)
	was, err := m.openPlace(key)
	if err != nil {
		return err
	}
	switch is := c.Is; {
	case is.Device == "" && was == nil:
	case is.Device == "":
		m.leave(key, was)
		m.report(defs, "gone", c, was.device, "")
	case was == nil:
		m.enter(key, place{from: m.now, device: is.Device, endpoint: is.Endpoint, how: howLearned})
		m.report(defs, "learned", c, "", is.Device)
	case was.device == is.Device && was.endpoint == is.Endpoint:
	default:
		m.leave(key, was)
		m.enter(key, place{from: m.now, device: is.Device, endpoint: is.Endpoint, how: howMoved})
		if was.device != is.Device {
			m.report(defs, "moved", c, was.device, is.Device)
		}
	}
	return nil
}

// openPlace is where a MAC is by the file, nil for nowhere.
func (m *macBatch) openPlace(key []byte) (*place, error) {
	value := m.tx.Bucket(openBucket).Get(key)
	if value == nil {
		return nil, nil
	}
	p, err := decodePlace(value)
	return &p, err
}

// enter opens a place, unless there are too many.
func (m *macBatch) enter(key []byte, p place) {
	if m.w.ends.open+uint64(max(0, m.open)) >= maxPlaces {
		return
	}
	m.put(openBucket, key, p.encode())
	m.open++
}

// leave makes a present place a former one.
func (m *macBatch) leave(key []byte, p *place) {
	m.put(openBucket, key, nil)
	m.open--
	p.to = m.now
	m.w.placeSeq++
	m.put(macsBucket, placeKey(key, m.w.placeSeq), p.encode())
	m.put(orderBucket, numberKey(m.w.placeSeq), key)
	m.places++
	m.trim(key)
}

// trim removes the oldest former places of a MAC, so that one more fits.
func (m *macBatch) trim(key []byte) {
	var old [][]byte
	c := m.tx.Bucket(macsBucket).Cursor()
	for k, _ := c.Seek(key); bytes.HasPrefix(k, key) && len(k) == len(key)+8; k, _ = c.Next() {
		old = append(old, bytes.Clone(k))
	}
	for len(old) >= maxPlacesOfMAC {
		m.put(macsBucket, old[0], nil)
		m.put(orderBucket, old[0][len(key):], nil)
		m.places--
		old = old[1:]
	}
}

// report makes an event of a change, or counts it.
func (m *macBatch) report(defs *model.Definitions, what string, c model.MACChange, from, to string) {
	f := m.w.follower
	device := to
	if to == "" {
		device = from
	}
	switch {
	case to != "" && f.target != nil && f.first(to):
		if f.firsts[device] == nil {
			f.firsts[device] = &counts{}
		}
		f.firsts[device].add(what)
	case f.tokens.take(m.now):
		m.add(macEvent(defs, what, c.Network, c.MAC, from, to, m.now))
	default:
		f.withoutEvent(macPair{c.Network, device}, what)
	}
}

// maxSwept is how many present places are looked at in one batch.
const maxSwept = 20_000

// sweep looks for present places of MACs that are gone: those that left while the process
// did not run, and those that came when there was no room.
func (m *macBatch) sweep(f *follower) error {
	c := m.tx.Bucket(openBucket).Cursor()
	key, value := c.Seek(f.swept)
	for looks := 0; key != nil && looks < maxSwept && m.room() > 0; looks++ {
		if err := m.check(f.done, key, value); err != nil {
			return err
		}
		key, value = c.Next()
	}
	if f.swept = bytes.Clone(key); key == nil {
		f.sweep, f.sweptAt = false, m.now
	}
	return nil
}

// check compares a present place with where the MAC is.
func (m *macBatch) check(now model.MACPicture, key, value []byte) error {
	p, err := decodePlace(value)
	mac, network, ok := splitMACKey(key)
	if err != nil || !ok {
		return errDamaged
	}
	defs := now.Definitions()
	is := now.Place(network, mac)
	if is.Device == "" && !goneFor(now, network, p.device) {
		return nil
	}
	return m.change(defs, model.MACChange{Network: network, MAC: mac, Was: is, Is: is})
}

// goneFor reports whether a MAC that nobody reports is no longer at a device: one that has not reported yet
// may still have it.
func goneFor(now model.MACPicture, network, device string) bool {
	defs := now.Definitions()
	_, stands := defs.Networks.Get(network)
	_, registered := defs.Devices.Get(device)
	return !stands || !registered || now.Reported(device)
}
