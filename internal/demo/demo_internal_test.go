package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/lab"
	"bordergw/internal/program"
)

func TestMain(m *testing.M) { os.Exit(lab.RunTests(m)) }

func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "bordergw")
	require.NoError(t, program.Build(bin))
	return bin
}

func TestDemo(t *testing.T) {
	bin := build(t)
	for name, frames := range map[string]bool{"frames": true, "databases only": false} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, show(t.Context(), &out, bin, frames), "%s", &out)
			require.Equal(t, frames, bytes.Contains(out.Bytes(), []byte("VXLAN from 10.250.1.1 to 10.250.1.2")), "%s", &out)
		})
	}
}

func TestControllerThatEnds(t *testing.T) {
	var out bytes.Buffer
	err := show(t.Context(), &out, "/bin/false", false)
	require.ErrorContains(t, err, "the controller: it has ended: exit status 1")
}
