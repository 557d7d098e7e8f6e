package store

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"

	"bordergw/boltfile"
)

var (
	metaBucket  = []byte("meta")
	versionKey  = []byte("version")
	revisionKey = []byte("revision")
	storeIDKey  = []byte("store_id")
)

// boltBackend keeps one bucket per table and one for the file's own numbers.
type boltBackend struct{ db *bolt.DB }

// mapped is how much of the file is mapped at least, in bytes of address space: when a larger
// one has to be mapped, bolt copies what it has in memory.
const mapped = 64 << 20

// openBolt opens or makes the file and brings it to the current version. newID
// names a store that is made.
func openBolt(path string, steps []migration, newID func() string) (*boltBackend, error) {
	db, err := boltfile.Open(path, mapped)
	if err != nil {
		return nil, err
	}
	b := &boltBackend{db}
	if err := boltfile.Guard(func() error { return b.prepare(path, steps, newID) }); err != nil {
		return nil, closeAfter(b, err)
	}
	return b, nil
}

// prepare checks that the file is ours and not newer than we are, and migrates it.
func (b *boltBackend) prepare(path string, steps []migration, newID func() string) error {
	if err := b.db.Update(func(tx *bolt.Tx) error { return migrate(tx, steps, newID) }); err != nil {
		return err
	}
	return boltfile.SyncDir(path)
}

// metaOf gives the file's own bucket, making it in an empty file.
func metaOf(tx *bolt.Tx, newID func() string) (*bolt.Bucket, error) {
	if meta := tx.Bucket(metaBucket); meta != nil {
		return meta, nil
	}
	if name, _ := tx.Cursor().First(); name != nil {
		return nil, errors.New("it is a database of another program")
	}
	meta, err := tx.CreateBucket(metaBucket)
	if err != nil {
		return nil, err
	}
	return meta, meta.Put(storeIDKey, []byte(newID()))
}

func (b *boltBackend) load() (contents, error) {
	c := contents{records: map[string]map[string][]byte{}}
	err := boltfile.Guard(func() error {
		return b.db.View(func(tx *bolt.Tx) error { return readAll(tx, &c) })
	})
	return c, err
}

func readAll(tx *bolt.Tx, c *contents) (err error) {
	meta := tx.Bucket(metaBucket)
	c.storeID, c.revision = string(meta.Get(storeIDKey)), boltfile.Uint(meta, revisionKey)
	for _, t := range tables {
		c.records[t.name()], err = readBucket(tx.Bucket([]byte(t.name())))
		if err != nil {
			return fmt.Errorf("table %s: %w", t.name(), err)
		}
	}
	return nil
}

// readBucket copies, because what bolt hands out ends with the transaction.
func readBucket(b *bolt.Bucket) (map[string][]byte, error) {
	if b == nil {
		return nil, fmt.Errorf("%w: the table is missing", boltfile.ErrDamaged)
	}
	out := map[string][]byte{}
	err := b.ForEach(func(k, v []byte) error {
		out[string(k)] = bytes.Clone(v)
		return nil
	})
	return out, err
}

func (b *boltBackend) commit(revision uint64, changes []change) error {
	return boltfile.Guard(func() error {
		return b.db.Update(func(tx *bolt.Tx) error { return applyAll(tx, revision, changes) })
	})
}

func (b *boltBackend) newest(table, below string, visit func(id string, record []byte) bool) error {
	return boltfile.Guard(func() error {
		return b.db.View(func(tx *bolt.Tx) error {
			bucket := tx.Bucket([]byte(table))
			if bucket == nil {
				return fmt.Errorf("%w: the table %s is missing", boltfile.ErrDamaged, table)
			}
			c := bucket.Cursor()
			k, v := c.Last()
			if below != "" {
				if k, v = c.Seek([]byte(below)); k == nil {
					k, v = c.Last()
				}
				if string(k) >= below {
					k, v = c.Prev()
				}
			}
			for ; k != nil && visit(string(k), v); k, v = c.Prev() {
			}
			return nil
		})
	})
}

func (b *boltBackend) oldest(table, above string, visit func(id string, record []byte) bool) error {
	return boltfile.Guard(func() error {
		return b.db.View(func(tx *bolt.Tx) error {
			bucket := tx.Bucket([]byte(table))
			if bucket == nil {
				return fmt.Errorf("%w: the table %s is missing", boltfile.ErrDamaged, table)
			}
			c := bucket.Cursor()
			k, v := c.Seek([]byte(above))
			if string(k) == above && k != nil {
				k, v = c.Next()
			}
			for ; k != nil && visit(string(k), v); k, v = c.Next() {
			}
			return nil
		})
	})
}

func applyAll(tx *bolt.Tx, revision uint64, changes []change) error {
	for _, c := range inOrder(changes) {
		if err := apply(tx.Bucket([]byte(c.table)), c); err != nil {
			return fmt.Errorf("%s %s: %w", c.table, c.id, err)
		}
	}
	return boltfile.PutUint(tx.Bucket(metaBucket), revisionKey, revision)
}

// inOrder gives the last change of each record, in the order of the file: bolt makes room for a
// record among all that a commit has put beside it, which is quadratic in any other order.
func inOrder(changes []change) []change {
	compare := func(a, b change) int { return cmp.Or(strings.Compare(a.table, b.table), strings.Compare(a.id, b.id)) }
	sorted := slices.Clone(changes)
	slices.SortStableFunc(sorted, compare)
	out := sorted[:0]
	for i, c := range sorted {
		if i+1 == len(sorted) || compare(c, sorted[i+1]) != 0 {
			out = append(out, c)
		}
	}
	return out
}

func apply(b *bolt.Bucket, c change) error {
	if c.record == nil {
		return b.Delete([]byte(c.id))
	}
	value, err := json.Marshal(c.record)
	if err != nil {
		return err
	}
	return b.Put([]byte(c.id), value)
}

func (b *boltBackend) copyTo(w io.Writer) (int64, error) { return boltfile.Copy(b.db, w) }

func (b *boltBackend) close() error { return b.db.Close() }
