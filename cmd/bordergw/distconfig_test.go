package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

const packagedConfig = "../../dist/etc/bordergw.yaml"

// flagsOf are the keys of a configuration as text.
func flagsOf(c config) map[string]string {
	out := map[string]string{}
	keys := pflag.NewFlagSet("", pflag.ContinueOnError)
	c.bind(keys)
	keys.VisitAll(func(f *pflag.Flag) { out[strings.ReplaceAll(f.Name, "-", "_")] = f.Value.String() })
	return out
}

// loadText loads a configuration of this text.
func loadText(t *testing.T, text string) (config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "bordergw.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return loadConfig(file, pflag.NewFlagSet("", pflag.ContinueOnError))
}

func packagedText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(packagedConfig)
	require.NoError(t, err)
	return string(text)
}

// As it is packaged, the configuration says where the data is, and lets this machine in only.
func TestPackagedConfiguration(t *testing.T) {
	c, err := loadText(t, packagedText(t))
	require.NoError(t, err)
	want := flagsOf(defaultConfig())
	want["data_dir"] = "/var/lib/bordergw"
	require.Equal(t, want, flagsOf(c))
	require.True(t, isLoopback(c.Listen))

	_, err = loadText(t, strings.Replace(packagedText(t), "#listen: 127.0.0.1:9696", "listen: 0.0.0.0:9696", 1))
	require.ErrorContains(t, err, "is reachable from other machines", "nothing in it opens the API by accident")
}

// What is commented out are defaults, and else examples that work.
func TestPackagedConfigurationShowsDefaultsAndExamples(t *testing.T) {
	text := packagedText(t)
	defaults := flagsOf(defaultConfig())
	examples := map[string]bool{}
	seen := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^#([a-z_]+):(.*)$`).FindAllStringSubmatch(text, -1) {
		key, value := line[1], strings.TrimSpace(line[2])
		require.Contains(t, defaults, key)
		c, err := loadText(t, "data_dir: /x\n"+key+": "+value)
		if !seen[key] && err == nil && flagsOf(c)[key] == defaults[key] {
			seen[key] = true
			continue
		}
		examples[key] = true
	}
	require.Equal(t, map[string]bool{
		"auth": true, "token_file": true, "ovsdb_listen": true, "tls_certificate": true, "tls_private_key": true, "tls_ca": true,
	}, examples)

	text = strings.Replace(text, "#auth: none\n", "", 1)
	c, err := loadText(t, regexp.MustCompile(`(?m)^#([a-z_]+:|  [a-z0-9]+: /)`).ReplaceAllString(text, "$1"))
	require.NoError(t, err, "all of it together")
	require.Equal(t, "/etc/bordergw/tokens.yaml", c.TokenFile)
	require.Equal(t, []string{"pssl:6640"}, c.OVSDBListen)
	require.Equal(t, []string{"ca1=/etc/bordergw/tls/ca1.pem"}, c.TLSCAs)
}
