package backup

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

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
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "lost+found" }) // the root of a file system
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

// moveUp puts the files where they belong, the store last. A link replaces nothing: a daemon may have begun a store
// there meanwhile.
func moveUp(from, to string) error {
	history, path := filepath.Join(to, HistoryName), filepath.Join(to, StoreName)
	if err := give(from, to); err != nil {
		return err
	}
	err := os.Link(filepath.Join(from, HistoryName), history)
	linked := err == nil
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err == nil {
		err = boltfile.SyncDir(history)
	}
	if err == nil {
		err = os.Link(filepath.Join(from, StoreName), path)
	}
	if err != nil {
		if linked {
			err = errors.Join(err, os.Remove(history))
		}
		return err
	}
	return boltfile.SyncDir(path)
}

// give gives the files to the owner of the directory: root may restore for a daemon that runs as somebody else.
func give(from, to string) error {
	info, err := os.Stat(to)
	if err != nil {
		return err
	}
	owner, known := info.Sys().(*syscall.Stat_t)
	if !known || os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{HistoryName, StoreName} {
		if err := os.Chown(filepath.Join(from, name), int(owner.Uid), int(owner.Gid)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
