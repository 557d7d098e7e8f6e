package store

import "bordergw/model"

// remoteMACRules keep the far MACs of devices: on each a MAC stands once for each VNI.
type remoteMACRules struct{ tx *txn }

func (r *remoteMACRules) create(deviceID string, entries []model.RemoteMACEntry) ([]model.RemoteMACEntry, error) {
	gd, err := r.tx.next.device(deviceID)
	if err != nil {
		return nil, err
	}
	if gd.Type == model.NetworkVLAN {
		return nil, model.ErrRemoteMACNotSupported(gd.Type)
	}
	if err := r.check(deviceID, entries); err != nil {
		return nil, err
	}
	of := r.tx.next.RemoteMACs.Of(deviceID)
	made, out := make([]*model.RemoteMAC, len(entries)), make([]model.RemoteMACEntry, len(entries))
	ids := make(map[string]bool, len(entries))
	for i, e := range entries {
		e.ID = r.tx.newID()
		if _, taken := of.Get(e.ID); taken || ids[e.ID] {
			return nil, model.ErrIDInUse(remoteMACs.name(), e.ID)
		}
		ids[e.ID] = true
		made[i], out[i] = &model.RemoteMAC{DeviceID: deviceID, RemoteMACEntry: e, Seq: of.NextSeq() + uint64(i)}, e
	}
	remoteMACs.put(r.tx, deviceID, made)
	return out, nil
}

// check: a MAC stands once on a device for each VNI.
func (r *remoteMACRules) check(deviceID string, entries []model.RemoteMACEntry) error {
	type key struct {
		model.MAC
		model.VNI
	}
	of := r.tx.next.RemoteMACs.Of(deviceID)
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

func (r *remoteMACRules) delete(deviceID, entryID string) error {
	m, err := findRemoteMAC(&r.tx.next.Definitions, deviceID, entryID)
	if err != nil {
		return err
	}
	remoteMACs.remove(r.tx, m)
	return nil
}
