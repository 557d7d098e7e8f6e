package store_test

import (
	"encoding/json"
	"testing"

	"bordergw/model"
	"bordergw/store"

	"github.com/stretchr/testify/require"
)

// FuzzImport: whatever stands in a file, it is refused, or what was imported is
// what is exported and can be read again.
func FuzzImport(f *testing.F) {
	f.Add(`{"format":1}`)
	f.Add(`{"format":1,"networks":[{"id":"n","seq":1,"vni":5}],"gateway_devices":[{"id":"d","seq":2,"type":"hw_vtep","management_ip":"192.0.2.1",` +
		`"management_port":1,"management_protocol":"ovsdb","border_mode":"direct"}],"l2_gateways":[{"id":"g","seq":3,"ha_mode":"active-active",` +
		`"devices":[{"id":"x","device_id":"d","segmentation_id":5}]}],"l2_gateway_connections":[{"id":"c","seq":4,"network_id":"n","l2_gateway_id":"g"}]}`)
	f.Add(`{"format":1,"networks":[null],"quotas":[{"id":"p","seq":1,"limits":{"network":-2}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var e model.Export
		if json.Unmarshal([]byte(text), &e) != nil {
			return
		}
		path := t.TempDir() + "/store.db"
		s, err := store.Open(path, store.Options{})
		require.NoError(t, err)
		if s.Import(t.Context(), &e) != nil {
			require.Zero(t, s.Definitions().Revision)
			require.NoError(t, s.Close())
			return
		}
		before, err := json.Marshal(s.Definitions().Export())
		require.NoError(t, err)
		require.NoError(t, s.Close())
		s, err = store.Open(path, store.Options{})
		require.NoError(t, err)
		after, err := json.Marshal(s.Definitions().Export())
		require.NoError(t, err)
		require.JSONEq(t, string(before), string(after))
		require.NoError(t, s.Close())
	})
}
