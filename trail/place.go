package trail

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"bordergw/model"
)

// How a MAC came to a place.
const (
	howLearned = byte(iota + 1)
	howMoved
)

// place is where a MAC was, or is while to is zero.
type place struct {
	from, to time.Time
	device   string
	endpoint model.VTEPAddress
	how      byte
}

// maxDevice bounds the id of a device in a place, in bytes.
const maxDevice = 40

// macKey is the key of a MAC in a network: its place in bucket open, and the beginning of the
// keys of its former places in bucket MACs.
func macKey(mac model.MAC, network string) []byte {
	return append(append(mac[:], network...), 0)
}

// placeKey is the key of a former place.
func placeKey(mac []byte, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(bytes.Clone(mac), seq)
}

// splitMACKey reads what macKey made.
func splitMACKey(key []byte) (mac model.MAC, network string, ok bool) {
	if len(key) < len(mac)+1 || key[len(key)-1] != 0 {
		return mac, "", false
	}
	copy(mac[:], key)
	return mac, string(key[len(mac) : len(key)-1]), true
}

// encode writes a place in at most 96 bytes.
func (p place) encode() []byte {
	out := []byte{p.how}
	out = binary.BigEndian.AppendUint64(out, nanoseconds(p.from))
	out = binary.BigEndian.AppendUint64(out, nanoseconds(p.to))
	return append(append(out, p.endpoint[:]...), p.device[:min(len(p.device), maxDevice)]...)
}

// decodePlace reads what encode made.
func decodePlace(value []byte) (p place, err error) {
	r := recordReader{rest: value}
	p.how = r.byte()
	p.from, p.to = moment(binary.BigEndian.Uint64(r.take(8))), moment(binary.BigEndian.Uint64(r.take(8)))
	copy(p.endpoint[:], r.take(4))
	if r.bad || p.how != howLearned && p.how != howMoved || len(r.rest) > maxDevice {
		return place{}, fmt.Errorf("%w: a place of a MAC makes no sense", errDamaged)
	}
	p.device = string(r.rest)
	return p, nil
}

func nanoseconds(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.UnixNano())
}

func moment(n uint64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(n)).UTC()
}
