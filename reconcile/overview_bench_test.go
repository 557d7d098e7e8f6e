package reconcile

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
)

// sites are a Loop that is not run, of many devices in ten sites, and connections, of which the borders' join the sites
// two by two. A part of the devices has never been reached.
func sites(tb testing.TB, devices, connections int) *recorded {
	s := newRecorded(tb, 1)
	all := make([]*model.GatewayDevice, devices)
	for i := range all {
		all[i] = s.top.Device(fmt.Sprint("sw", i), "", modeltest.InSite(fmt.Sprint("site", i%10)))
	}
	for i := range connections {
		net := s.top.Network(fmt.Sprint("net", i), model.VNI(5000+i))
		if i%2 == 0 {
			s.top.Access(net, all[i%devices], all[(i+1)%devices])
		} else {
			s.top.Border(net, model.VNI(1_000_000+i), all[i%devices], all[(i+1)%devices])
		}
	}
	s.define()
	s.compile(nil, false)
	for i, w := range s.workers.byName() {
		if i%5 > 0 {
			s.settle(w, nil, nil)
		}
	}
	s.recorder.record(s.view.Load())
	return s
}

// BenchmarkOverview asks while nothing changes, and with a connection more each time.
func BenchmarkOverview(b *testing.B) {
	s := sites(b, 500, 5000)
	require.Equal(b, 100, s.Overview().Devices[model.DeviceUnreachable])
	b.Run("standing", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Overview()
		}
	})
	b.Run("changing", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			b.StopTimer()
			defs := *s.store.defs
			defs.Connections = defs.Connections.With(&model.L2GatewayConnection{Record: model.Record{ID: "more", Seq: 1 << 40, Revision: uint64(n)}})
			s.store.defs = &defs
			b.StartTimer()
			s.Overview()
		}
	})
}

// BenchmarkOverviewOfConnections asks where connections take all the room for what needs somebody.
func BenchmarkOverviewOfConnections(b *testing.B) {
	s := sites(b, 500, 5000)
	for _, w := range s.workers.all() {
		s.settle(w, nil, nil)
	}
	for i := range 1000 {
		s.top.Connect(s.top.Network(fmt.Sprint("lost", i), model.VNI(20_000+i)), 0, model.Device{DeviceName: "nobody", Interfaces: []model.Interface{{Name: "p1"}}})
	}
	s.define()
	s.written()
	s.recorder.record(s.view.Load())
	got := s.Overview()
	require.Len(b, got.Attention, model.ShownAttention)
	require.Equal(b, model.KindConnection, got.Attention[0].Kind)
	b.ReportAllocs()
	for b.Loop() {
		s.Overview()
	}
}
