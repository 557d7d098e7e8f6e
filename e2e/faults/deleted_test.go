package faults_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
)

// dead stands for devices that do not answer: some refuse, others swallow all.
type dead struct {
	mu        sync.Mutex
	dials     map[string]int // by device name
	now, most int            // at a time
}

func (d *dead) dial(ctx context.Context, gd *model.GatewayDevice) (net.Conn, error) {
	d.mu.Lock()
	d.dials[gd.Name]++
	d.now++
	d.most = max(d.most, d.now)
	d.mu.Unlock()
	if gd.ManagementPort%2 == 0 {
		<-ctx.Done()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now--
	return nil, errors.New("nobody is there")
}

// forget starts to count anew.
func (d *dead) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dials, d.most = map[string]int{}, 0
}

// of counts the dials of a device.
func (d *dead) of(name string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dials[name]
}

// dialled counts the devices, and how many were dialled at a time at most.
func (d *dead) dialled() (devices, most int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.dials), d.most
}

func (d *dead) total() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, of := range d.dials {
		n += of
	}
	return n
}

// deleteMany registers devices that nobody answers for, some of which have been read
// in former times, and deletes them after a while.
func deleteMany(t *testing.T, s *rig.Site, n int, read bool) {
	var ids []string
	for i := range n {
		id := s.Register(fmt.Sprint("sw", i), 10000+i)
		if read {
			require.NoError(t, s.Store.SetInventory(t.Context(), id, model.Inventory{}))
		}
		ids = append(ids, id)
	}
	time.Sleep(time.Minute)
	for _, id := range ids {
		require.NoError(t, s.Store.DeleteGatewayDevice(t.Context(), id))
	}
	time.Sleep(10 * time.Second)
	synctest.Wait()
}

// TestF76_NeverAnswered: devices that never answered are created and deleted. Nothing
// is left of them.
func TestF76_NeverAnswered(t *testing.T) {
	const devices = 200
	synctest.Test(t, func(t *testing.T) {
		d := &dead{dials: map[string]int{}}
		s := rig.New(t, reconcile.Options{Dial: d.dial})
		synctest.Wait()
		before := runtime.NumGoroutine()
		deleteMany(t, s, devices, false)
		require.Less(t, runtime.NumGoroutine(), before+10)
		require.Zero(t, s.Store.Definitions().Retired.Len())
		require.Empty(t, s.Loop.DeviceReports())
		require.Empty(t, slices.Collect(s.Loop.Plans(0)))
		d.forget()
		time.Sleep(time.Hour)
		require.Zero(t, d.total())
		s.Stop()
	})
}

// TestF76_DeletedWhileAway: devices that were read once do not come back after they
// are deleted. They are tried, a few at a time, and are in nobody's way.
func TestF76_DeletedWhileAway(t *testing.T) {
	const devices = 200
	synctest.Test(t, func(t *testing.T) {
		d := &dead{dials: map[string]int{}}
		s := rig.New(t, reconcile.Options{Dial: d.dial})
		synctest.Wait()
		before := runtime.NumGoroutine()
		deleteMany(t, s, devices, true)
		for range 2 { // the second time after a restart
			require.Less(t, runtime.NumGoroutine(), before+30)
			require.Empty(t, s.Loop.DeviceReports())
			require.Empty(t, slices.Collect(s.Loop.Plans(0)))
			require.NoError(t, s.Loop.Ready())
			d.forget()
			time.Sleep(20 * time.Minute)
			tried, most := d.dialled()
			require.Equal(t, devices, tried, "each is tried")
			require.LessOrEqual(t, most, 4)
			require.LessOrEqual(t, d.total(), 20*60)
			list := s.Loop.DeletedDevices()
			require.Len(t, list, devices)
			require.Equal(t, "nobody is there", list[0].Detail)
			s.Stop()
			s.Start()
			synctest.Wait()
		}
		s.Stop()
	})
}

