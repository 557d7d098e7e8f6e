package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

const churnSteps = 1500

// churn registers and deletes devices, several of which reach one switch, while networks
// come and go on them by names that are known or not.
type churn struct {
	*fixture
	rand   *rand.Rand
	purged map[string]bool
}

// testPendingIsBounded (F-69): what is still to be cleaned names each device once, and
// none but those that are registered or deleted and not given up.
func testPendingIsBounded(t *testing.T, open Open) {
	c := &churn{newFixture(t, open), rand.New(rand.NewPCG(69, 1)), map[string]bool{}}
	for i := range 4 {
		c.network(fmt.Sprint("n", i), 0)
	}
	steps := []func() error{c.register, c.register, c.remove, c.remove, c.purge, c.join, c.join, c.leave, c.clean}
	pending, released := 0, 0
	for i := range churnSteps {
		var refusal *model.Error
		if err := steps[c.rand.IntN(len(steps))](); err != nil {
			require.ErrorAs(t, err, &refusal, "step %d", i)
		}
		pending, released = max(pending, c.checkTombstones(i)), max(released, c.checkReleased(i))
	}
	require.Greater(t, pending, 2)
	require.Greater(t, released, 2)
}

// one is a record at random; false if there is none.
func one[T any, P model.Recorder[T]](c *churn, of model.Table[T, P]) (P, bool) {
	all := slices.Collect(of.All())
	if len(all) == 0 {
		return nil, false
	}
	return all[c.rand.IntN(len(all))], true
}

// register adds a device, as a rule with what was read of its switch.
func (c *churn) register() error {
	n := c.rand.IntN(3)
	gd, err := c.CreateGatewayDevice(c.ctx, hwVTEP(fmt.Sprint("sw", n), uint16(1+c.rand.IntN(6))))
	if err != nil || c.rand.IntN(5) == 0 {
		return err
	}
	sw := physicalSwitch(fmt.Sprint("sw", n), "p1")
	sw.Fingerprint = fmt.Sprint("row", n)
	return c.SetInventory(c.ctx, gd.ID, model.Inventory{Switches: []model.SwitchInventory{sw}})
}

func (c *churn) remove() error {
	gd, ok := one(c, c.Definitions().Devices)
	if !ok {
		return nil
	}
	for g := range c.Definitions().Gateways.All() {
		_ = c.DeleteL2Gateway(c.ctx, g.ID) // those without a connection
	}
	return c.DeleteGatewayDevice(c.ctx, gd.ID)
}

func (c *churn) purge() error {
	r, ok := one(c, c.Definitions().Retired)
	if !ok {
		return nil
	}
	c.purged[r.ID] = true
	if c.rand.IntN(2) == 0 {
		return c.ForgetRetired(c.ctx, r.ID)
	}
	return c.PurgeRetired(c.ctx, r.ID)
}

func (c *churn) join() error {
	name := fmt.Sprint("sw", c.rand.IntN(5)) // two of them are never known
	g, err := c.CreateL2Gateway(c.ctx, model.L2Gateway{Devices: []model.Device{named(name, port("p1", model.VLAN(1+c.rand.IntN(4))))}})
	if err != nil {
		return err
	}
	_, err = c.CreateConnection(c.ctx, request(g, fmt.Sprint("n", c.rand.IntN(4)), none))
	return err
}

func (c *churn) leave() error {
	x, ok := one(c, c.Definitions().Connections)
	if !ok {
		return nil
	}
	return c.DeleteConnection(c.ctx, x.ID)
}

func (c *churn) clean() error {
	ts, ok := one(c, c.Definitions().Tombstones)
	if !ok {
		return nil
	}
	c.confirm(ts.Pending[0])
	return c.ClearTombstone(c.ctx, ts.ID, ts.Pending[0])
}

// known reports whether a device is registered, or deleted and not given up.
func (c *churn) known(id string) bool {
	_, registered := c.Definitions().Devices.Get(id)
	_, deleted := c.Definitions().Retired.Get(id)
	return registered || deleted
}

func (c *churn) checkTombstones(step int) (longest int) {
	for ts := range c.Definitions().Tombstones.All() {
		longest = max(longest, len(ts.Pending))
		require.Len(c.t, slices.Compact(slices.Sorted(slices.Values(ts.Pending))), len(ts.Pending), "step %d: a device twice", step)
		for _, id := range ts.Pending {
			require.True(c.t, c.known(id), "step %d: device %s is given up", step, id)
		}
	}
	return longest
}

// checkReleased: a device that was given up keeps its numbers in quarantine for a time.
func (c *churn) checkReleased(step int) (longest int) {
	for r := range c.Definitions().Released.All() {
		longest = max(longest, len(r.Pending))
		var ids []string
		for _, p := range r.Pending {
			ids = append(ids, p.DeviceID)
			require.True(c.t, c.known(p.DeviceID) || c.purged[p.DeviceID], "step %d: device %s", step, p.DeviceID)
		}
		require.Len(c.t, slices.Compact(slices.Sorted(slices.Values(ids))), len(ids), "step %d: a device twice", step)
	}
	return longest
}
