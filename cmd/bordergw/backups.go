package main

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"bordergw/api"
	"bordergw/backup"
	"bordergw/store"
)

// copied is what can be copied while it is in use.
type copied interface {
	CopyTo(io.Writer) (int64, error)
}

// backups makes backups of a data directory that is in use.
type backups struct {
	dir     string
	store   *store.Store
	history copied // nil without one, and then nobody asks for it
}

// Backup implements api.Backups. The copies stand on the disk of the data directory, without a name, until the
// backup is closed: the store waits for a reader that is in its way, and must never wait for a client.
func (b *backups) Backup(ctx context.Context, history bool) (api.Backup, error) {
	defs := b.store.Definitions() // what is copied has these at least
	out := &copies{about: backup.About{Version: buildVersion(), StoreID: defs.StoreID, Revision: defs.Revision, Time: time.Now().UTC()}}
	err := out.add(b.dir, backup.StoreName, b.store)
	if err == nil && history {
		err = out.add(b.dir, backup.HistoryName, b.history)
	}
	if err = errors.Join(err, ctx.Err()); err != nil {
		return nil, errors.Join(err, out.Close())
	}
	return out, nil
}

// copies are the files of one backup.
type copies struct {
	about backup.About
	files []*os.File
	parts []backup.File
}

// add makes a copy in a file that has no name any more.
func (c *copies) add(dir, name string, from copied) error {
	f, err := os.CreateTemp(dir, ".backup-*")
	if err != nil {
		return err
	}
	c.files = append(c.files, f)
	if err := os.Remove(f.Name()); err != nil {
		return err
	}
	size, err := from.CopyTo(f)
	if err != nil {
		return err
	}
	c.parts = append(c.parts, backup.File{Name: name, Size: size, Content: io.NewSectionReader(f, 0, size)})
	return nil
}

// WriteTo implements io.WriterTo.
func (c *copies) WriteTo(w io.Writer) (int64, error) { return 0, backup.Write(w, c.about, c.parts...) }

// Close implements io.Closer.
func (c *copies) Close() (err error) {
	for _, f := range c.files {
		err = errors.Join(err, f.Close())
	}
	return err
}
