package store

import (
	"context"
	"slices"

	"bordergw/model"
)

// CreateRemoteMAC adds a far station to a device.
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

// GetRemoteMAC returns an entry of that device. An entry of another device is
// told apart from one that does not exist.
func (s *Store) GetRemoteMAC(deviceID, entryID string) (*model.RemoteMACEntry, error) {
	gd, i, err := findRemoteMAC(s.Definitions(), deviceID, entryID)
	if err != nil {
		return nil, err
	}
	return &gd.RemoteMACs[i], nil
}

// DeleteRemoteMAC removes an entry; see GetRemoteMAC for the refusals.
func (s *Store) DeleteRemoteMAC(ctx context.Context, deviceID, entryID string) error {
	return s.do(ctx, func(t *txn) error { return t.deleteRemoteMAC(deviceID, entryID) })
}

func (t *txn) createRemoteMACs(deviceID string, entries []model.RemoteMACEntry) ([]model.RemoteMACEntry, error) {
	old, err := t.device(deviceID)
	if err != nil {
		return nil, err
	}
	if old.Type == model.NetworkVLAN {
		return nil, model.ErrRemoteMACNotSupported(old.Type)
	}
	type key struct {
		model.MAC
		model.VNI
	}
	taken := make(map[key]bool, len(old.RemoteMACs))
	for _, e := range old.RemoteMACs {
		taken[key{e.MAC, e.SegmentationID}] = true
	}
	gd := *old
	gd.RemoteMACs = slices.Clip(slices.Clone(old.RemoteMACs))
	for _, e := range entries {
		k := key{e.MAC, e.SegmentationID}
		switch {
		case !e.MAC.IsUnicast():
			return nil, model.ErrBadRequest("Invalid input for mac_address. Reason: '%s' is not a unicast MAC address.", e.MAC)
		case taken[k]:
			return nil, model.ErrRemoteMACDuplicate(e.MAC)
		}
		taken[k] = true
		e.ID = t.opts.NewID()
		gd.RemoteMACs = append(gd.RemoteMACs, e)
	}
	if len(entries) > 0 {
		devices.put(t, &gd)
	}
	return gd.RemoteMACs[len(old.RemoteMACs):], nil
}

// findRemoteMAC returns the device and the entry's index in it.
func findRemoteMAC(d *model.Definitions, deviceID, entryID string) (*model.GatewayDevice, int, error) {
	for gd := range d.Devices.All() {
		i := slices.IndexFunc(gd.RemoteMACs, func(e model.RemoteMACEntry) bool { return e.ID == entryID })
		switch {
		case i < 0:
		case gd.ID != deviceID:
			return nil, 0, model.ErrRemoteMACWrongDevice(entryID, deviceID)
		default:
			return gd, i, nil
		}
	}
	return nil, 0, model.ErrRemoteMACNotFound(entryID)
}

func (t *txn) deleteRemoteMAC(deviceID, entryID string) error {
	old, i, err := findRemoteMAC(&t.next, deviceID, entryID)
	if err != nil {
		return err
	}
	gd := *old
	gd.RemoteMACs = slices.Delete(slices.Clone(old.RemoteMACs), i, i+1)
	devices.put(t, &gd)
	return nil
}
