package store

import (
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
	all, err := s.Audit(model.AuditFilter{})
	require.NoError(t, err)
	require.Len(t, all, 2)
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
