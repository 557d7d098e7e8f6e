package model_test

import (
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

func TestParseProfile(t *testing.T) {
	p, err := model.ParseProfile("")
	require.NoError(t, err)
	require.Equal(t, model.Profile{Name: model.DefaultProfile, Replication: model.SourceNode}, p)
	p, err = model.ParseProfile("cumulus+keyed-locators+bfd")
	require.NoError(t, err)
	require.Equal(t, model.Profile{
		Name: "cumulus+keyed-locators+bfd", Replication: model.ServiceNode, KeyedLocators: true, BFD: true,
	}, p)
	_, err = model.ParseProfile("Auto")
	require.ErrorContains(t, err, "is not one of the profiles arista-cvx, auto,")
	for _, bad := range []string{"auto+", "auto+warp", "+bfd", "auto++bfd"} {
		_, err = model.ParseProfile(bad)
		require.Error(t, err, bad)
	}
}

func TestParseBorderMode(t *testing.T) {
	for s, want := range map[string]model.BorderMode{
		"": model.BorderDirect, "direct": model.BorderDirect, "stitch": model.BorderStitch, "relay": model.BorderRelay,
	} {
		m, err := model.ParseBorderMode(s)
		require.NoError(t, err)
		require.Equal(t, want, m)
	}
	_, err := model.ParseBorderMode("Direct")
	require.Error(t, err)
}
