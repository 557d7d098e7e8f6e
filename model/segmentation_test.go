package model_test

import (
	"encoding/json"
	"math"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

func TestRanges(t *testing.T) {
	for n, ok := range map[int64]bool{math.MinInt64: false, -1: false, 0: true, 1: true, 4094: true, 4095: false, 65536: false, math.MaxInt64: false} {
		v, err := model.NewVLAN(n)
		require.Equal(t, ok, err == nil, n)
		if ok {
			require.Equal(t, model.VLAN(n), v)
		}
	}
	for n, ok := range map[int64]bool{-1: false, 0: false, 1: true, 1<<24 - 1: true, 1 << 24: false, 1<<32 + 1: false, math.MaxInt64: false} {
		v, err := model.NewVNI(n)
		require.Equal(t, ok, err == nil, n)
		if ok {
			require.Equal(t, model.VNI(n), v)
		}
	}
}

func TestParseVNIRange(t *testing.T) {
	for s, want := range map[string]model.VNIRange{
		"1-16777215":     {First: 1, Last: model.MaxVNI},
		"10000-16777215": model.DefaultVNIRange,
		"7-7":            {First: 7, Last: 7},
	} {
		r, err := model.ParseVNIRange(s)
		require.NoError(t, err, s)
		require.Equal(t, want, r)
		require.Equal(t, s, r.String())
	}
	for _, s := range []string{"", "-", "1", "1-", "-1", "0-5", "5-4", "1-16777216", "1-2-3", "1-2x", "1-2 ", "a-b", "1-99999999999999999999", "1--2", "1-+2", "+1-2", "1\n-2"} {
		_, err := model.ParseVNIRange(s)
		require.Error(t, err, "%q", s)
	}
}

func FuzzParseVNIRange(f *testing.F) {
	for _, s := range []string{"1-2", "10000-16777215", "2-1", "1-2x", " 1-2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := model.ParseVNIRange(s)
		if err != nil {
			require.Zero(t, r)
			return
		}
		require.True(t, 1 <= r.First && r.First <= r.Last && r.Last <= model.MaxVNI, s)
		again, err := model.ParseVNIRange(r.String())
		require.NoError(t, err)
		require.Equal(t, r, again)
	})
}

func TestSegmentationID(t *testing.T) {
	vlan, isVLAN := model.VLANID(0).VLAN()
	require.True(t, isVLAN)
	require.Zero(t, vlan)
	require.True(t, model.VLANID(0).IsSet())
	require.Equal(t, "0", model.VLANID(0).String())
	require.False(t, model.VXLANID(0).IsSet())
	require.Empty(t, model.VXLANID(0).String())
	vni, isVNI := model.VXLANID(500).VNI()
	require.True(t, isVNI)
	require.Equal(t, model.VNI(500), vni)
	_, isVLAN = model.VXLANID(500).VLAN()
	require.False(t, isVLAN)
	for _, id := range []model.SegmentationID{{}, model.VLANID(0), model.VLANID(7), model.VXLANID(500)} {
		in := model.L2GatewayConnection{SegmentationID: id}
		b, err := json.Marshal(in)
		require.NoError(t, err)
		var out model.L2GatewayConnection
		require.NoError(t, json.Unmarshal(b, &out))
		require.Equal(t, in, out)
	}
}

func TestVLANIDs(t *testing.T) {
	for _, c := range []struct {
		name string
		own  []model.VLAN
		seg  model.SegmentationID
		want []model.VLAN
	}{
		{"nobody gives one", nil, model.SegmentationID{}, nil},
		{"the connection", nil, model.VLANID(7), []model.VLAN{7}},
		{"the connection, untagged", nil, model.VLANID(0), []model.VLAN{0}},
		{"the interface", []model.VLAN{9, 7, 9}, model.SegmentationID{}, []model.VLAN{7, 9}},
		{"VLAN 0 of the interface", []model.VLAN{0, 0}, model.SegmentationID{}, []model.VLAN{0}},
		{"VLAN 0 gives way", []model.VLAN{0}, model.VLANID(7), []model.VLAN{7}},
		{"VLAN 0 beside another", []model.VLAN{7, 0}, model.SegmentationID{}, []model.VLAN{0, 7}},
		{"a VNI is none", nil, model.VXLANID(7), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := model.Interface{VLANs: c.own}
			require.Equal(t, c.want, i.VLANIDs(c.seg))
		})
	}
}

func TestBorderVNI(t *testing.T) {
	ports := []model.Interface{{Name: "p1"}}
	for _, c := range []struct {
		name string
		dev  model.Device
		seg  model.SegmentationID
		want model.VNI
	}{
		{"the device's", model.Device{DeviceID: "d", SegmentationID: 5}, model.VXLANID(6), 5},
		{"the connection's", model.Device{DeviceID: "d"}, model.VXLANID(6), 6},
		{"a VLAN is none", model.Device{DeviceID: "d"}, model.VLANID(6), 0},
		{"with ports", model.Device{DeviceID: "d", SegmentationID: 5, Interfaces: ports}, model.VLANID(6), 5},
		{"ports only", model.Device{DeviceID: "d", Interfaces: ports}, model.VXLANID(6), 0},
		{"by name", model.Device{DeviceName: "d", SegmentationID: 5, Interfaces: ports}, model.VXLANID(6), 0},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, c.dev.BorderVNI(c.seg)) })
	}
}
