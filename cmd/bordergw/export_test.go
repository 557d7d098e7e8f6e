package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What one daemon exports another imports.
func TestExportImportBetweenDaemons(t *testing.T) {

	from, to := start(t, &daemon{}, untilDone), start(t, &daemon{}, untilDone)
	client := func(r *running, args ...string) result {
		return runArgs(t.Context(), append(args, "--url", r.url)...)
	}
	require.Zero(t, client(from, "network", "create", "n", "--vni", "77").code)
	require.Zero(t, client(from, "gateway", "create", "g", "--device", "name=sw,interface_names=p1|5").code)
	exported := client(from, "export")
	require.Zero(t, exported.code, exported.errOut)
	file := filepath.Join(t.TempDir(), "definitions.json")
	require.NoError(t, os.WriteFile(file, []byte(exported.out), 0o600))
	require.Equal(t, result{}, client(to, "import", file))
	require.Equal(t, exported, client(to, "export"))
	for _, noun := range []string{"network", "gateway"} {
		list := client(from, noun, "list", "-o", "json")
		require.Equal(t, list, client(to, noun, "list", "-o", "json"))
	}
	require.Equal(t, result{code: exitFailure,
		errOut: "bordergw: Definitions can only be imported into an empty store. (StoreNotEmpty, HTTP 409)\n"}, client(to, "import", file))
	from.stop()
	to.stop()
	require.NoError(t, from.wait(t))
	require.NoError(t, to.wait(t))
}
