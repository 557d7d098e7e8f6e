package backup

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"bordergw/boltfile"
)

// partName is the directory below a data directory in which a backup is unpacked.
const partName = ".restore"

// Restore unpacks an archive into a directory, which is made if it is missing and must be empty. check
// looks at the store's file, under another path, before any is where it belongs. After an error the
// directory is empty as before; the process may die at any moment, and then the same call succeeds later.
func Restore(r io.Reader, dir string, check func(path string) error) (About, error) {
	if err := prepare(dir); err != nil {
		return About{}, err
	}
	part := filepath.Join(dir, partName)
	if err := os.Mkdir(part, 0o700); err != nil {
		return About{}, err
	}
	about, err := unpack(r, part, check)
	if err == nil {
		err = moveUp(part, dir)
	}
	return about, errors.Join(err, os.RemoveAll(part))
}

// prepare makes a directory, takes away what an earlier call left, and makes sure that it is empty.
func prepare(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := clear(dir); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty, there is %q: a backup is restored into an empty directory", dir, entries[0].Name())
	}
	return err
}

// clear takes away what a call left that was cut off. It puts the store there last.
func clear(dir string) error {
	part := filepath.Join(dir, partName)
	if _, err := os.Lstat(part); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := os.Lstat(filepath.Join(dir, StoreName)); errors.Is(err, fs.ErrNotExist) {
		if err := os.RemoveAll(filepath.Join(dir, HistoryName)); err != nil {
			return err
		}
	}
	return os.RemoveAll(part)
}

func unpack(r io.Reader, dir string, check func(path string) error) (About, error) {
	about, err := Read(r, func(name string) (io.WriteCloser, error) {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		return synced{f}, err
	})
	if err != nil {
		return about, err
	}
	return about, check(filepath.Join(dir, StoreName))
}

// synced is a file that is durable when it is closed.
type synced struct{ *os.File }

func (f synced) Close() error { return errors.Join(f.Sync(), f.File.Close()) }

// moveUp puts the files where they belong, the store last.
func moveUp(from, to string) error {
	for _, name := range []string{HistoryName, StoreName} {
		path := filepath.Join(to, name)
		if err := os.Rename(filepath.Join(from, name), path); err != nil && (name == StoreName || !errors.Is(err, fs.ErrNotExist)) {
			return err
		}
		if err := boltfile.SyncDir(path); err != nil {
			return err
		}
	}
	return nil
}
