package transport_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/vtep/transport"
)

func TestEndpoints(t *testing.T) {
	for text, want := range map[string]transport.Endpoint{
		"ptcp:6640":             {Address: ":6640"},
		"pssl:6640":             {TLS: true, Address: ":6640"},
		"ptcp:0:127.0.0.1":      {Address: "127.0.0.1:0"},
		"pssl:1:[::1]":          {TLS: true, Address: "[::1]:1"},
		"ptcp:1:[fe80::1%eth0]": {Address: "[fe80::1%eth0]:1"},
	} {
		got, err := transport.ParseEndpoint(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"", "ptcp", "ptcp:", "tcp:6640", "ptcp:65536", "ptcp:-1", "ptcp:6640:", "ptcp:6640:host", "ptcp:6640:::1",
		"ptcp:6640:[127.0.0.1]", "ptcp:6640:[::1", "ptcp:6640:127.0.0.1 ", "PTCP:1", "ptcp:1:[]"} {
		_, err := transport.ParseEndpoint(text)
		require.ErrorContains(t, err, text)
	}
}

func FuzzParseEndpoint(f *testing.F) {
	f.Add("ptcp:6640:[::1]")
	f.Add("pssl:0:127.0.0.1")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := transport.ParseEndpoint(text)
		if err == nil {
			_, _, err = net.SplitHostPort(e.Address)
			require.NoError(t, err)
		}
	})
}

func TestListenFails(t *testing.T) {
	var s transport.TLS
	_, err := s.Listen("ptcp:0:192.0.2.1")
	require.ErrorContains(t, err, "ptcp:0:192.0.2.1: cannot assign")
	_, err = s.Listen("tcp:1")
	require.Error(t, err)
}
