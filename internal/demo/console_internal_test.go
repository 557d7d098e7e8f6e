package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestShellLine(t *testing.T) {
	require.Equal(t, `bordergw device create --name sw1`, shellLine("bordergw", []string{"device", "create", "--name", "sw1"}))
	require.Equal(t, `bordergw 'p2|100;p3' '' 'it'\''s'`, shellLine("bordergw", []string{"p2|100;p3", "", "it's"}))
}

func TestConsole(t *testing.T) {
	var out bytes.Buffer
	c := console{out: &out, bin: "/bin/echo"}
	got, err := c.sh(t.Context(), "bordergw", "device", "list")
	require.NoError(t, err)
	require.Equal(t, "device list\n", got)
	require.Equal(t, "$ bordergw device list\ndevice list\n", out.String())

	c.bin = "/bin/false"
	_, err = c.sh(t.Context(), "bordergw", "device", "list")
	require.ErrorContains(t, err, "bordergw device list: exit status 1")
}
