package vtep

import (
	"cmp"

	"bordergw/model"
)

// Locator is a tunnel end point: a Physical_Locator with encapsulation
// vxlan_over_ipv4. Key is its own VNI, 0 where the Logical_Switch's is used
// (vtep(5), Physical_Locator.tunnel_key, schema 1.5.0).
type Locator struct {
	Addr model.VTEPAddress
	Key  model.VNI
}

func (l Locator) String() string {
	if l.Key == 0 {
		return l.Addr.String()
	}
	return l.Addr.String() + "#" + l.Key.String()
}

// Compare orders by address, then key.
func (l Locator) Compare(o Locator) int {
	return cmp.Or(l.Addr.Compare(o.Addr), cmp.Compare(l.Key, o.Key))
}
