package store

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"bordergw/model"

	bolt "go.etcd.io/bbolt"
)

// remoteMACTable ties remote MACs to their place in a snapshot and in the backend,
// where each is a record of its own.
type remoteMACTable struct{}

var remoteMACs remoteMACTable

func (remoteMACTable) name() string { return "remote_mac_entries" }

// remoteMACID is the id of a record: that of its device comes first.
func remoteMACID(m *model.RemoteMAC) string {
	return url.PathEscape(m.DeviceID) + "/" + url.PathEscape(m.ID)
}

// lookUpRemoteMAC finds an entry by the id of its record.
func lookUpRemoteMAC(d *model.Definitions, record string) (*model.RemoteMAC, bool) {
	device, entry, _ := strings.Cut(record, "/")
	device, errDevice := url.PathUnescape(device)
	entry, errEntry := url.PathUnescape(entry)
	if errDevice != nil || errEntry != nil {
		return nil, false
	}
	return d.RemoteMACs.Of(device).Get(entry)
}

func (remoteMACTable) put(t *txn, deviceID string, made []*model.RemoteMAC) {
	t.next.RemoteMACs = t.next.RemoteMACs.With(deviceID, made...)
	for _, m := range made {
		t.changed(change{table: remoteMACs.name(), id: remoteMACID(m), record: m})
	}
}

// load fills the snapshot. It makes sure of what look-ups take for granted.
func (remoteMACTable) load(d *model.Definitions, values map[string][]byte) error {
	type place struct {
		device string
		seq    uint64
	}
	all := make([]*model.RemoteMAC, 0, len(values))
	places := make(map[place]bool, len(values))
	for id, value := range values {
		m := &model.RemoteMAC{}
		if err := json.Unmarshal(value, m); err != nil {
			return fmt.Errorf("record %q: %w", id, err)
		}
		p := place{m.DeviceID, m.Seq}
		switch {
		case remoteMACID(m) != id:
			return fmt.Errorf("record %q says that it is %q", id, remoteMACID(m))
		case places[p]:
			return fmt.Errorf("record %q: another one of its device has the seq %d", id, m.Seq)
		}
		places[p] = true
		all = append(all, m)
	}
	d.RemoteMACs = model.NewRemoteMACs(all)
	return nil
}

// deviceOfVersion3 is what is read of a device that has its remote MACs in its record.
type deviceOfVersion3 struct {
	ID         string                 `json:"id"`
	RemoteMACs []model.RemoteMACEntry `json:"remote_mac_entries"`
}

// createRemoteMACs makes records of their own of the remote MACs in devices. Deleted devices lose
// theirs, which nothing reads.
func createRemoteMACs(tx *bolt.Tx) error {
	into, err := tx.CreateBucketIfNotExists([]byte(remoteMACs.name()))
	if err != nil {
		return err
	}
	if err := rewriteBucket(tx, retired.bucket, withoutRemoteMACs); err != nil {
		return err
	}
	return rewriteBucket(tx, devices.bucket, func(value []byte) ([]byte, error) {
		var gd deviceOfVersion3
		if err := json.Unmarshal(value, &gd); err != nil {
			return nil, err
		}
		for i, e := range gd.RemoteMACs {
			m := &model.RemoteMAC{DeviceID: gd.ID, RemoteMACEntry: e, Seq: uint64(i + 1)}
			if into.Get([]byte(remoteMACID(m))) != nil { // an id that an import gave twice
				m.ID = fmt.Sprint(e.ID, "-", m.Seq)
			}
			if err := apply(into, change{id: remoteMACID(m), record: m}); err != nil {
				return nil, err
			}
		}
		return withoutRemoteMACs(value)
	})
}

// rewriteBucket gives every record of a bucket another value.
func rewriteBucket(tx *bolt.Tx, name string, value func([]byte) ([]byte, error)) error {
	b := tx.Bucket([]byte(name))
	records, err := readBucket(b)
	if err != nil {
		return err
	}
	for id, old := range records {
		now, err := value(old)
		if err != nil {
			return fmt.Errorf("%s %s: %w", name, id, err)
		}
		if err := b.Put([]byte(id), now); err != nil {
			return err
		}
	}
	return nil
}

func withoutRemoteMACs(value []byte) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(value, &fields); err != nil {
		return nil, err
	}
	delete(fields, "remote_mac_entries")
	return json.Marshal(fields)
}
