package model_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

func endpointAt(ip byte, macs ...byte) model.Endpoint {
	e := model.Endpoint{VTEPAddress: model.VTEPAddress{10, 0, 0, ip}}
	for _, m := range macs {
		e.MACs = append(e.MACs, model.EndpointMAC{MAC: model.MAC{2, 0, 0, 0, 0, m}, VTEPAddress: e.VTEPAddress, IP: netip.AddrFrom4([4]byte{10, 9, 0, m})})
	}
	return e
}

func newSet(t testing.TB, endpoints ...model.Endpoint) *model.EndpointSet {
	s, err := model.NewEndpointSet("net", "neutron", "", endpoints)
	require.NoError(t, err)
	return s
}

// TestEndpointSetIsCanonical: the order in which a source names its end points says nothing.
func TestEndpointSetIsCanonical(t *testing.T) {
	a := newSet(t, endpointAt(1, 7, 3), endpointAt(2, 5), endpointAt(3))
	b := newSet(t, endpointAt(3), endpointAt(2, 5), endpointAt(1, 3), endpointAt(1, 7))
	require.True(t, a.Equal(b))
	require.Equal(t, a.ETag(), b.ETag())
	require.Equal(t, b.Endpoints(), a.Endpoints())
	require.Len(t, a.Endpoints(), 3)
	for name, other := range map[string]*model.EndpointSet{
		"a MAC elsewhere":  newSet(t, endpointAt(1, 7), endpointAt(2, 3, 5), endpointAt(3)),
		"one address less": newSet(t, endpointAt(1, 7, 3), endpointAt(2, 5)),
		"one MAC less":     newSet(t, endpointAt(1, 7), endpointAt(2, 5), endpointAt(3)),
		"nothing":          newSet(t),
		"no set at all":    nil,
		"another IP address": func() *model.EndpointSet {
			s := newSet(t, endpointAt(1, 7, 3), endpointAt(2, 5), endpointAt(3))
			s.MACs[0].IP = netip.Addr{}
			return s
		}(),
	} {
		require.False(t, a.Equal(other), name)
		require.NotEqual(t, a.ETag(), other.ETag(), name)
	}
	require.Equal(t, newSet(t).ETag(), (*model.EndpointSet)(nil).ETag(), "none is like an empty one")
}

func TestEndpointSetRefuses(t *testing.T) {
	_, err := model.NewEndpointSet("net", "neutron", "", []model.Endpoint{endpointAt(1, 7), endpointAt(2, 5, 7)})
	require.ErrorContains(t, err, "endpoints[1].macs[1]")
	require.ErrorContains(t, err, "first in endpoints[0].macs[0]")
	_, err = model.NewEndpointSet("net", "neutron", "", make([]model.Endpoint, model.MaxEndpoints+1))
	require.ErrorContains(t, err, "4097 end points")
	_, err = model.NewEndpointSet("net", "neutron", "", []model.Endpoint{{MACs: make([]model.EndpointMAC, model.MaxEndpointMACs+1)}})
	require.ErrorContains(t, err, "65537 MAC addresses")
}

func TestEndpointSetInTheStore(t *testing.T) {
	s := newSet(t, endpointAt(1, 7, 3), endpointAt(3))
	s.MACs[0].IP, s.MACs[1].IP = netip.Addr{}, netip.MustParseAddr("2001:db8::7")
	data, err := json.Marshal(s)
	require.NoError(t, err)
	var back model.EndpointSet
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, s, &back)
	for _, bad := range []string{`["x 10.0.0.1"]`, `["02:00:00:00:00:01"]`, `["02:00:00:00:00:01 10.0.0.1 x"]`, `[1]`} {
		var macs model.EndpointMACs
		require.Error(t, json.Unmarshal([]byte(bad), &macs), bad)
	}
}

// TestMovedSince finds what differs between two sets of a source.
func TestMovedSince(t *testing.T) {
	was, is := newSet(t, endpointAt(1, 1, 2, 3), endpointAt(2, 9)), newSet(t, endpointAt(1, 2), endpointAt(2, 3, 4), endpointAt(3))
	got := map[string]string{}
	for _, m := range is.MovedSince(was) {
		got[m.MAC.String()] = fmt.Sprint(m.VTEPAddress)
	}
	require.Equal(t, map[string]string{
		"02:00:00:00:00:01": "0.0.0.0", "02:00:00:00:00:03": "10.0.0.2", "02:00:00:00:00:04": "10.0.0.2", "02:00:00:00:00:09": "0.0.0.0",
	}, got)
	require.Len(t, is.MovedSince(nil), 3)
	require.Empty(t, is.MovedSince(is))
}

func FuzzEndpointMACs(f *testing.F) {
	f.Add([]byte(`["02:00:00:00:00:01 10.0.0.1 fe80::1%\""]`))
	f.Add([]byte(`["02:00:00:00:00:01 10.0.0.1 10.9.0.1"]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var macs model.EndpointMACs
		if json.Unmarshal(data, &macs) != nil {
			return
		}
		again, err := json.Marshal(macs)
		require.NoError(t, err)
		var back model.EndpointMACs
		require.NoError(t, json.Unmarshal(again, &back))
		require.Equal(t, macs, back)
	})
}
