package backup

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"bordergw/boltfile"
)

// ErrNoFile is for a path at which there is something else than a file.
var ErrNoFile = errors.New("it is no regular file")

// Save puts an archive, which take writes, into a file. The file has its name only when the archive is whole and on
// the disk: until then one of that name stays as it is. A link is followed. It fails with ErrNoFile where there is
// something else, such as a device.
func Save(path string, take func(io.Writer) (About, error)) (about About, err error) {
	if path, err = regular(path); err != nil {
		return about, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".bordergw-backup-*") // mode 0600
	if err != nil {
		return about, err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	about, err = take(f)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return about, err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return about, err
	}
	return about, boltfile.SyncDir(path)
}

// regular is where a file is, or may become one.
func regular(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, nil
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", ErrNoFile
	}
	return filepath.EvalSymlinks(path)
}
