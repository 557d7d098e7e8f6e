package reconcile

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/model/modeltest"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
	"bordergw/vtep/transport"
)

// loopOf is a Loop that is not run, with a worker for a device that is driven.
func loopOf(top *modeltest.Builder, gd *model.GatewayDevice) (*Loop, *worker) {
	l := New(definedStore{defs: &top.Definitions}, Options{})
	l.view.Store(topology.Compile(topology.Input{Definitions: &top.Definitions}, nil))
	w := newWorker(l, gd)
	l.workers.byID[gd.ID] = w
	return l, w
}

// requireRecorded checks that asking later gives the same times.
func requireRecorded(t *testing.T, l *Loop, id string) {
	t.Helper()
	first := l.DeviceStatus(id).Conditions
	time.Sleep(time.Minute)
	for i, c := range l.DeviceStatus(id).Conditions {
		require.Equal(t, first[i].Since, c.Since, c.Type)
	}
}

// TestUndrivenIsRecorded: a device that nothing is driven for has no worker, and conditions
// of a time of their own all the same.
func TestUndrivenIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		top := modeltest.New()
		gd := top.Device("router", "", func(gd *model.GatewayDevice) { gd.Type = "network_vtep" })
		require.False(t, gd.Driven())
		l, _ := loopOf(top, top.Device("tor", ""))
		l.recorder.record(l.view.Load())
		requireRecorded(t, l, gd.ID)
	})
}

// TestDistrustIsRecorded: a switch that can not be reached comes to show a wrong certificate:
// its phase stays, and another condition is new.
func TestDistrustIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		top := modeltest.New()
		gd := top.Device("tor", "")
		l, w := loopOf(top, gd)
		w.lost(errors.New("connection refused"))
		time.Sleep(time.Minute)
		w.lost(transport.ErrUnknownCA)
		require.NotNil(t, model.FindCondition(l.DeviceStatus(gd.ID).Conditions, model.CertificateValid))
		requireRecorded(t, l, gd.ID)
	})
}

// TestConnectionsAreLookedAtWhenAPhaseChanges: a session that gives way to a newer one has
// the connections' conditions recorded, though it is not lost.
func TestConnectionsAreLookedAtWhenAPhaseChanges(t *testing.T) {
	top := modeltest.New()
	l, w := loopOf(top, top.Device("tor", ""))
	w.enter(model.DeviceInSync, "")
	for len(l.stamp) > 0 {
		<-l.stamp
	}
	w.enter(model.DeviceReading, "reading the database")
	require.Len(t, l.stamp, 1)
}

// TestReportsOfAnAbsentSwitchAreBounded: networks come and go while a switch is away. What
// its worker notes does not grow with that.
func TestReportsOfAnAbsentSwitchAreBounded(t *testing.T) {
	top := modeltest.New()
	gd := top.Device("tor", "")
	_, w := loopOf(top, gd)
	top.Access(top.Network("stays", 1), gd)
	without := topology.Compile(topology.Input{Definitions: &top.Definitions}, nil).SegmentsOf(gd.ID)
	top.Access(top.Network("comes and goes", 2), gd)
	with := topology.Compile(topology.Input{Definitions: &top.Definitions}, nil).SegmentsOf(gd.ID)
	for range 100 {
		w.reports.note(without, with)
		w.reports.note(with, without)
	}
	require.Len(t, w.reports.changed, 1)
	for i := range 2 * maxUnreported {
		w.reports.note(with, with.With(&vtep.Segment{Name: fmt.Sprint(i)}))
	}
	require.Empty(t, w.reports.changed)
	anew, some := w.reports.anew(&top.Definitions)
	require.True(t, some)
	require.True(t, anew.All)
}
