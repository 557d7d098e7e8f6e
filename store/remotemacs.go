package store

import (
	"context"

	"bordergw/model"
)

// CreateRemoteMAC adds a far MAC to a device.
func (s *Store) CreateRemoteMAC(ctx context.Context, deviceID string, e model.RemoteMACEntry) (*model.RemoteMACEntry, error) {
	all, err := s.CreateRemoteMACs(ctx, deviceID, []model.RemoteMACEntry{e})
	if err != nil {
		return nil, err
	}
	return &all[0], nil
}

// CreateRemoteMACs adds several, or none when one of them is refused.
func (s *Store) CreateRemoteMACs(ctx context.Context, deviceID string, entries []model.RemoteMACEntry) ([]model.RemoteMACEntry, error) {
	return write(ctx, s, func(t *txn) ([]model.RemoteMACEntry, error) { return t.createRemoteMACs(deviceID, entries) })
}

// GetRemoteMAC returns an entry of that device. The error for an entry of another
// device differs from that for an entry that does not exist.
func (s *Store) GetRemoteMAC(deviceID, entryID string) (*model.RemoteMACEntry, error) {
	m, err := findRemoteMAC(s.Definitions(), deviceID, entryID)
	if err != nil {
		return nil, err
	}
	return &m.RemoteMACEntry, nil
}

// DeleteRemoteMAC removes an entry; see GetRemoteMAC for the refusals.
func (s *Store) DeleteRemoteMAC(ctx context.Context, deviceID, entryID string) error {
	return s.do(ctx, func(t *txn) error { return t.deleteRemoteMAC(deviceID, entryID) })
}

func (t *txn) createRemoteMACs(deviceID string, entries []model.RemoteMACEntry) ([]model.RemoteMACEntry, error) {
	gd, err := t.device(deviceID)
	if err != nil {
		return nil, err
	}
	if gd.Type == model.NetworkVLAN {
		return nil, model.ErrRemoteMACNotSupported(gd.Type)
	}
	if err := t.checkRemoteMACs(deviceID, entries); err != nil {
		return nil, err
	}
	of := t.next.RemoteMACs.Of(deviceID)
	made, out := make([]*model.RemoteMAC, len(entries)), make([]model.RemoteMACEntry, len(entries))
	ids := make(map[string]bool, len(entries))
	for i, e := range entries {
		e.ID = t.opts.NewID()
		if _, taken := of.Get(e.ID); taken || ids[e.ID] {
			return nil, model.ErrIDInUse(remoteMACs.name(), e.ID)
		}
		ids[e.ID] = true
		made[i], out[i] = &model.RemoteMAC{DeviceID: deviceID, RemoteMACEntry: e, Seq: of.NextSeq() + uint64(i)}, e
	}
	remoteMACs.put(t, deviceID, made)
	return out, nil
}

// checkRemoteMACs: a MAC stands once on a device for each VNI.
func (t *txn) checkRemoteMACs(deviceID string, entries []model.RemoteMACEntry) error {
	type key struct {
		model.MAC
		model.VNI
	}
	of := t.next.RemoteMACs.Of(deviceID)
	taken := make(map[key]bool, len(entries))
	for _, e := range entries {
		if !e.MAC.IsUnicast() {
			return model.ErrBadRequest("Invalid input for mac_address. Reason: '%s' is not a unicast MAC address.", e.MAC)
		}
		k := key{e.MAC, e.SegmentationID}
		if taken[k] || of.VNI(e.SegmentationID).Has(e.MAC) {
			return model.ErrRemoteMACDuplicate(e.MAC)
		}
		taken[k] = true
	}
	return nil
}

func findRemoteMAC(d *model.Definitions, deviceID, entryID string) (*model.RemoteMAC, error) {
	if m, ok := d.RemoteMACs.Of(deviceID).Get(entryID); ok {
		return m, nil
	}
	for _, of := range d.RemoteMACs.All() {
		if _, ok := of.Get(entryID); ok {
			return nil, model.ErrRemoteMACWrongDevice(entryID, deviceID)
		}
	}
	return nil, model.ErrRemoteMACNotFound(entryID)
}

func (t *txn) deleteRemoteMAC(deviceID, entryID string) error {
	m, err := findRemoteMAC(&t.next, deviceID, entryID)
	if err != nil {
		return err
	}
	t.next.RemoteMACs = t.next.RemoteMACs.Without(m)
	t.changed(change{table: remoteMACs.name(), id: remoteMACID(m)})
	return nil
}

// deleteRemoteMACsOf removes all entries of a device.
func (t *txn) deleteRemoteMACsOf(deviceID string) {
	for m := range t.next.RemoteMACs.Of(deviceID).All() {
		t.changed(change{table: remoteMACs.name(), id: remoteMACID(m)})
	}
	t.next.RemoteMACs = t.next.RemoteMACs.WithoutDevice(deviceID)
}
