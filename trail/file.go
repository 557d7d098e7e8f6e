package trail

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"

	"bordergw/boltfile"
	"bordergw/model"
)

// version is that of the form of the file.
const version = 1

// mapped is how much of the file is mapped, in bytes of address space: more than it may grow to,
// as mapping more would wait for readers.
const mapped = 512 << 20

// Buckets of the file.
var (
	metaBucket   = []byte("meta")
	eventsBucket = []byte("events") // by number
	macsBucket   = []byte("MACs")   // former places, by MAC, network and number
	openBucket   = []byte("open")   // present places, by MAC and network
	orderBucket  = []byte("order")  // keys in bucket MACs, by number
	levelsBucket = []byte("levels") // last value of each level

	buckets = [][]byte{metaBucket, eventsBucket, macsBucket, openBucket, orderBucket, levelsBucket}
)

// Keys of bucket meta.
var (
	versionKey = []byte("version")
	epochKey   = []byte("epoch")
	auditKey   = []byte("audit_seq")
	cleanKey   = []byte("clean")
	placesKey  = []byte("places")
	openKey    = []byte("open")
	beganKey   = []byte("began") // when the file was made; older files lack it
)

var errDamaged = boltfile.ErrDamaged

// file is an open history file. One goroutine writes, any may read.
type file struct {
	db    *bolt.DB
	epoch uint32
}

// opened is what a file says when it is opened.
type opened struct {
	ends
	// placeSeq is the number of the newest former place.
	placeSeq uint64
	// begun: the file was made. clean: whoever wrote it last closed it.
	begun, clean bool
}

// openFile opens a file that is whole, or makes one.
func openFile(path string) (*file, opened, error) {
	db, err := boltfile.Open(path, mapped)
	if err != nil {
		return nil, opened{}, err
	}
	f := &file{db: db}
	var o opened
	err = boltfile.Guard(func() (err error) {
		if err = db.Update(func(tx *bolt.Tx) error { return f.begin(tx, &o) }); err != nil {
			return err
		}
		return db.View(func(tx *bolt.Tx) error { return f.look(tx, &o) })
	})
	if err == nil && o.begun {
		err = boltfile.SyncDir(path)
	}
	if err != nil {
		return nil, o, errors.Join(err, db.Close())
	}
	return f, o, nil
}

// begin makes the buckets of an empty file, and leaves any other as it is.
func (f *file) begin(tx *bolt.Tx, o *opened) error {
	if name, _ := tx.Cursor().First(); name != nil {
		return nil
	}
	o.begun, o.clean = true, true
	for _, name := range buckets {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	var epoch [4]byte
	_, _ = rand.Read(epoch[:]) // never fails
	meta := tx.Bucket(metaBucket)
	return errors.Join(boltfile.PutUint(meta, versionKey, version), boltfile.PutUint(meta, beganKey, nanoseconds(time.Now())), boltfile.PutUint(meta, epochKey, uint64(binary.BigEndian.Uint32(epoch[:]))))
}

// look reads what the file says of itself, and its ends.
func (f *file) look(tx *bolt.Tx, o *opened) error {
	for _, name := range buckets {
		if tx.Bucket(name) == nil {
			return fmt.Errorf("%w: bucket %s is missing", errDamaged, name)
		}
	}
	meta := tx.Bucket(metaBucket)
	if v := boltfile.Uint(meta, versionKey); v != version {
		return fmt.Errorf("%w: it has version %d, and this program knows %d", errDamaged, v, version)
	}
	f.epoch = uint32(boltfile.Uint(meta, epochKey))
	o.audit, o.places, o.open = boltfile.Uint(meta, auditKey), boltfile.Uint(meta, placesKey), boltfile.Uint(meta, openKey)
	o.clean = o.clean || boltfile.Uint(meta, cleanKey) == 1
	events := tx.Bucket(eventsBucket).Cursor()
	first, value := events.First()
	last, newest := events.Last()
	o.first, o.last = 1, 0
	if first != nil {
		o.first, o.last = number(first), number(last)
		for _, v := range [][]byte{value, newest} {
			if _, _, err := decodeRecord(v); err != nil {
				return err
			}
		}
	}
	if key, _ := tx.Bucket(orderBucket).Cursor().Last(); key != nil {
		o.placeSeq = number(key)
	}
	return nil
}

// number reads a key that is a number, 0 if it is none.
func number(key []byte) uint64 {
	if len(key) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(key)
}

func numberKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// setAside renames a file that is damaged and returns its new name.
func setAside(path string, now time.Time) (string, error) {
	name := path + ".damaged-" + now.UTC().Format("20060102T150405Z")
	for i := 1; ; i++ {
		if _, err := os.Lstat(name); errors.Is(err, os.ErrNotExist) {
			break
		}
		name = fmt.Sprintf("%s.damaged-%s-%d", path, now.UTC().Format("20060102T150405Z"), i)
	}
	return name, os.Rename(path, name)
}

func (f *file) view(do func(*bolt.Tx) error) error {
	return boltfile.Guard(func() error { return f.db.View(do) })
}

func (f *file) update(do func(*bolt.Tx) error) error {
	return boltfile.Guard(func() error { return f.db.Update(do) })
}

func (f *file) close() error {
	return boltfile.Guard(f.db.Close)
}

const (
	// pageLooks and pageBytes bound what one transaction of a reader looks at and copies.
	pageLooks = 10_000
	pageBytes = 256 << 10
)

// page reads events up to the number last.
func (f *file) page(q model.EventQuery, last uint64) (page model.EventPage, err error) {
	page.Seen = q.From
	err = f.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(eventsBucket).Cursor()
		key, value, step := seek(c, q, last)
		for looks, size := 0, 0; key != nil && number(key) <= last; key, value = step() {
			if looks == pageLooks || len(page.Events) == q.Limit || size > pageBytes {
				page.More = true
				return nil
			}
			looks++
			seq := number(key)
			if !q.Newest && looks == 1 && seq != q.From+1 {
				page.Gap = true
			}
			chosen, err := f.choose(q, seq, value)
			if err != nil {
				return err
			}
			page.Seen = seq
			if chosen.JSON != nil {
				page.Events = append(page.Events, chosen)
				size += len(chosen.JSON)
			}
		}
		return nil
	})
	return page, err
}

// seek gives the first event of a page, and how to go on.
func seek(c *bolt.Cursor, q model.EventQuery, last uint64) (key, value []byte, step func() ([]byte, []byte)) {
	if !q.Newest {
		key, value = c.Seek(numberKey(q.From + 1))
		return key, value, c.Next
	}
	from := last
	if q.From > 0 {
		from = min(last, q.From-1)
	}
	if key, value = c.Seek(numberKey(from)); key == nil {
		key, value = c.Last()
	}
	if number(key) > from {
		key, value = c.Prev()
	}
	return key, value, c.Prev
}

// choose copies an event if the query wants it.
func (f *file) choose(q model.EventQuery, seq uint64, value []byte) (e model.StoredEvent, err error) {
	h, text, err := decodeRecord(value)
	if err != nil || h.time.Before(q.Since) || !q.Filter.Matches(h.typ, h.severity, h.objects) {
		return e, err
	}
	return model.StoredEvent{ID: model.EventID{Epoch: f.epoch, Seq: seq}, Type: h.typ, JSON: bytes.Clone(text)}, nil
}
