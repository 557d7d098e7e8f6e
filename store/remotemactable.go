package store

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"bordergw/model"
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

func (remoteMACTable) remove(t *txn, m *model.RemoteMAC) {
	t.next.RemoteMACs = t.next.RemoteMACs.Without(m)
	t.changed(change{table: remoteMACs.name(), id: remoteMACID(m)})
}

// removeDevice removes all entries of a device.
func (remoteMACTable) removeDevice(t *txn, deviceID string) {
	for m := range t.next.RemoteMACs.Of(deviceID).All() {
		t.changed(change{table: remoteMACs.name(), id: remoteMACID(m)})
	}
	t.next.RemoteMACs = t.next.RemoteMACs.WithoutDevice(deviceID)
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
