package model_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

func TestEventIDs(t *testing.T) {
	id := model.EventID{Epoch: 0x7f3a91c2, Seq: 18233}
	require.Equal(t, "7f3a91c2-18233", id.String())
	got, err := model.ParseEventID("7f3a91c2-18233")
	require.NoError(t, err)
	require.Equal(t, id, got)
	for _, bad := range []string{"", "-", "7f3a91c2", "7F3A91C2-1", "7f3a91c2-01", "7f3a91c2-+1", "f3a91c2-1", "07f3a91c2-1", "7f3a91c2-1 ", "7f3a91c2-18446744073709551616"} {
		_, err := model.ParseEventID(bad)
		require.Error(t, err, bad)
	}
}

func FuzzParseEventID(f *testing.F) {
	f.Add("7f3a91c2-18233")
	f.Add("00000000-0")
	f.Add("7f3a91c2--1")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := model.ParseEventID(s); err == nil {
			require.Equal(t, s, id.String())
		}
	})
}

func TestEventFilter(t *testing.T) {
	sw2 := model.ObjectRef{Kind: "device", ID: "d2", Name: "sw2", Project: "p"}
	for _, c := range []struct {
		filter model.EventFilter
		is     bool
	}{
		{model.EventFilter{}, true},
		{model.EventFilter{Types: []string{"device.phase"}}, true},
		{model.EventFilter{Types: []string{"connection.*", "device.*"}}, true},
		{model.EventFilter{Types: []string{"device"}}, false},
		{model.EventFilter{Kind: "device", Object: "sw2"}, true},
		{model.EventFilter{Kind: "device", Object: "d2"}, true},
		{model.EventFilter{Kind: "network", Object: "sw2"}, false},
		{model.EventFilter{Severity: "info"}, true},
		{model.EventFilter{Severity: "error"}, false},
		{model.EventFilter{Project: "p"}, true},
		{model.EventFilter{Project: "q"}, false},
	} {
		require.Equal(t, c.is, c.filter.Matches("device.phase", "warning", []model.ObjectRef{sw2}), "%+v", c.filter)
	}
}
