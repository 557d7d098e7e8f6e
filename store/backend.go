package store

import (
	"errors"
	"fmt"
	"io"

	"bordergw/model"
)

// backend keeps records durably. It sees bytes only.
type backend interface {
	// load returns everything that was committed.
	load() (contents, error)
	// commit makes all changes durable or none. After an error either may be
	// the case; the caller loads to find out.
	commit(revision uint64, changes []change) error
	// newest visits the records of a table whose id is below another ("" for
	// all), from the greatest down until visit returns false. A record is valid
	// during its visit.
	newest(table, below string, visit func(id string, record []byte) bool) error
	// oldest visits those whose id is above another, from the least up, in the same way.
	oldest(table, above string, visit func(id string, record []byte) bool) error
	// copyTo writes what was committed as the file of an embedded store, and returns its size in bytes.
	// w must not wait for anybody.
	copyTo(w io.Writer) (int64, error)
	close() error
}

// contents is what a backend holds: records by table and id.
type contents struct {
	// storeID is made with the backend's contents and never changes.
	storeID  string
	revision uint64
	records  map[string]map[string][]byte
}

// change is one record of a commit.
type change struct {
	table string
	id    string
	// record is stored as JSON; nil removes the record.
	record any
}

// loadDefinitions builds the snapshot of what the backend holds.
func loadDefinitions(b backend) (*model.Definitions, error) {
	c, err := b.load()
	if err != nil {
		return nil, err
	}
	return c.definitions()
}

// definitions are the snapshot of all that is there.
func (c *contents) definitions() (*model.Definitions, error) {
	d := model.NewDefinitions(c.storeID, c.revision)
	for _, t := range tables {
		if err := t.load(d, c.records[t.name()]); err != nil {
			return nil, fmt.Errorf("table %s: %w", t.name(), err)
		}
	}
	return d, checkReferences(d)
}

// checkReferences makes sure of what the rules take for granted, since a file
// may have been repaired or edited.
func checkReferences(d *model.Definitions) error {
	for c := range d.Connections.All() {
		_, gateway := d.Gateways.Get(c.L2GatewayID)
		_, network := d.Networks.Get(c.NetworkID)
		if !gateway || !network {
			return fmt.Errorf("connection %s: gateway %s or network %s is missing", c.ID, c.L2GatewayID, c.NetworkID)
		}
	}
	for device := range d.RemoteMACs.All() {
		if _, ok := d.Devices.Get(device); !ok {
			return fmt.Errorf("remote MACs: gateway device %s is missing", device)
		}
	}
	for g := range d.Gateways.All() {
		for _, dev := range g.Devices {
			if _, ok := d.Devices.Get(dev.DeviceID); dev.DeviceID != "" && !ok {
				return fmt.Errorf("gateway %s: gateway device %s is missing", g.ID, dev.DeviceID)
			}
		}
	}
	return nil
}

func closeAfter(b backend, err error) error { return errors.Join(err, b.close()) }
