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
	told := 0
	for _, err := range s.Audit(model.AuditFilter{}) {
		require.NoError(t, err)
		told++
	}
	require.Equal(t, 2, told)
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
	require.LessOrEqual(t, s.audited.bytes, limit)
	require.NoError(t, s.reload(), "what is counted is what stands")
	require.Len(t, s.audited.sizes, 5)
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
