package trail

import (
	"bytes"
	"errors"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"bordergw/boltfile"
	"bordergw/model"
)

// Places are where a MAC was and is, in a network or in all for "", the oldest first. The last
// changes, of some 50 ms, may not be there yet. Where there are too many, former ones are left out.
func (t *Trail) Places(mac model.MAC, network string) (out []model.FormerPlace, err error) {
	err = t.look(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{openBucket, macsBucket} {
			c := tx.Bucket(name).Cursor()
			for k, v := c.Seek(mac[:]); bytes.HasPrefix(k, mac[:]) && len(out) < maxFound; k, v = c.Next() {
				p, err := formerPlace(k, v, bytes.Equal(name, macsBucket))
				if err != nil {
					return err
				}
				if network == "" || p.Network == network {
					out = append(out, p)
				}
			}
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b model.FormerPlace) int { return a.From.Compare(b.From) })
	return out, err
}

// maxFound bounds the places of one MAC: it may have been in very many networks.
const maxFound = 10_000

// Present are where some MACs are, as far as they are anywhere.
func (t *Trail) Present(keys []model.MACKey) (map[model.MACKey]model.FormerPlace, error) {
	out := make(map[model.MACKey]model.FormerPlace, len(keys))
	err := t.look(func(tx *bolt.Tx) error {
		open := tx.Bucket(openBucket)
		for _, key := range keys {
			k := macKey(key.MAC, key.Network)
			v := open.Get(k)
			if v == nil {
				continue
			}
			p, err := formerPlace(k, v, false)
			if err != nil {
				return err
			}
			out[key] = p
		}
		return nil
	})
	return out, err
}

// Kept says from when on places are kept.
func (t *Trail) Kept() (kept model.PlacesKept, err error) {
	err = t.look(func(tx *bolt.Tx) error {
		if began := boltfile.Uint(tx.Bucket(metaBucket), beganKey); began != 0 {
			kept.Since = moment(began)
		}
		meta := boltfile.Uint(tx.Bucket(metaBucket), placesKey)
		if key, mac := tx.Bucket(orderBucket).Cursor().First(); key != nil && meta >= uint64(t.bounds.places) {
			p, err := decodePlace(tx.Bucket(macsBucket).Get(placeKey(mac, number(key))))
			if err == nil && p.to.After(kept.Since) { // the oldest that is left
				kept.Since = p.to
			}
		}
		return nil
	})
	if oldest := time.Now().Add(-t.bounds.age); kept.Since.Before(oldest) {
		kept.Since, kept.Days = oldest, int(t.bounds.age/(24*time.Hour))
	}
	return kept, err
}

// look reads the file. A transaction stands only as long as it is read.
func (t *Trail) look(do func(*bolt.Tx) error) error {
	err := t.present.Load().file.view(do)
	if errors.Is(err, boltfile.ErrDamaged) {
		t.suspect.Store(true)
		model.Hint(t.queue.wake)
	}
	return err
}

// formerPlace reads an entry of bucket MACs or open. The number at the end of a former one's key is cut off.
func formerPlace(key, value []byte, former bool) (out model.FormerPlace, err error) {
	if former && len(key) > 8 {
		key = key[:len(key)-8]
	}
	_, network, ok := splitMACKey(key)
	p, err := decodePlace(value)
	if err != nil || !ok {
		return out, errDamaged
	}
	return model.FormerPlace{Network: network, From: p.from, To: p.to, Device: p.device, Endpoint: p.endpoint, Moved: p.how == howMoved}, nil
}
