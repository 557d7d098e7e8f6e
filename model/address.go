package model

import (
	"bytes"
	"fmt"
	"net/netip"
)

// VTEPAddress is the IPv4 address of a tunnel end point, the only family that
// hardware_vtep can express (Physical_Locator, encapsulation vxlan_over_ipv4).
// The zero value stands for none.
type VTEPAddress [4]byte

// ParseVTEPAddress reads a dotted quad and refuses what can not be the address
// of one host: IPv6, leading zeros, 0.0.0.0/8, loopback, multicast, broadcast.
func ParseVTEPAddress(s string) (VTEPAddress, error) {
	a, err := netip.ParseAddr(s)
	switch {
	case err != nil:
		return VTEPAddress{}, fmt.Errorf("%q is not an IPv4 address", s)
	case !a.Is4():
		return VTEPAddress{}, fmt.Errorf("%q: only IPv4 tunnel addresses exist in hardware_vtep", s)
	}
	v := VTEPAddress(a.As4())
	if !v.IsUsable() {
		return VTEPAddress{}, fmt.Errorf("%q can not be the address of a tunnel end point", s)
	}
	return v, nil
}

// IsUsable reports whether the address can be that of one host.
func (v VTEPAddress) IsUsable() bool {
	return v[0] != 0 && v[0] != 127 && v[0] < 224
}

func (v VTEPAddress) String() string { return netip.AddrFrom4(v).String() }

// Compare orders addresses numerically.
func (v VTEPAddress) Compare(o VTEPAddress) int { return bytes.Compare(v[:], o[:]) }

// MarshalText implements encoding.TextMarshaler. The zero value is empty.
func (v VTEPAddress) MarshalText() ([]byte, error) {
	if v == (VTEPAddress{}) {
		return nil, nil
	}
	return []byte(v.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (v *VTEPAddress) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*v = VTEPAddress{}
		return nil
	}
	*v, err = ParseVTEPAddress(string(b))
	return err
}
