package boltfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	// lockTimeout bounds the wait for a file that another process has open.
	lockTimeout = time.Second
	// growth is by how much a file grows, which with a large map would be 16 MiB.
	growth = 1 << 20
)

var (
	// ErrDamaged is for a file that is not whole.
	ErrDamaged = errors.New("the file is damaged")
	// ErrInUse is for a file that another process has open.
	ErrInUse = errors.New("another process has it open")
)

// Open opens or makes a file. mapped is how much of it is mapped at least, in bytes of
// address space: to map more later waits for all who read. The file may stay locked until
// the process ends if it is damaged.
func Open(path string, mapped int) (db *bolt.DB, err error) {
	err = Guard(func() (err error) {
		db, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: lockTimeout, FreelistType: bolt.FreelistMapType, InitialMmapSize: mapped})
		return err
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, ErrInUse
	case err != nil && !errors.Is(err, ErrDamaged) && !errors.As(err, new(syscall.Errno)):
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err) // the system has no part in it
	case err != nil:
		return nil, err
	}
	db.AllocSize = growth
	if err := Guard(func() error { return checkSize(db, path) }); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Copy writes a file as it is at one moment, and returns its size in bytes. Writing goes on meanwhile, but
// for a file that outgrows what is mapped of it: w must not wait for anybody.
func Copy(db *bolt.DB, w io.Writer) (n int64, err error) {
	err = Guard(func() error {
		return db.View(func(tx *bolt.Tx) (err error) {
			n, err = tx.WriteTo(w)
			return err
		})
	})
	return n, err
}

// Guard turns the faults of reading a damaged file through a memory map into an error: bolt
// panics on pages that make no sense, and the system faults on pages that are not there.
func Guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, fault)
		}
	}()
	return f()
}

// checkSize compares the file with the size that it says it has.
func checkSize(db *bolt.DB, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return db.View(func(tx *bolt.Tx) error {
		if info.Size() < tx.Size() {
			return fmt.Errorf("%w: %d bytes of %d are left", ErrDamaged, info.Size(), tx.Size())
		}
		return nil
	})
}

// SyncDir makes the name of a file that was made or renamed durable.
func SyncDir(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Uint reads a number, 0 where there is none.
func Uint(b *bolt.Bucket, key []byte) uint64 {
	v := b.Get(key)
	if len(v) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(v)
}

// PutUint writes a number.
func PutUint(b *bolt.Bucket, key []byte, n uint64) error {
	return b.Put(key, binary.BigEndian.AppendUint64(nil, n))
}
