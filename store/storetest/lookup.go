package storetest

import (
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// Items are found by name and VNIs by number, also after a change, a removal and a restart.
func testLookup(t *testing.T, open Open) {
	f := newFixture(t, open)
	called := func(kind, name string) (ids []string) {
		for r := range f.Called(kind, name) {
			ids = append(ids, r.ID)
		}
		return ids
	}
	add := func(id, name string, v model.VNI) {
		t.Helper()
		_, err := f.CreateNetwork(f.ctx, model.Network{Record: model.Record{ID: id, ProjectID: "p"}, Name: name, VNI: v})
		require.NoError(t, err)
	}
	add("a", "blue", 500)
	add("b", "blue", 0)
	add("c", "", 0)
	sw := f.hwVTEP("blue", 1)
	g := must[model.L2Gateway](f)(f.CreateL2Gateway(f.ctx, model.L2Gateway{Name: "blue", Devices: []model.Device{{DeviceID: sw.ID, SegmentationID: 700}}}))
	check := func() {
		t.Helper()
		require.ElementsMatch(t, []string{"a", "b"}, called("network", "blue"))
		require.Equal(t, []string{sw.ID}, called("gateway_device", "blue"))
		require.Equal(t, []string{g.ID}, called("l2_gateway", "blue"))
		require.Empty(t, called("network", "red"))
		require.Empty(t, called("network", ""))
		require.Empty(t, called("quota", "blue"))
		require.True(t, f.UsesVNI(500))
		require.True(t, f.UsesVNI(700))
		require.False(t, f.UsesVNI(501))
	}
	check()
	f.reopen()
	check()
	for r := range f.Called("network", "blue") {
		require.Equal(t, "p", r.ProjectID)
		break // whoever has seen enough stops
	}
	red := "red"
	must[model.Network](f)(f.UpdateNetwork(f.ctx, "a", model.NetworkUpdate{Name: &red}))
	require.Equal(t, []string{"a"}, called("network", "red"))
	require.Equal(t, []string{"b"}, called("network", "blue"))
	require.NoError(t, f.DeleteNetwork(f.ctx, "a"))
	require.NoError(t, f.DeleteL2Gateway(f.ctx, g.ID))
	require.Empty(t, called("network", "red"))
	require.Empty(t, called("l2_gateway", "blue"))
	require.False(t, f.UsesVNI(500))
	require.False(t, f.UsesVNI(700))
}
