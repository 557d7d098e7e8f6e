package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// result is what a run of the program leaves.
type result struct {
	code        int
	out, errOut string
}

func runArgs(ctx context.Context, args ...string) result {
	var out, errOut bytes.Buffer
	code := execute(ctx, args, strings.NewReader(""), &out, &errOut)
	return result{code, out.String(), errOut.String()}
}

func TestUsageErrors(t *testing.T) {
	t.Setenv("BORDERGW_URL", "http://127.0.0.1:1") // nothing may be sent to it
	for line, want := range map[string]string{
		"":                                     "a command is needed",
		"frobnicate":                           `unknown command "frobnicate" for "bordergw"`,
		"device":                               "a command is needed",
		"device frobnicate":                    `unknown command "frobnicate" for "bordergw device"`,
		"connection update x":                  `nothing to change is given`,
		"device list --colour":                 "unknown flag: --colour",
		"device list -o xml":                   `invalid argument "xml" for "-o, --output" flag: "xml" is not one of table, wide, name, json, yaml`,
		"device list x":                        `"x" is too much: the command takes no arguments`,
		"device update x":                      "nothing to change is given",
		"device delete":                        "NAME is missing",
		"device show ":                         "the id or name of a device is empty",
		"device create --management-port http": `invalid argument "http" for "--management-port" flag: "http" is not a whole number from 1 to 65535`,
		"device create --management-port 99999999999": `invalid argument "99999999999" for "--management-port" flag: "99999999999" is not a whole number from 1 to 65535`,
		"gateway create g --preempt=maybe":            `--preempt: "maybe" is not true or false`,
		"audit --limit -1":                            `--limit: "-1" is not a whole number from 0`,
		"wait --timeout soon":                         `--timeout: "soon" is not a duration such as 30s or 5m`,
		"audit --resource switch":                     `invalid argument "switch" for "--resource" flag: "switch" is not one of network, gateway_device, deleted_device, remote_mac_entry, l2_gateway, l2_gateway_connection, quota, quarantine, endpoints`,
		"help nosuch":                                 `there is no command "nosuch"`,
		"help device nosuch":                          `there is no command "device nosuch"`,
		"completion nosuch":                           `unknown command "nosuch" for "bordergw completion"`,
		"network create":                              "NAME is missing",
		"mac create d":                                `required flag(s) "mac-address", "segmentation-id", "vtep-address" not set`,
		"mac list":                                    "DEVICE is missing",
		"device create sw9 x":                         `"x" is too much: the command takes [NAME]`,
		"network create --name blue red":              `"red" is too much: the command takes NAME`,
		"network lits":                                `unknown command "lits" for "bordergw network": did you mean "list"?`,
		"netwrok list":                                `unknown command "netwrok" for "bordergw": did you mean "network"?`,
		"network list --sttus x":                      `unknown flag: --sttus: did you mean "status"?`,
		"network create a b":                          `"b" is too much: the command takes NAME`,
		"connection create g":                         "NETWORK is missing",
		"plan x":                                      `"x" is too much: the command takes no arguments`,
		"gateway create g --device vlan=5":            `invalid argument "vlan=5" for "--device" flag: unknown key "vlan", the keys are name, interface_names, device_id, segmentation_id`,
		"plan -o yaml":                                `invalid argument "yaml" for "-o, --output" flag: "yaml" is not one of text, json`,
		"wait --for=Happy":                            `invalid argument "Happy" for "--for" flag: no condition "Happy"`,
		"wait --timeout 0s":                           "--timeout: 0s is not a positive duration",
		"wait gateway/g":                              `"gateway/g": only connections and devices have conditions`,
		"version --url x":                             "unknown flag: --url",
		"device list --url localhost:9696":            `"localhost:9696" is not a URL such as http://127.0.0.1:9696`,
		"device list --request-timeout 0s":            "--request-timeout: 0s is not a positive duration",
		"serve --interval 0s":                         `invalid argument "0s" for "--interval" flag: 0s is below 1s`,
		"serve --listen :9696":                        "--listen: :9696 is reachable from other machines: choose an --auth, or write --auth none to let everybody in",
		"serve --auth token":                          "--auth: token needs a token file (--token-file)",
		"serve --config none.yaml":                    "reading the configuration: none.yaml: no such file or directory",
		"serve --auth token --token-file none":        "reading the tokens: none: no such file or directory",
	} {
		var args []string
		if line != "" {
			args = strings.Split(line, " ")
		}
		got := runArgs(t.Context(), args...)
		first, _, _ := strings.Cut(got.errOut, "\n")
		require.Equal(t, "bordergw: "+want, first, line)
		require.Equal(t, exitUsage, got.code, line)
		require.Empty(t, got.out, line)
	}
}

func TestVersion(t *testing.T) {
	got := runArgs(t.Context(), "version")
	require.Equal(t, exitOK, got.code)
	require.Regexp(t, `^bordergw \S+ go1\.\S+ \w+/\w+\n$`, got.out)
	require.Equal(t, got, runArgs(t.Context(), "--version"))
}

func TestCompletion(t *testing.T) {
	got := runArgs(t.Context(), "completion", "bash")
	require.Equal(t, exitOK, got.code)
	require.Contains(t, got.out, "bordergw")
}

func TestHelp(t *testing.T) {
	t.Setenv("BORDERGW_TOKEN", "s3cret")
	for _, c := range newRoot().Commands() {
		got := runArgs(t.Context(), c.Name(), "--help")
		require.Equal(t, exitOK, got.code)
		require.Contains(t, got.out, "Usage:")
		require.NotContains(t, got.out, "s3cret")
	}
}

func TestCheckWritesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	got := runArgs(t.Context(), "serve", "--check", "--data-dir", dir)
	require.Equal(t, result{exitOK, "the configuration is valid\n", ""}, got)
	require.NoDirExists(t, dir)
}

func TestCheckRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, args := range [][]string{
		{"--data-dir", file},
		{"--data-dir", t.TempDir(), "--auth", "token", "--token-file", file},
		{"--config", "testdata/config/bad/unknown-key.yaml"},
	} {
		got := runArgs(t.Context(), append([]string{"serve", "--check"}, args...)...)
		require.Equal(t, exitUsage, got.code, args)
		require.Empty(t, got.out)
	}
}
