package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// format is the version of the form.
const format = 1

// Names of an archive's members, in their order. That of the history may be missing.
const (
	aboutName   = "bordergw-backup.json"
	StoreName   = "bordergw.db"
	HistoryName = "history.db"
	sumsName    = "SHA256SUMS"
)

// maxNote bounds what an archive says of itself, in bytes, and the list of its sums.
const maxNote = 64 << 10

// About is what a backup says of itself.
type About struct {
	// Format is that of the archive, 1.
	Format int `json:"format"`
	// Version is that of the program that made it.
	Version string `json:"version"`
	// StoreID is that of the store. Revision is one that the backup has at least: changes that were
	// made while it was being made may be in it.
	StoreID  string    `json:"store_id"`
	Revision uint64    `json:"revision"`
	Time     time.Time `json:"time"`
}

// File is one of the files of a backup.
type File struct {
	Name    string
	Size    int64 // bytes
	Content io.Reader
}

// ErrDamaged is for an archive that is not whole.
var ErrDamaged = errors.New("the backup is damaged")

// Write writes an archive.
func Write(w io.Writer, about About, files ...File) error {
	about.Format = format
	note, err := json.Marshal(about)
	if err != nil {
		return fmt.Errorf("describing the backup: %w", err)
	}
	out := &writer{tar: tar.NewWriter(w), time: about.Time}
	if err := out.file(textFile(aboutName, append(note, '\n'))); err != nil {
		return err
	}
	for _, f := range files {
		if err := out.file(f); err != nil {
			return err
		}
	}
	if err := out.file(textFile(sumsName, out.sums)); err != nil {
		return err
	}
	return out.tar.Close()
}

// writer writes members, and notes their sums as sha256sum(1) prints them.
type writer struct {
	tar  *tar.Writer
	time time.Time
	sums []byte
}

func (w *writer) file(f File) error {
	if err := w.tar.WriteHeader(&tar.Header{Name: f.Name, Size: f.Size, Mode: 0o600, ModTime: w.time, Format: tar.FormatPAX}); err != nil {
		return err
	}
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(w.tar, hash), io.LimitReader(f.Content, f.Size)); err != nil {
		return err
	}
	w.sums = append(w.sums, sumLine(f.Name, hash.Sum(nil))...)
	return nil
}

func textFile(name string, content []byte) File {
	return File{name, int64(len(content)), bytes.NewReader(content)}
}

func sumOf(content []byte) []byte {
	sum := sha256.Sum256(content)
	return sum[:]
}

// sumLine is a line that sha256sum --check reads.
func sumLine(name string, sum []byte) string { return hex.EncodeToString(sum) + "  " + name + "\n" }
