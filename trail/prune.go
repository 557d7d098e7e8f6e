package trail

import (
	"time"

	bolt "go.etcd.io/bbolt"
)

const (
	// maxPlaces bounds the former places, and the present ones.
	maxPlaces = 1_000_000
	// maxPlacesOfMAC bounds the former places of one MAC in one network.
	maxPlacesOfMAC = 16
	// maxBytes bounds the file.
	maxBytes = 256 << 20
	// maxPruned is how much is removed at a time.
	maxPruned = 2 * maxBatch
)

// bounds are how much a file keeps.
type bounds struct {
	events int
	age    time.Duration
	places int
	bytes  int64
}

// used is how much of the file is in use, in bytes. The rest is used again.
func used(tx *bolt.Tx) int64 {
	db := tx.DB()
	free := db.Stats()
	return tx.Size() - int64(free.FreePageN+free.PendingPageN)*int64(db.Info().PageSize)
}

// prune removes the oldest of what there is too much of. Near the bound of the file's size a
// part of everything goes.
func (o *bounds) prune(tx *bolt.Tx, is ends, now time.Time) (ends, error) {
	crowded := used(tx) > o.bytes/8*7
	is, err := o.pruneEvents(tx, is, now, crowded)
	if err != nil {
		return is, err
	}
	return o.prunePlaces(tx, is, now, crowded)
}

func (o *bounds) pruneEvents(tx *bolt.Tx, is ends, now time.Time, crowded bool) (ends, error) {
	c := tx.Bucket(eventsBucket).Cursor()
	key, value := c.First()
	for n := 0; key != nil && number(key) < is.last && n < maxPruned; n++ { // the newest tells the next number
		h, _, err := decodeRecord(value)
		if err != nil {
			return is, err
		}
		over := is.last-number(key)+1 > uint64(o.events) || now.Sub(h.time) > o.age || crowded && n < maxPruned/10
		if !over {
			break
		}
		if err := c.Delete(); err != nil {
			return is, err
		}
		is.first = number(key) + 1
		key, value = c.First()
	}
	return is, nil
}

func (o *bounds) prunePlaces(tx *bolt.Tx, is ends, now time.Time, crowded bool) (ends, error) {
	macs, order := tx.Bucket(macsBucket), tx.Bucket(orderBucket)
	c := order.Cursor()
	last, _ := c.Last()
	newest := number(last)
	key, mac := c.First()
	for n := 0; key != nil && number(key) < newest && n < maxPruned; n++ {
		at := placeKey(mac, number(key))
		over := is.places > uint64(o.places) || crowded && n < maxPruned/10
		if value := macs.Get(at); !over && value != nil {
			p, err := decodePlace(value)
			if err != nil {
				return is, err
			}
			if now.Sub(p.to) <= o.age {
				break
			}
		}
		if err := macs.Delete(at); err != nil {
			return is, err
		}
		if err := c.Delete(); err != nil {
			return is, err
		}
		is.places = moved(is.places, -1)
		key, mac = c.First()
	}
	return is, nil
}
