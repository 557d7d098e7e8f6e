package frames_test

import (
	"encoding/binary"
	"net"
	"strings"
)

// frame is an Ethernet frame.
type frame []byte

// between reports whether the frame goes from the one MAC to the other.
func (f frame) between(from, to string) bool {
	const addresses = 12
	return len(f) >= addresses && net.HardwareAddr(f[:6]).String() == to && net.HardwareAddr(f[6:addresses]).String() == from
}

// broadcast reads a frame that lab.Host.Broadcast has sent; ok is false for any other.
func (f frame) broadcast() (text, source string, ok bool) {
	const addresses, header, experimental = 12, 14, 0x88b5
	if len(f) < header || binary.BigEndian.Uint16(f[addresses:]) != experimental {
		return "", "", false
	}
	return strings.TrimRight(string(f[header:]), "\x00"), net.HardwareAddr(f[6:addresses]).String(), true
}

// inOrder arranges the hops of a way so that each begins where the one before it ends. Hops that do not fit come last.
func inOrder(seen map[hop]bool) (way []hop) {
	reached := map[string]bool{}
	for h := range seen {
		reached[h.to] = true
	}
	for len(seen) > 0 {
		next, ok := following(seen, way, reached)
		if !ok {
			for h := range seen {
				way = append(way, h)
			}
			return way
		}
		way = append(way, next)
		delete(seen, next)
	}
	return way
}

// following finds the hop that continues the way; the first one starts where no other arrives.
func following(seen map[hop]bool, way []hop, reached map[string]bool) (hop, bool) {
	for h := range seen {
		if len(way) == 0 && !reached[h.from] || len(way) > 0 && h.from == way[len(way)-1].to {
			return h, true
		}
	}
	return hop{}, false
}
