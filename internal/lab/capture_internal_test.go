package lab

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// vxlanPacket is 10.250.1.1 to 10.250.1.2, VNI 0x1389 = 5001, three bytes of frame; checksums are nobody's business here.
var vxlanPacket = []byte{
	0x45, 0, 0, 39, 0, 0, 0, 0, 64, 17, 0, 0, 10, 250, 1, 1, 10, 250, 1, 2,
	0xc0, 0, 0x12, 0xb5, 0, 19, 0, 0,
	0x08, 0, 0, 0, 0, 0x13, 0x89, 0,
	1, 2, 3,
}

func TestParseVXLAN(t *testing.T) {
	p, ok := parseVXLAN(vxlanPacket)
	require.True(t, ok)
	require.Equal(t, Packet{
		From: netip.MustParseAddr("10.250.1.1"), To: netip.MustParseAddr("10.250.1.2"), VNI: 5001, Frame: []byte{1, 2, 3},
	}, p)
	for n := range len(vxlanPacket) - 3 {
		_, ok := parseVXLAN(vxlanPacket[:n])
		require.False(t, ok, "%d bytes", n)
	}
}

func FuzzParseVXLAN(f *testing.F) {
	f.Add(vxlanPacket)
	f.Add([]byte{0x4f, 9: 17, 19: 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, ok := parseVXLAN(b); ok {
			require.Less(t, p.VNI, uint32(1<<24))
			require.LessOrEqual(t, len(p.Frame), len(b)-36)
		}
	})
}
