package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

func testAudit(t *testing.T, open Open) {
	f := newFixture(t, open)
	plain := f.ctx
	f.ctx = model.WithActor(plain, model.Actor{User: "u", Project: "ops", RequestID: "req-1"})
	f.network("n", 0)
	gd := must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, model.GatewayDevice{ManagementIP: "192.0.2.1", ManagementPort: 6640}))
	g := must[model.L2Gateway](f)(f.CreateL2Gateway(f.ctx, model.L2Gateway{Devices: []model.Device{{DeviceID: gd.ID, SegmentationID: 7000}}}))
	c := must[model.L2GatewayConnection](f)(f.CreateConnection(f.ctx, model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: "n"}))
	e, err := f.CreateRemoteMAC(f.ctx, gd.ID, model.RemoteMACEntry{MAC: model.MAC{2, 0, 0, 0, 0, 1}, SegmentationID: 7000})
	require.NoError(t, err)
	require.NoError(t, f.DeleteRemoteMAC(f.ctx, gd.ID, e.ID))
	require.NoError(t, f.DeleteConnection(f.ctx, c.ID))
	must[model.Quota](f)(f.SetQuota(f.ctx, "p", model.Limits{model.QuotaNetwork: 5}))

	_, err = f.CreateNetwork(f.ctx, model.Network{Record: model.Record{ID: "n"}})
	require.Error(t, err)
	f.ctx = plain
	f.network("ours", 0)
	require.NoError(t, f.SetInventory(f.ctx, gd.ID, model.Inventory{Switches: []model.SwitchInventory{{Name: "sw"}}}))
	f.reopen()

	all := f.audit(model.AuditFilter{})
	var records []string
	for i, r := range all {
		require.Equal(t, uint64(len(all)-i), r.Seq)
		require.Equal(t, []string{"u", "ops", "req-1"}, []string{r.User, r.Project, r.RequestID})
		require.True(t, f.opts.Now().Equal(r.Time))
		require.Equal(t, r.Action == model.AuditCreate, string(r.Before) == "null")
		require.Equal(t, r.Action == model.AuditDelete, string(r.After) == "null")
		records = append(records, r.Action+" "+r.Resource+" "+r.ResourceID)
	}
	require.Equal(t, []string{
		"create quota p",
		"delete l2_gateway_connection " + c.ID,
		"delete remote_mac_entry " + e.ID,
		"create remote_mac_entry " + e.ID,
		"update network n", // the connection fixed its VNI
		"create l2_gateway_connection " + c.ID,
		"create l2_gateway " + g.ID,
		"create gateway_device " + gd.ID,
		"create network n",
	}, records)
	require.Equal(t, uint64(len(all)), f.LastAudit())
	for most, after := range map[int]uint64{3: 2, 100: 4, 1: uint64(len(all)) - 1} {
		later, err := f.AuditAfter(after, most)
		require.NoError(t, err)
		require.Len(t, later, min(most, len(all)-int(after)))
		for i, r := range later {
			require.Equal(t, all[len(all)-int(after)-1-i], r)
		}
	}
	none, err := f.AuditAfter(uint64(len(all)), 10)
	require.NoError(t, err)
	require.Empty(t, none)
	var entry struct {
		DeviceID string `json:"gateway_device_id"`
		model.RemoteMACEntry
	}
	require.NoError(t, json.Unmarshal(all[2].Before, &entry))
	require.Equal(t, gd.ID, entry.DeviceID)
	require.Equal(t, *e, entry.RemoteMACEntry)

	require.Equal(t, all[4:5], f.audit(model.AuditFilter{Resource: "network", ResourceID: "n", Limit: 1}))
	require.Equal(t, all[3:5], f.audit(model.AuditFilter{Before: all[2].Seq, Limit: 2}))
	require.Equal(t, all, f.audit(model.AuditFilter{Before: all[0].Seq + 100}))
	require.Empty(t, f.audit(model.AuditFilter{Before: 1}))
	now := f.opts.Now()
	require.Len(t, f.audit(model.AuditFilter{When: model.When{User: "u", Since: now, Until: now.Add(time.Second)}}), len(all))
	for _, when := range []model.When{{User: "nobody"}, {Since: now.Add(2 * time.Hour)}, {Since: now.Add(time.Second)}, {Until: now}} {
		require.Empty(t, f.audit(model.AuditFilter{When: when}), "%+v", when)
	}
	require.Equal(t, all[2:4], f.audit(model.AuditFilter{Name: "02:00:00:00:00:01"}))
	require.Equal(t, all[2:4], f.audit(model.AuditFilter{Resource: "remote_mac_entry", Name: all[7].Name}), "they have the name of their device")
	require.Equal(t, g.ID+"/n", all[1].Name, "a connection has those of its gateway and network")
	require.Equal(t, all[1:2], f.audit(model.AuditFilter{Name: g.ID + "/n", Limit: 1}))
}

