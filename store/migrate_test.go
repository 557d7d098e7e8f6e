package store

import (
	"encoding/json"
	"strings"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
)

// A file of version 1, which had neither quotas nor audit, gets both.
func TestMigrateVersion1(t *testing.T) {
	path := t.TempDir() + "/store.db"
	old := func(tx *bolt.Tx) error {
		for _, name := range []string{"networks", "gateway_devices", "l2_gateways", "l2_gateway_connections", "inventories", "tombstones", "retired_devices"} {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	}
	b, err := openBolt(path, []migration{old}, newID)
	require.NoError(t, err)
	require.NoError(t, b.commit(1, []change{{table: "networks", id: "n", record: &model.Network{Record: model.Record{ID: "n", Seq: 1}}}}))
	require.NoError(t, b.close())

	s, err := Open(path, Options{})
	require.NoError(t, err)
	require.Equal(t, 1, s.Definitions().Networks.Len())
	ctx := model.WithActor(t.Context(), model.Actor{User: "u"})
	require.NoError(t, s.DeleteNetwork(ctx, "n"))
	_, err = s.SetQuota(ctx, "p", model.Limits{model.QuotaNetwork: 1})
	require.NoError(t, err)
	records := 0
	for _, err := range s.Audit(model.AuditFilter{}) {
		require.NoError(t, err)
		records++
	}
	require.Equal(t, 2, records)
	require.NoError(t, s.Close())
}

// Records of earlier versions hold whole objects. They are read as they are, and
// the next change drops those that are too much.
func TestAuditOfEarlierVersion(t *testing.T) {
	path := t.TempDir() + "/store.db"
	b, err := openBolt(path, migrations, newID)
	require.NoError(t, err)
	whole := json.RawMessage(`{"name":"` + strings.Repeat("x", 1000) + `"}`)
	var changes []change
	for seq := uint64(1); seq <= 50; seq++ {
		changes = append(changes, change{table: auditTable, id: auditID(seq), record: &model.AuditRecord{Seq: seq, Before: whole, After: whole}})
	}
	require.NoError(t, b.commit(1, changes))
	require.NoError(t, b.close())

	const limit = 10 << 10
	s, err := Open(path, Options{AuditBytes: limit})
	require.NoError(t, err)
	seqs := func() (out []uint64) {
		for r, err := range s.Audit(model.AuditFilter{}) {
			require.NoError(t, err)
			out = append(out, r.Seq)
		}
		return out
	}
	require.Len(t, seqs(), 50)
	ctx := model.WithActor(t.Context(), model.Actor{User: "u"})
	_, err = s.SetQuota(ctx, "p", model.Limits{model.QuotaNetwork: 1})
	require.NoError(t, err)
	require.Equal(t, []uint64{51, 50, 49, 48, 47}, seqs())
	require.LessOrEqual(t, s.queue.audited.bytes, limit)
	require.NoError(t, s.queue.reload(), "what is counted is what stands")
	require.Len(t, s.queue.audited.sizes, 5)
	require.NoError(t, s.Close())
}

// Records of earlier versions do not say how to go back: the history begins after them.
func TestHistoryOfEarlierVersion(t *testing.T) {
	path := t.TempDir() + "/store.db"
	b, err := openBolt(path, migrations, newID)
	require.NoError(t, err)
	var changes []change
	for seq := uint64(1); seq <= 5; seq++ {
		r := &model.AuditRecord{Seq: seq, Action: model.AuditCreate, Resource: "network", ResourceID: "n", Before: json.RawMessage("null"), After: json.RawMessage(`{"id":"n"}`)}
		changes = append(changes, change{table: auditTable, id: auditID(seq), record: r})
	}
	require.NoError(t, b.commit(1, changes))
	require.NoError(t, b.close())

	s, err := Open(path, Options{})
	require.NoError(t, err)
	ctx := model.WithActor(t.Context(), model.Actor{User: "u"})
	_, err = s.CreateNetwork(ctx, model.Network{Record: model.Record{ID: "m"}})
	require.NoError(t, err)
	past, err := s.At(t.Context(), 5)
	require.NoError(t, err)
	require.Zero(t, past.Then.Networks.Len())
	_, err = s.At(t.Context(), 4)
	require.ErrorContains(t, err, "the history goes back to 5")
	for r, err := range s.Revisions(t.Context(), model.RevisionFilter{}) {
		require.NoError(t, err)
		require.Equal(t, uint64(6), r.Number)
	}
	require.NoError(t, s.Close())
}

// A file of version 2, which had tombstones only, keeps the VNIs of deleted networks from
// others. What was never read has none.
func TestMigrateVersion2(t *testing.T) {
	path := t.TempDir() + "/store.db"
	b, err := openBolt(path, migrations[:2], newID)
	require.NoError(t, err)
	put := func(id string, vni model.VNI, devices ...string) change {
		return change{table: "tombstones", id: id, record: &model.Tombstone{Record: model.Record{ID: id, Seq: uint64(vni)}, VNI: vni, Pending: devices}}
	}
	require.NoError(t, b.commit(9, []change{put("gone", 5001, "sw1", "unread"), put("never", 5002, "unread"), put("bare", 0, "sw1"),
		{table: "inventories", id: "sw1", record: &model.Inventory{Record: model.Record{ID: "sw1", Seq: 1}}}}))
	require.NoError(t, b.close())

	s, err := Open(path, Options{})
	require.NoError(t, err)
	ask := func(vni model.VNI) error {
		_, err := s.CreateNetwork(t.Context(), model.Network{VNI: vni})
		return err
	}
	require.ErrorContains(t, ask(5001), "VNI 5001 belonged to the deleted network gone and may still be in use on switch sw1.")
	require.NoError(t, ask(5002))
	require.NoError(t, s.Close())
}

// A file of version 3, which had remote MACs in their devices, has each as a record of its own
// afterwards, the same in the same order, and devices without them.
func TestMigrateVersion3(t *testing.T) {
	path := t.TempDir() + "/store.db"
	b, err := openBolt(path, migrations[:3], newID)
	require.NoError(t, err)
	entry := func(id string, last byte) model.RemoteMACEntry {
		return model.RemoteMACEntry{ID: id, MAC: model.MAC{2, 0, 0, 0, 0, last}, VTEPAddress: model.VTEPAddress{192, 0, 2, last}, SegmentationID: 7000}
	}
	put := func(table, id string, seq uint64, macs ...model.RemoteMACEntry) change {
		return change{table: table, id: id, record: struct {
			*model.GatewayDevice
			RemoteMACs []model.RemoteMACEntry `json:"remote_mac_entries,omitempty"`
		}{&model.GatewayDevice{Record: model.Record{ID: id, Seq: seq}, Name: "sw-" + id, Type: model.HWVTEP, ManagementIP: id, ManagementPort: 6640}, macs}}
	}
	require.NoError(t, b.commit(9, []change{
		put("gateway_devices", "a", 1, entry("z", 1), entry("y", 2), entry("z", 3)),
		put("gateway_devices", "b", 2), put("gateway_devices", "c", 3, entry("x", 1)),
		put("retired_devices", "d", 4, entry("w", 1)),
	}))
	require.NoError(t, b.close())

	for range 2 { // and once is enough
		s, err := Open(path, Options{})
		require.NoError(t, err)
		of := map[string][]model.RemoteMACEntry{}
		for _, gd := range s.Definitions().Export().GatewayDevices {
			require.Equal(t, "sw-"+gd.ID, gd.Name)
			of[gd.ID] = gd.RemoteMACs
		}
		require.Equal(t, map[string][]model.RemoteMACEntry{
			"a": {entry("z", 1), entry("y", 2), entry("z-3", 3)}, "b": nil, "c": {entry("x", 1)},
		}, of)
		r, ok := s.Definitions().Retired.Get("d")
		require.True(t, ok)
		require.Equal(t, "sw-d", r.Name)
		c, err := s.queue.backend.load()
		require.NoError(t, err)
		for _, table := range []string{"gateway_devices", "retired_devices"} {
			for _, record := range c.records[table] {
				require.NotContains(t, string(record), "remote_mac_entries")
			}
		}
		_, err = s.CreateRemoteMAC(t.Context(), "a", entry("", 2))
		require.ErrorContains(t, err, "02:00:00:00:00:02")
		require.NoError(t, s.Close())
	}
}
