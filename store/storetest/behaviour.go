package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// What the store writes into a record is not the caller's.
func testRecords(t *testing.T, open Open) {
	f := newFixture(t, open)
	storeID := f.Definitions().StoreID
	require.NotEmpty(t, storeID)
	forged := model.Record{ProjectID: "p", Seq: 99, Revision: 99, CreatedAt: time.Unix(1, 0)}
	gd := hwVTEP("sw1", 1)
	gd.Record = forged
	stored := must[model.GatewayDevice](f)(f.CreateGatewayDevice(f.ctx, gd))
	require.NotEmpty(t, stored.ID)
	require.NotEqual(t, uint64(99), stored.Seq)
	require.Equal(t, "p", stored.ProjectID)
	require.Equal(t, f.Definitions().Revision, stored.Revision)
	require.Equal(t, f.opts.Now().UTC(), stored.CreatedAt)

	first := f.network("z", 0)
	second := f.network("a", 0)
	require.Less(t, first.Seq, second.Seq)
	f.reopen()
	require.Equal(t, storeID, f.Definitions().StoreID)
	var order []string
	for n := range f.Definitions().Networks.All() {
		order = append(order, n.ID)
	}
	require.Equal(t, []string{"z", "a"}, order, "records come in the order of creation")
	third := f.network("m", 0)
	require.Greater(t, third.Seq, second.Seq)
}

// A notice follows every change, however slow the subscriber is.
func testNotices(t *testing.T, open Open) {
	f := newFixture(t, open)
	changes, stop := f.Changes()
	_, stopIdle := f.Changes()
	defer stopIdle()
	f.network("a", 0)
	f.network("b", 0)
	await(t, changes)
	require.Equal(t, 2, f.Definitions().Networks.Len())
	f.refused("Conflict", f.Definitions(), func() error {
		_, err := f.CreateNetwork(f.ctx, model.Network{Record: model.Record{ID: "a"}})
		return err
	}())
	require.Empty(t, changes, "a refusal gave notice")
	f.network("c", 0)
	await(t, changes)
	require.Equal(t, 3, f.Definitions().Networks.Len())

	done := make(chan struct{})
	go func() {
		defer close(done)
		for f.Definitions().Networks.Len() < 13 {
			<-changes
		}
	}()
	for i := range 10 {
		f.network(fmt.Sprint(i), 0)
	}
	await(t, done)
	stop()
	f.network("d", 0)
	f.network("e", 0)
	select {
	case <-changes: // left over from the loop
	default:
	}
	require.Empty(t, changes, "notice after the end of the subscription")
}

func await(t *testing.T, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(10 * time.Second):
		t.Fatal("a notice was lost")
	}
}

// Snapshots are whole and stay as they are while writers go on.
func testSnapshots(t *testing.T, open Open) {
	f := newFixture(t, open)
	first := f.Definitions()
	const writers, each = 4, 15
	errs := make(chan error, writers*each)
	var writing, reading sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				_, err := f.CreateNetwork(f.ctx, model.Network{Record: model.Record{ID: fmt.Sprintf("%d-%d", w, i)}})
				errs <- err
			}
		})
	}
	reading.Go(func() {
		for d := first; d.Networks.Len() < writers*each; d = f.Definitions() {
			n := 0
			for r := range d.Networks.All() {
				n++
				if got, ok := d.Networks.Get(r.ID); !ok || got != r || r.Revision > d.Revision {
					errs <- fmt.Errorf("network %s is not whole in revision %d", r.ID, d.Revision)
				}
			}
			if uint64(n) != d.Revision {
				errs <- fmt.Errorf("revision %d has %d networks", d.Revision, n)
			}
		}
	})
	writing.Wait()
	reading.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.Zero(t, first.Networks.Len())
}

// A caller that has gone away changes nothing.
func testCancelled(t *testing.T, open Open) {
	f := newFixture(t, open)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	before := f.Definitions()
	_, err := f.CreateNetwork(ctx, model.Network{})
	require.ErrorIs(t, err, context.Canceled)
	require.Same(t, before, f.Definitions())
}

// testNothingChanged: an update with what stands is no change, so that it neither
// costs a commit nor pushes a change out of the audit.
func testNothingChanged(t *testing.T, open Open) {
	f := newFixture(t, open)
	n, gd, g := f.network("n", 0), f.hwVTEP("sw1", 1), f.gateway(named("sw1", port("p1", 10)))
	before := f.Definitions()
	require.Same(t, n, must[model.Network](f)(f.UpdateNetwork(f.ctx, "n", model.NetworkUpdate{Shared: ptr(false)})))
	require.Same(t, gd, must[model.GatewayDevice](f)(f.UpdateGatewayDevice(f.ctx, gd.ID, model.GatewayDeviceUpdate{Name: ptr("sw1")})))
	require.Same(t, g, must[model.L2Gateway](f)(f.UpdateL2Gateway(f.ctx, g.ID, model.L2GatewayUpdate{})))
	require.Same(t, g, must[model.L2Gateway](f)(f.UpdateL2Gateway(f.ctx, g.ID, model.L2GatewayUpdate{Devices: []model.Device{named("sw1", port("p1", 10))}})))
	require.Same(t, before, f.Definitions())
}
