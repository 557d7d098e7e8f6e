package model_test

import (
	"net"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

func TestParseMAC(t *testing.T) {
	want := model.MAC{0x52, 0x54, 0x00, 0x0a, 0xb0, 0x0f}
	for _, s := range []string{
		"52:54:00:0a:b0:0f", "52:54:00:0A:B0:0F", "52:54:0:a:b0:f", "52-54-00-0a-b0-0f", "5254.000a.b00f", "5254000AB00F",
	} {
		m, err := model.ParseMAC(s)
		require.NoError(t, err, s)
		require.Equal(t, want, m, s)
		require.Equal(t, "52:54:00:0a:b0:0f", m.String())
	}
	for _, s := range []string{
		"", ":::::", "52:54:00:0a:b0", "52:54:00:0a:b0:0f:01", "52:54:00:0a:b0:", "52:54:00:0a:b00:f", "52:54:00-0a-b0-0f",
		"52:54:00:0a:b0:0g", "5254.000a.b0", "525.4000a.b00f1", "5254000ab00", "5254000ab00f0", " 52:54:00:0a:b0:0f", "52:54:00:0a:b0:é",
		"+2:54:00:0a:b0:0f", "52:54:00:0a:b0:0f\x00", "5254..000ab00f", "unknown-dst",
	} {
		_, err := model.ParseMAC(s)
		require.Error(t, err, "%q", s)
	}
}

func TestMACKinds(t *testing.T) {
	for m, unicast := range map[model.MAC]bool{
		{}:                                   false,
		{2}:                                  true,
		{1, 0, 0x5e, 0, 0, 1}:                false,
		{255, 255, 255, 255, 255, 255}:       false,
		{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff}: true,
	} {
		require.Equal(t, unicast, m.IsUnicast(), m)
	}
	require.Negative(t, model.MAC{1}.Compare(model.MAC{1, 1}))
	require.Zero(t, model.MAC{1}.Compare(model.MAC{1}))
}

// What is accepted has one written form; the standard library reads the same
// address wherever it reads one.
func FuzzParseMAC(f *testing.F) {
	for _, s := range []string{"52:54:00:0a:b0:0f", "52-54-0-A-B0-F", "5254.000a.b00f", "5254000ab00f", "::", "1.2.3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := model.ParseMAC(s)
		if err != nil {
			require.Zero(t, m)
			return
		}
		text, err := m.MarshalText()
		require.NoError(t, err)
		var back model.MAC
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, m, back)
		if std, err := net.ParseMAC(s); err == nil {
			require.Equal(t, []byte(std), m[:])
		}
	})
}
