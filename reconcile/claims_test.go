package reconcile

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// claimants are two workers that are not run, the first of which drives "sw1".
func claimants(t *testing.T, protocol string) (c *claims, one, two *worker) {
	t.Helper()
	l := &Loop{claims: newClaims()}
	made := func(name, protocol string) *worker {
		w := &worker{loop: l, id: name, wake: make(chan struct{}, 1), knock: make(chan struct{}, 1), freed: make(chan struct{}, 1)}
		w.device.Store(&model.GatewayDevice{Name: name, ManagementProtocol: protocol})
		return w
	}
	one, two = made("one", model.ProtocolOVSDB), made("two", protocol)
	require.NoError(t, l.claims.take(one, []string{"sw1"}))
	return l.claims, one, two
}

// A switch that another registration drives is read ever more seldom.
func TestDrivenElsewhereIsReadSeldom(t *testing.T) {
	_, _, two := claimants(t, model.ProtocolOVSDB)
	for _, c := range []struct {
		err   error
		least time.Duration
		most  time.Duration
	}{
		{two.loop.claims.take(two, []string{"sw1"}), maxElsewhereBackoff / 3, maxElsewhereBackoff},
		{notDriven("another switch"), maxRefusedBackoff / 3, maxRefusedBackoff},
		{errors.New("connection refused"), 0, maxBackoff},
	} {
		retry := backoff.NewExponentialBackOff(backoff.WithInitialInterval(500*time.Millisecond), backoff.WithMaxElapsedTime(0))
		two.held = time.Now().Add(-time.Hour) // reading took long
		if c.least == 0 {
			two.held = time.Time{}
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
	for name, giveUp := range map[string]func(c *claims, one *worker) error{
		"its session ends":   func(c *claims, one *worker) error { c.release(one); return nil },
		"another name":       func(c *claims, one *worker) error { return c.take(one, []string{"sw2"}) },
		"before it is known": nil,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, one, two := claimants(t, model.ProtocolOVSDB)
				require.ErrorAs(t, c.take(two, []string{"sw1"}), new(drivenElsewhere))
				began := time.Now()
				if giveUp == nil {
					c.release(one)
				} else {
					time.AfterFunc(time.Minute, func() { require.NoError(t, giveUp(c, one)) })
				}
				two.rest(context.Background(), maxElsewhereBackoff)
				require.LessOrEqual(t, time.Since(began), time.Minute)
				require.NoError(t, c.take(two, []string{"sw1"}))
				_, waits := c.waits(two)
				require.False(t, waits)
			})
		})
	}
}

// What one worker gives up wakes nobody who waits for something else, and nothing is
// kept of a worker that has ended.
func TestDrivenElsewhereWakesNoOther(t *testing.T) {
	c, one, two := claimants(t, model.ProtocolOVSDBListen)
	other := &worker{freed: make(chan struct{}, 1)}
	other.device.Store(&model.GatewayDevice{Name: "other"})
	require.NoError(t, c.take(other, []string{"sw9"}))
	require.ErrorContains(t, c.check(two, []string{"sw1"}), "switch sw1 is driven as device one")
	require.Len(t, two.freed, 1, "it is told that its switch has dialled in and is driven elsewhere")
	<-two.freed
	require.Error(t, c.check(two, []string{"sw1"}))
	require.Empty(t, two.freed, "once")
	c.release(other)
	require.Empty(t, two.freed)
	c.release(one)
	require.Len(t, two.freed, 1)
	require.Empty(t, c.refused)
	require.NoError(t, c.take(other, []string{"sw1"}))
	require.Error(t, c.take(two, []string{"sw1"}))
	c.forget(two)
	require.Empty(t, c.refused)
}
