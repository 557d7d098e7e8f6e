package connector

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// What one Seat gives up wakes nobody who waits for something else, and nothing is
// kept of one that has ended.
func TestDrivenElsewhereWakesNoOther(t *testing.T) {
	c := NewLeases()
	made := func(name, protocol string) *Seat {
		gd := &model.GatewayDevice{Name: name, ManagementProtocol: protocol}
		return NewSeat(func() *model.GatewayDevice { return gd }, nil)
	}
	one, two, other := made("one", model.ProtocolOVSDB), made("two", model.ProtocolOVSDBListen), made("other", model.ProtocolOVSDB)
	require.NoError(t, c.Take(one, []string{"sw1"}))
	require.NoError(t, c.Take(other, []string{"sw9"}))
	require.ErrorContains(t, c.Check(two, []string{"sw1"}), "switch sw1 is driven as device one")
	require.Len(t, two.freed, 1, "a hint says that its switch has dialled in and is driven elsewhere")
	<-two.freed
	require.Error(t, c.Check(two, []string{"sw1"}))
	require.Empty(t, two.freed, "once")
	c.Release(other)
	require.Empty(t, two.freed)
	c.Release(one)
	require.Len(t, two.freed, 1)
	require.Empty(t, c.refused)
	require.NoError(t, c.Take(other, []string{"sw1"}))
	require.Error(t, c.Take(two, []string{"sw1"}))
	c.Forget(two)
	require.Empty(t, c.refused)
}