// testAuditBytes renames a gateway of thousands of VLANs: the record is as large as
// the change, and all that are kept are no larger than they may be, also after
// a restart.
func testAuditBytes(t *testing.T, open Open) {
	const limit = 16 << 10
	f := newFixture(t, open)
	f.opts.AuditBytes = limit
	f.reopen()
	ctx := model.WithActor(context.WithoutCancel(f.ctx), model.Actor{User: "u"})
	big := model.Device{DeviceName: "sw"}
	for i := range 100 {
		vlans := make([]model.VLAN, 100)
		for j := range vlans {
			vlans[j] = model.VLAN(j + 1)
		}
		big.Interfaces = append(big.Interfaces, model.Interface{Name: fmt.Sprint("p", i), VLANs: vlans})
	}
	g := must[model.L2Gateway](f)(f.CreateL2Gateway(f.ctx, model.L2Gateway{Devices: []model.Device{big}}))
	for i := range 100 {
		name := fmt.Sprint("name", i)
		_, err := f.UpdateL2Gateway(ctx, g.ID, model.L2GatewayUpdate{Name: &name})
		require.NoError(t, err)
		if i%40 == 0 {
			f.reopen()
		}
	}
	all := f.audit(model.AuditFilter{})
	require.Equal(t, uint64(100), all[0].Seq)
	require.Less(t, len(all), 100)
	require.JSONEq(t, `{"name":"name98","revision":100}`, string(all[0].Before))
	require.JSONEq(t, `{"name":"name99","revision":101}`, string(all[0].After))
	size := 0
	for i, r := range all {
		require.Equal(t, uint64(100-i), r.Seq)
		record, err := json.Marshal(r)
		require.NoError(t, err)
		size += len(record)
	}
	require.LessOrEqual(t, size, limit)
	require.Greater(t, size, limit/2)
}

// testAuditBound fills the audit beyond its bound with one change of many objects, after a record
// and before another one.
func testAuditBound(t *testing.T, open Open) {
	const kept, extra = 500, 7
	f := newFixture(t, open)
	f.opts.AuditRecords = kept
	f.reopen()
	ctx := model.WithActor(context.WithoutCancel(f.ctx), model.Actor{User: "u"})
	_, err := f.CreateNetwork(ctx, model.Network{})
	require.NoError(t, err)
	require.NoError(t, f.Edit(ctx, func(e model.Editor) error {
		for i := range kept + extra {
			if err := e.CreateNetwork(model.Network{Record: model.Record{ID: fmt.Sprint("n", i)}}); err != nil {
				return err
			}
		}
		return nil
	}))
	check := func(last int) []*model.AuditRecord {
		all := f.audit(model.AuditFilter{})
		require.Len(t, all, kept)
		require.Equal(t, fmt.Sprint(last, " ", last-kept+1), fmt.Sprint(all[0].Seq, " ", all[kept-1].Seq))
		return all
	}
	all := check(1 + kept + extra)
	require.Equal(t, fmt.Sprint("n", kept+extra-1), all[0].ResourceID)
	require.Equal(t, fmt.Sprint("n", extra), all[kept-1].ResourceID)
	f.reopen()
	check(1 + kept + extra)
	_, err = f.CreateNetwork(ctx, model.Network{})
	require.NoError(t, err)
	check(1 + kept + extra + 1)
}

// testAuditOfRemoteMACs: those of one request are one record of their device, however many.
func testAuditOfRemoteMACs(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.ctx = model.WithActor(f.ctx, model.Actor{User: "u"})
	gd := must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, model.GatewayDevice{ManagementIP: "192.0.2.1", ManagementPort: 6640}))
	macs := make([]model.RemoteMACEntry, 1000)
	for i := range macs {
		macs[i] = model.RemoteMACEntry{MAC: model.MAC{2, 0, 0, 0, byte(i >> 8), byte(i)}, SegmentationID: 1}
	}
	made, err := f.CreateRemoteMACs(f.ctx, gd.ID, macs)
	require.NoError(t, err)
	require.NoError(t, f.Edit(f.ctx, func(e model.Editor) error {
		if err := e.DeleteRemoteMAC(gd.ID, made[0].ID); err != nil {
			return err
		}
		return e.CreateRemoteMACs(gd.ID, macs[:1])
	}))
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, gd.ID))
	type list struct {
		DeviceID string                 `json:"gateway_device_id"`
		Entries  []model.RemoteMACEntry `json:"remote_mac_entries"`
	}
	read := func(text json.RawMessage) (l list) {
		require.NoError(t, json.Unmarshal(text, &l))
		return l
	}
	all := f.audit(model.AuditFilter{Resource: "remote_mac_entry", ResourceID: gd.ID})
	require.Len(t, all, 3)
	require.Equal(t, list{gd.ID, made}, read(all[2].After))
	require.Equal(t, list{gd.ID, made[:1]}, read(all[1].Before))
	require.Equal(t, macs[0].MAC, read(all[1].After).Entries[0].MAC)
	require.Len(t, read(all[0].Before).Entries, 1000)
	require.Equal(t, []string{"delete", "update", "create"}, []string{all[0].Action, all[1].Action, all[2].Action})
}

// testAuditOfManyRemoteMACs: very many are several records, and one revision all the same.
func testAuditOfManyRemoteMACs(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.asked()
	gd := f.hwVTEP("sw1", 1)
	last := f.LastAudit()
	macs := make([]model.RemoteMACEntry, 9000)
	for i := range macs {
		macs[i] = model.RemoteMACEntry{MAC: model.MAC{2, 0, 0, 0, byte(i >> 8), byte(i)}, SegmentationID: 1}
	}
	made, err := f.CreateRemoteMACs(f.ctx, gd.ID, macs)
	require.NoError(t, err)
	require.Equal(t, last+3, f.LastAudit())
	r := f.revisions(model.RevisionFilter{Limit: 1})[0]
	require.Equal(t, []uint64{last + 1, last + 3}, []uint64{r.First, r.Number})
	require.Equal(t, "switch sw1 changed", r.What())
	require.NoError(t, f.DeleteGatewayDevice(f.ctx, gd.ID))
	require.Equal(t, last+7, f.LastAudit(), "the device, and three more")

	require.NoError(t, f.rollback(last))
	require.Empty(t, f.macsOf(gd.ID))
	require.NoError(t, f.rollback(last+3))
	require.ElementsMatch(t, made, f.macsOf(gd.ID))
}
