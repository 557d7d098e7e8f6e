package reconcile

import (
	"context"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/poll"
	"bordergw/model"
	"bordergw/reconcile/connector"
	"bordergw/store"
)

// crew are the workers of a Loop that is not run. Its switches take connections and say
// nothing.
type crew struct {
	*workers
	t       *testing.T
	store   *store.Store
	loop    *Loop
	running sync.WaitGroup
	made    []*worker
}

func newCrew(t *testing.T) *crew {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	dial := func(context.Context, *model.GatewayDevice) (net.Conn, error) {
		near, far := net.Pipe()
		t.Cleanup(func() { _ = far.Close() })
		return near, nil
	}
	c := &crew{t: t, store: st, loop: New(st, Options{Dial: dial})}
	c.workers = c.loop.workers
	create := c.create
	c.create = func(gd *model.GatewayDevice) *worker {
		c.made = append(c.made, create(gd))
		return c.made[len(c.made)-1]
	}
	return c
}

// round is what Run does for the workers, with a change of the store before the turns.
func (c *crew) round(ctx context.Context, change func()) {
	c.match(ctx, &c.running, c.store.Definitions())
	change()
	c.takeTurns(ctx, &c.running)
}

// F-62: a device that is deleted after the workers were matched still has its worker. It gets
// no second one, which nobody would stop.
func TestDeletedWhileMatched(t *testing.T) {
	c := newCrew(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer c.running.Wait()
	defer cancel()
	gd, err := c.store.CreateGatewayDevice(ctx, model.GatewayDevice{Name: "sw1", Type: model.HWVTEP, ManagementIP: "192.0.2.1", ManagementPort: 6640})
	require.NoError(t, err)
	require.NoError(t, c.store.SetInventory(ctx, gd.ID, model.Inventory{Switches: []model.SwitchInventory{{Name: "sw1"}}, SeenAt: time.Now()}))
	c.loop.rebuild(ctx, &c.running, true)
	require.Len(t, c.made, 1)
	poll.Until(t, time.Minute, func() error {
		if st := c.made[0].state(); st.phase != model.DeviceReading {
			return connector.NotDriven(st.phase)
		}
		return nil
	})
	c.round(ctx, func() { require.NoError(t, c.store.DeleteGatewayDevice(ctx, gd.ID)) })
	require.Equal(t, 1, c.store.Definitions().Retired.Len())
	c.round(ctx, func() {})
	require.Len(t, c.made, 1, "the worker that it has finishes")
	require.Equal(t, c.made, c.turns.workers())
	c.round(ctx, func() { require.NoError(t, c.store.ForgetRetired(ctx, gd.ID)) })
	c.round(ctx, func() {})
	require.Empty(t, c.turns.workers())
	c.running.Wait() // nobody but it ran, and it was stopped
}

// A worker whose device is neither registered nor remembered drives nothing.
func TestGivenUpDrivesNothing(t *testing.T) {
	c := newCrew(t)
	gd := &model.GatewayDevice{Record: model.Record{ID: "gone"}, Name: "sw1", Type: model.HWVTEP}
	w := newWorker(c.loop, gd)
	var refused connector.NotDriven
	require.ErrorAs(t, w.admission.admit(t.Context(), []model.SwitchInventory{{Name: "sw1"}}), &refused)
	require.ErrorContains(t, refused, "given up")
}

// F-62: a device that is registered again with its id while its switch is cleaned has one
// worker, and what was noted of its switch stays.
func TestRegisteredAgainWhileCleaned(t *testing.T) {
	c := newCrew(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer c.running.Wait()
	defer cancel()
	gd := model.GatewayDevice{Record: model.Record{ID: "d"}, Name: "sw1", Type: model.HWVTEP, ManagementIP: "192.0.2.1", ManagementPort: 6640}
	register := func() {
		_, err := c.store.CreateGatewayDevice(ctx, gd)
		require.NoError(t, err)
	}
	register()
	require.NoError(t, c.store.SetInventory(ctx, gd.ID, model.Inventory{Switches: []model.SwitchInventory{{Name: "sw1"}}, SeenAt: time.Now()}))
	require.NoError(t, c.store.DeleteGatewayDevice(ctx, gd.ID))
	c.loop.rebuild(ctx, &c.running, true)
	var forgotten []string
	c.turns.forgotten = func(id string) { forgotten = append(forgotten, id) }
	c.round(ctx, func() {})
	require.Equal(t, c.made, c.turns.workers())
	c.round(ctx, register)
	c.round(ctx, func() {})
	require.Len(t, c.made, 2)
	require.Empty(t, c.turns.workers())
	require.Empty(t, forgotten)
	require.Same(t, c.made[1], c.get(gd.ID))
	poll.True(t, time.Minute, "the first worker has ended", c.made[0].seat.Ended)
}
