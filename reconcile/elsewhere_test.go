package reconcile

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/reconcile/connector"
)

// claimants are two workers that are not run, the first of which drives "sw1".
func claimants(t *testing.T, protocol string) (c *connector.Leases, one, two *worker) {
	t.Helper()
	l := &Loop{leases: connector.NewLeases(), log: logrus.New()}
	made := func(name, protocol string) *worker {
		w := &worker{loop: l, wake: make(chan struct{}, 1)}
		w.device.id, w.board.view = name, &l.view
		w.seat = connector.NewSeat(w.device.Load, w.device.logger)
		w.device.Store(&model.GatewayDevice{Name: name, ManagementProtocol: protocol})
		return w
	}
	one, two = made("one", model.ProtocolOVSDB), made("two", protocol)
	require.NoError(t, l.leases.Take(one.seat, []string{"sw1"}))
	return l.leases, one, two
}

// A switch that another registration drives is read ever more seldom.
func TestDrivenElsewhereIsReadSeldom(t *testing.T) {
	_, _, two := claimants(t, model.ProtocolOVSDB)
	for _, c := range []struct {
		err   error
		least time.Duration
		most  time.Duration
	}{
		{two.loop.leases.Take(two.seat, []string{"sw1"}), maxElsewhereBackoff / 3, maxElsewhereBackoff},
		{connector.NotDriven("another switch"), maxRefusedBackoff / 3, maxRefusedBackoff},
		{errors.New("connection refused"), 0, maxBackoff},
	} {
		retry := newRetries()
		two.began = time.Now().Add(-time.Hour) // reading took long
		if c.least == 0 {
			two.began = time.Time{}
		}
		require.Less(t, two.delay(retry, c.err), time.Second, "the first wait is short: %s", c.err)
		var wait time.Duration
		for range 40 {
			wait = two.delay(retry, c.err)
		}
		require.GreaterOrEqual(t, wait, c.least, c.err.Error())
		require.LessOrEqual(t, wait, c.most, c.err.Error())
	}
}

// The wait for a switch that another registration drives ends when that one gives it up:
// with its session, or as the switch has another name.
func TestDrivenElsewhereEndsAtOnce(t *testing.T) {
	for name, giveUp := range map[string]func(c *connector.Leases, one *worker) error{
		"its session ends":   func(c *connector.Leases, one *worker) error { c.Release(one.seat); return nil },
		"another name":       func(c *connector.Leases, one *worker) error { return c.Take(one.seat, []string{"sw2"}) },
		"before it is known": nil,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, one, two := claimants(t, model.ProtocolOVSDB)
				require.ErrorAs(t, c.Take(two.seat, []string{"sw1"}), new(connector.DrivenElsewhere))
				began := time.Now()
				if giveUp == nil {
					c.Release(one.seat)
				} else {
					time.AfterFunc(time.Minute, func() { require.NoError(t, giveUp(c, one)) })
				}
				two.rest(context.Background(), maxElsewhereBackoff)
				require.LessOrEqual(t, time.Since(began), time.Minute)
				require.NoError(t, c.Take(two.seat, []string{"sw1"}))
				_, waits := c.Waits(two.seat)
				require.False(t, waits)
			})
		})
	}
}
