package vtep

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// TestSegmentEqual: each field that says something makes a difference.
func TestSegmentEqual(t *testing.T) {
	full := func() *Segment {
		return &Segment{
			Name: "net", Description: "d", TunnelKey: 5001, MACs: []MACEntry{{MAC: model.MAC{1}}}, IPs: []HostIP{{MAC: model.MAC{1}}}, Flood: []Endpoint{{Location: DatabaseID(1)}},
			Incomplete: true, Located: map[model.VTEPAddress]bool{{192, 0, 2, 2}: true}, Unreported: map[model.VTEPAddress]bool{{192, 0, 2, 1}: true},
		}
	}
	require.True(t, full().Equal(full()))
	fields := reflect.TypeFor[Segment]()
	for i := range fields.NumField() {
		if !fields.Field(i).IsExported() {
			continue
		}
		changed := full()
		reflect.ValueOf(changed).Elem().Field(i).SetZero()
		require.False(t, full().Equal(changed), fields.Field(i).Name)
		require.False(t, changed.Equal(full()), fields.Field(i).Name)
	}
}
