package model_test

import (
	"encoding/json"
	"net/netip"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

func TestParseVTEPAddress(t *testing.T) {
	for _, s := range []string{"10.0.0.1", "1.0.0.0", "223.255.255.255", "192.0.2.255", "126.0.0.1", "128.0.0.1"} {
		v, err := model.ParseVTEPAddress(s)
		require.NoError(t, err)
		require.Equal(t, s, v.String())
		require.True(t, v.IsUsable())
	}
	for _, s := range []string{
		"", "0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "010.0.0.1", "10.0.0", "10.0.0.1.1",
		"10.0.0.256", "10.0.0.1/24", " 10.0.0.1", "::1", "fe80::1%eth0", "::ffff:10.0.0.1", "host",
	} {
		v, err := model.ParseVTEPAddress(s)
		require.Error(t, err, "%q", s)
		require.Zero(t, v)
	}
}

func TestVTEPAddressJSON(t *testing.T) {
	type holder struct {
		A, B model.VTEPAddress
	}
	in := holder{A: model.VTEPAddress{10, 0, 0, 1}}
	b, err := json.Marshal(in)
	require.NoError(t, err)
	require.JSONEq(t, `{"A":"10.0.0.1","B":""}`, string(b))
	out := holder{B: model.VTEPAddress{9, 9, 9, 9}}
	require.NoError(t, json.Unmarshal(b, &out))
	require.Equal(t, in, out)
	require.Error(t, json.Unmarshal([]byte(`{"A":"127.0.0.1"}`), &out))
	require.Negative(t, model.VTEPAddress{9, 255}.Compare(model.VTEPAddress{10}))
}

func FuzzParseVTEPAddress(f *testing.F) {
	for _, s := range []string{"10.0.0.1", "010.0.0.1", "::ffff:1.2.3.4", "224.0.0.1", "1.2.3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := model.ParseVTEPAddress(s)
		if err != nil {
			require.Zero(t, v)
			return
		}
		require.Equal(t, s, v.String(), "an address has one spelling")
		std := netip.MustParseAddr(s)
		require.True(t, std.Is4() && !std.IsMulticast() && !std.IsLoopback() && !std.IsUnspecified(), s)
	})
}
