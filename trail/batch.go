package trail

import (
	"bytes"
	"cmp"
	"slices"

	bolt "go.etcd.io/bbolt"

	"bordergw/boltfile"
	"bordergw/model"
)

// maxBatch is how many records one commit has, about: what is made of one note goes together.
const maxBatch = 5_000

// put is a record that is written, or removed if its value is nil.
type put struct{ bucket, key, value []byte }

// batch is what one commit writes. It is made from what the file held before it.
type batch struct {
	events []model.Event
	puts   []put
	// places and open are how many former and present places there are more.
	places, open int
	// audit is up to where the audit is in it, 0 for as far as before.
	audit uint64
	// closes: it is the last one.
	closes bool
}

func (b *batch) empty() bool { return len(b.events)+len(b.puts) == 0 && b.audit == 0 && !b.closes }

// room is how many records more there may be.
func (b *batch) room() int { return max(0, maxBatch-len(b.events)-len(b.puts)) }

func (b *batch) add(events ...model.Event) { b.events = append(b.events, events...) }

func (b *batch) put(bucket, key, value []byte) { b.puts = append(b.puts, put{bucket, key, value}) }

// ends are the numbers that a file begins and ends with.
type ends struct {
	// first and last are the numbers of events; last is below first if there is none.
	first, last uint64
	// places and open are how many former and present places there are.
	places, open uint64
	// audit is up to where the audit has been taken in.
	audit uint64
}

// write writes the batch and returns what the file has then. An event that can not be encoded is left
// out and counted.
func (b *batch) write(tx *bolt.Tx, epoch uint32, was ends, lost func(e *model.Event, err error)) (ends, error) {
	is := was
	events := tx.Bucket(eventsBucket)
	events.FillPercent = 0.95 // they are only added to
	for i := range b.events {
		record, err := encodeRecord(model.EventID{Epoch: epoch, Seq: is.last + 1}, b.events[i])
		if err != nil {
			lost(&b.events[i], err)
			continue
		}
		is.last++
		if err := events.Put(numberKey(is.last), record); err != nil {
			return was, err
		}
	}
	if err := writePuts(tx, b.puts); err != nil {
		return was, err
	}
	is.places, is.open, is.audit = moved(was.places, b.places), moved(was.open, b.open), max(was.audit, b.audit)
	return is, nil
}

// moved is a number that never goes below zero.
func moved(n uint64, by int) uint64 { return uint64(max(0, int(n)+by)) }

// writePuts writes in the order of the file, as bolt makes room for a record among all that
// a commit has put beside it.
func writePuts(tx *bolt.Tx, puts []put) error {
	sorted := slices.Clone(puts)
	slices.SortStableFunc(sorted, func(x, y put) int { return cmp.Or(bytes.Compare(x.bucket, y.bucket), bytes.Compare(x.key, y.key)) })
	for _, p := range sorted {
		var err error
		if b := tx.Bucket(p.bucket); p.value == nil {
			err = b.Delete(p.key)
		} else {
			err = b.Put(p.key, p.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeEnds writes what is read when the file is opened.
func writeEnds(tx *bolt.Tx, is ends, clean bool) error {
	meta, closed := tx.Bucket(metaBucket), uint64(0)
	if clean {
		closed = 1
	}
	for _, n := range []struct {
		key []byte
		n   uint64
	}{{auditKey, is.audit}, {placesKey, is.places}, {openKey, is.open}, {cleanKey, closed}} {
		if err := boltfile.PutUint(meta, n.key, n.n); err != nil {
			return err
		}
	}
	return nil
}
