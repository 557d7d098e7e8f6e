package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// Quota and policy of the configuration reach the API.
func TestQuotaAndPolicyOfTheConfiguration(t *testing.T) {
	cfg := daemonConfig(t)
	cfg.Quota = model.Limits{model.QuotaNetwork: 1}
	cfg.Auth, cfg.TokenFile = authToken, filepath.Join(t.TempDir(), "tokens.yaml")
	require.NoError(t, os.WriteFile(cfg.TokenFile, []byte("- {token: sesame, user: u, project: p, roles: [auditor]}\n"), 0o600))
	require.NoError(t, cfg.Policy.Set("get_audit=role:auditor"))
	d := start(t, &daemon{cfg: cfg}, untilDone)
	ask := func(args ...string) result {
		return runArgs(t.Context(), append(args, "--url", d.url, "--token", "sesame")...)
	}
	require.Zero(t, ask("network", "create", "a").code)
	require.Equal(t, "bordergw: Quota exceeded for resources: ['network']. (OverQuota, HTTP 409)\n", ask("network", "create", "b").errOut)
	require.Contains(t, ask("audit").out, "create   network")
	require.Contains(t, ask("export").errOut, "AdminRequired, HTTP 403")
	d.stop()
	require.NoError(t, d.wait(t))
}
