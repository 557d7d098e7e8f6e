package vtep

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/vtep/ovsdb"
)

// TestHostIndexIsBounded: a switch may report as many addresses as it likes.
func TestHostIndexIsBounded(t *testing.T) {
	id := func(i int) (u ovsdb.UUID) {
		binary.BigEndian.PutUint32(u[:], uint32(i))
		return u
	}
	ip := func(i int) model.IPv4 { return model.IPv4{10, byte(i >> 16), byte(i >> 8), byte(i)} }
	var x hostIndex
	x.add(id(0), model.IPv4{})
	require.Nil(t, x.rows, "nothing is kept of rows without an address")
	for i := range maxHostsOfIP + 10 {
		x.add(id(i), model.IPv4{192, 0, 2, 1})
	}
	require.Len(t, x.rows[model.IPv4{192, 0, 2, 1}], maxHostsOfIP)
	for i := range 2 * maxHosts {
		x.add(id(1000+i), ip(i))
	}
	require.Equal(t, maxHosts, x.size)
	for i := range 2 * maxHosts {
		x.remove(id(1000+i), ip(i))
	}
	for i := range maxHostsOfIP + 10 {
		x.remove(id(i), model.IPv4{192, 0, 2, 1})
	}
	require.Zero(t, x.size)
	require.Empty(t, x.rows)
}
