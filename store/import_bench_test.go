package store

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// exportOf is a backup of so many networks, each with a gateway on two switches and a connection.
func exportOf(n int) *model.Export {
	e := &model.Export{Format: model.ExportFormat}
	created := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	record := func(kind string, i int) model.Record {
		seq := uint64(10 + i)
		return model.Record{ID: fmt.Sprintf("%s-%05d", kind, i), Seq: seq, Revision: seq, CreatedAt: created}
	}
	for i := range 2 {
		e.GatewayDevices = append(e.GatewayDevices, &model.ExportedDevice{GatewayDevice: model.GatewayDevice{
			Record: model.Record{ID: fmt.Sprint("tor", i), Seq: uint64(i + 1), Revision: uint64(i + 1), CreatedAt: created}, Name: fmt.Sprint("tor", i), Type: model.HWVTEP,
			ManagementIP: fmt.Sprintf("192.0.2.%d", i+1), ManagementPort: 6640, ManagementProtocol: model.ProtocolOVSDB, Profile: model.DefaultProfile, BorderMode: model.BorderDirect, DriftPolicy: model.DriftRepair,
		}})
	}
	for i := range n {
		net := &model.Network{Record: record("net", 3*i), Name: fmt.Sprint("net", i), VNI: model.VNI(10_000 + i)}
		gw := &model.L2Gateway{Record: record("gw", 3*i+1), Name: fmt.Sprint("gw", i), HAMode: model.ActiveActive}
		for d := range 2 {
			gw.Devices = append(gw.Devices, model.Device{ID: fmt.Sprintf("dev-%d-%d", i, d), DeviceName: fmt.Sprint("tor", d), Interfaces: []model.Interface{
				{Name: fmt.Sprint("p", i%10), VLANs: []model.VLAN{model.VLAN(1 + i/10)}},
			}})
		}
		e.Networks, e.L2Gateways = append(e.Networks, net), append(e.L2Gateways, gw)
		e.Connections = append(e.Connections, &model.L2GatewayConnection{Record: record("conn", 3*i+2), L2GatewayID: gw.ID, NetworkID: net.ID})
	}
	return e
}

// BenchmarkImport is a backup taken in by an empty store.
func BenchmarkImport(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		e := exportOf(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				s, err := Open(filepath.Join(b.TempDir(), "store.db"), Options{})
				require.NoError(b, err)
				b.StartTimer()
				require.NoError(b, s.Import(b.Context(), e))
				b.StopTimer()
				require.NoError(b, s.Close())
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/connection")
		})
	}
}