// TestF76_Forgotten: a deleted device that never comes back is forgotten after a week,
// although nothing else happens. One that dials in is not even tried until it does.
func TestF76_Forgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dead{dials: map[string]int{}}
		s := rig.New(t, reconcile.Options{Dial: d.dial})
		listens := s.RegisterAs(model.GatewayDevice{Name: "listens", ManagementProtocol: model.ProtocolOVSDBListen, ManagementPort: 1})
		require.NoError(t, s.Store.SetInventory(t.Context(), listens, model.Inventory{}))
		require.NoError(t, s.Store.DeleteGatewayDevice(t.Context(), listens))
		deleteMany(t, s, 1, true)
		time.Sleep(6 * 24 * time.Hour)
		require.Len(t, s.Loop.DeletedDevices(), 2)
		require.Zero(t, d.of("listens"))
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		require.Empty(t, s.Loop.DeletedDevices())
		d.forget()
		time.Sleep(time.Hour)
		require.Zero(t, d.total())
		s.Stop()
	})
}

// TestF76_DeletedWhileRead: a device is deleted while its first session is read. It is
// forgotten, and what is in its database stays.
func TestF76_DeletedWhileRead(t *testing.T) {
	t.Parallel()
	s := rig.New(t, reconcile.Options{})
	server := ovsdbtest.Start(t)
	server.AddSwitch("tor1", "192.0.2.1", "p1")
	before := server.Transactions()
	server.Pause()
	device := s.Register("tor1", server.Port())
	s.Device(rig.Patience, device, model.DeviceReading)
	require.NoError(t, s.Store.DeleteGatewayDevice(t.Context(), device))
	began := time.Now()
	rig.Eventually(t, rig.Patience, func() error {
		if n := len(s.Loop.DeviceReports()) + len(s.Loop.DeletedDevices()); n > 0 {
			return fmt.Errorf("%d devices are still there", n)
		}
		return nil
	})
	measured(t, 0, time.Since(began))
	server.Resume()
	require.Equal(t, before, server.Transactions())
}

// TestF76_DeletedWhileWritten: a device is deleted while its first session is being
// written: what has been written goes.
func TestF76_DeletedWhileWritten(t *testing.T) {
	t.Parallel()
	s := rig.New(t, reconcile.Options{})
	server, device := s.Switch("tor1", "192.0.2.1", "p1")
	s.InSync(device)
	server.Pause()
	conn := s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	s.Device(rig.Patience, device, model.DeviceSyncing)
	s.Part(conn)
	for g := range s.Store.Definitions().Gateways.All() {
		require.NoError(t, s.Store.DeleteL2Gateway(t.Context(), g.ID))
	}
	require.NoError(t, s.Store.DeleteNetwork(t.Context(), "net"))
	require.NoError(t, s.Store.DeleteGatewayDevice(t.Context(), device))
	server.Resume()
	began := time.Now()
	rig.Eventually(t, rig.Patience, func() error {
		if n := s.Store.Definitions().Retired.Len() + s.Store.Definitions().Tombstones.Len(); n > 0 {
			return fmt.Errorf("%d deleted things are still remembered", n)
		}
		return nil
	})
	rig.Holds(t, soon, server)
	measured(t, 0, time.Since(began))
}

// TestF76_Purge: what was deleted while it was away is given up by an operator. What
// it holds stays as it is when it comes back.
func TestF76_Purge(t *testing.T) {
	t.Parallel()
	o := newOne(t)
	o.server.Stop()
	o.Device(soon, o.device, model.DeviceUnreachable)
	o.Part(o.conn)
	for g := range o.Store.Definitions().Gateways.All() {
		require.NoError(t, o.Store.DeleteL2Gateway(t.Context(), g.ID))
	}
	require.NoError(t, o.Store.DeleteNetwork(t.Context(), "net"))
	require.NoError(t, o.Store.DeleteGatewayDevice(t.Context(), o.device))
	rig.Eventually(t, rig.Patience, func() error {
		list := o.Loop.DeletedDevices()
		if len(list) != 1 || list[0].Detail == "" {
			return fmt.Errorf("it has not been tried: %v", list)
		}
		return nil
	})
	require.Equal(t, 1, o.Loop.DeletedDevices()[0].Networks)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, o.Serve()+"/v1/deleted-devices/"+o.device, nil)
	require.NoError(t, err)
	reply, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, reply.Body.Close())
	require.Equal(t, http.StatusNoContent, reply.StatusCode)
	require.Empty(t, o.Loop.DeletedDevices())
	o.server.Run()
	o.Stop()
	o.Start()
	_, device := o.Switch("tor2", "192.0.2.2", "p1")
	o.InSync(device)
	require.NoError(t, rig.Differs(o.server, carried))
}
