package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// load reads the configuration as "serve" does.
func load(t *testing.T, path string, args ...string) (config, error) {
	t.Helper()
	fs := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	flags := defaultConfig()
	flags.bind(fs)
	require.NoError(t, fs.Parse(args))
	return loadConfig(path, fs)
}

func TestConfigDefaults(t *testing.T) {
	got, err := load(t, "")
	require.NoError(t, err)
	require.Equal(t, config{
		Listen: "127.0.0.1:9696", DataDir: defaultDataDir(os.Geteuid()), Interval: time.Minute, VNIRange: model.DefaultVNIRange, VNIQuarantine: 24 * time.Hour,
		LogLevel: logrus.InfoLevel, LogFormat: "text", Auth: "none",
		Keystone: defaultKeystone(), Policy: policyRules{}, Quota: model.Limits{}, HAHold: 10 * time.Second, AuditMiB: 64,
		HistoryEvents: 100_000, HistoryDays: 30, History: historyOn,
	}, got)
}

func TestDefaultDataDir(t *testing.T) {
	t.Setenv("HOME", "/home/u")
	t.Setenv("XDG_STATE_HOME", "/state")
	require.Equal(t, "/var/lib/bordergw", defaultDataDir(0))
	require.Equal(t, "/state/bordergw", defaultDataDir(1000))
	t.Setenv("XDG_STATE_HOME", "relative")
	require.Equal(t, "/home/u/.local/state/bordergw", defaultDataDir(1000))
	t.Setenv("HOME", "")
	require.Empty(t, defaultDataDir(1000))
}

func TestConfigFile(t *testing.T) {
	got, err := load(t, "testdata/config/good.yaml")
	require.NoError(t, err)
	require.Equal(t, config{
		Listen: "[::1]:9000", DataDir: "/srv/bordergw", Interval: 90 * time.Second, VNIRange: model.VNIRange{First: 5000, Last: 5999}, VNIQuarantine: 72 * time.Hour,
		LogLevel: logrus.DebugLevel, LogFormat: "json", Auth: "token", TokenFile: "/etc/bordergw/tokens.yaml", Keystone: defaultKeystone(),
		Policy: goodPolicy(), Quota: goodQuota(), HAHold: 3 * time.Second, AuditMiB: 16,
		HistoryEvents: 5000, HistoryDays: 7, History: historyOff,
		OVSDBListen:    []string{"ptcp:6640", "pssl:6641:[::1]"},
		TLSCertificate: "/etc/bordergw/cert.pem", TLSPrivateKey: "/etc/bordergw/key.pem",
		TLSCAs: []string{"lab=/etc/bordergw/lab.pem", "ops=/etc/bordergw/ops.pem"}, TLSFingerprints: []string{"sw1=" + pin1},
	}, got)
	got, err = load(t, "testdata/config/keystone.yaml")
	require.NoError(t, err)
	require.Equal(t, keystoneConfig{
		URL: "https://keystone:5000/v3", Username: "bordergw", PasswordFile: "testdata/config/password", Project: "services",
		UserDomain: "ops", ProjectDomain: "infra", CAFile: "/etc/ssl/keystone.pem", Cache: time.Minute,
	}, got.Keystone)
}

// pin1 is a fingerprint.
var pin1 = strings.Repeat("0", 63) + "1"

func goodPolicy() policyRules {
	return policyRules{"create_l2_gateway": "admin_or_owner", "get_plan": "role:operator or admin_only"}
}

func goodQuota() model.Limits {
	return model.Limits{"network": 50, "gateway_device": 10, "l2_gateway": 5, "l2_gateway_connection": -1}
}

// Every key of the good files is a flag and the other way round.
func TestEveryKeyIsAFlag(t *testing.T) {
	keys := pflag.NewFlagSet("", pflag.ContinueOnError)
	c := defaultConfig()
	c.bind(keys)
	origin := origins{}
	require.NoError(t, readConfigFile("testdata/config/good.yaml", keys, origin))
	delete(origin, "auth")
	require.NoError(t, readConfigFile("testdata/config/keystone.yaml", keys, origin))
	keys.VisitAll(func(f *pflag.Flag) { require.Contains(t, origin, f.Name) })
}

func TestFlagsWinOverFile(t *testing.T) {
	got, err := load(t, "testdata/config/good.yaml",
		"--listen", "127.0.0.1:0", "--data-dir=/d", "--interval=5s", "--vni-range=1-2", "--vni-quarantine=1h", "--log-level=error", "--log-format=text", "--token-file=x",
		"--ha-hold=1s", "--audit-size=8", "--history=off", "--history-events=2000", "--history-days=3", "--quota-network=1", "--policy=get_plan=any", "--policy=get_audit=role:a;export=any",
		"--ovsdb-listen=ptcp:0", "--ovsdb-listen=pssl:1:127.0.0.1", "--tls-certificate=c", "--tls-private-key=k",
		"--tls-ca=x=a file.pem", "--tls-ca=y=b", "--tls-fingerprint=z="+pin1)
	require.NoError(t, err)
	require.Equal(t, config{
		Listen: "127.0.0.1:0", DataDir: "/d", Interval: 5 * time.Second, VNIRange: model.VNIRange{First: 1, Last: 2}, VNIQuarantine: time.Hour,
		LogLevel: logrus.ErrorLevel, LogFormat: "text", Auth: "token", TokenFile: "x", Keystone: defaultKeystone(), HAHold: time.Second, AuditMiB: 8, HistoryEvents: 2000, HistoryDays: 3, History: historyOff,
		Policy: policyRules{"create_l2_gateway": "admin_or_owner", "get_plan": "any", "get_audit": "role:a", "export": "any"},
		Quota:  goodQuota().With(model.Limits{"network": 1}),

		OVSDBListen: []string{"ptcp:0", "pssl:1:127.0.0.1"}, TLSCertificate: "c", TLSPrivateKey: "k",
		TLSCAs: []string{"x=a file.pem", "y=b"}, TLSFingerprints: []string{"z=" + pin1},
	}, got)
}

func TestEmptyConfigFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "empty.yaml")
	require.NoError(t, os.WriteFile(path, []byte("# nothing\n"), 0o600))
	got, err := load(t, path)
	require.NoError(t, err)
	require.Equal(t, defaultConfig(), got)
}

func TestBadConfigFiles(t *testing.T) {
	const dir = "testdata/config/bad/"
	want := map[string]string{
		"ovsdb-listen":            `:2: ovsdb_listen: line 3: "tcp:6640" is not of the form ptcp:PORT[:IP] or pssl:PORT[:IP]`,
		"ovsdb-listen-nested":     `:1: ovsdb_listen: line 1: one value is expected`,
		"tls-ca-list":             `:1: tls_ca: one value is expected`,
		"tls-ca-scalar":           `:1: tls_ca: "ca.pem" is not NAME=FILE`,
		"tls-fingerprint":         `:1: tls_fingerprint: line 2: "12:34" is not a SHA-256 fingerprint: 64 hexadecimal digits`,
		"unknown-key":             `:2: colour: unknown key`,
		"dashed-key":              `:1: log-level: unknown key`,
		"key-twice":               `:3: interval: the key is given twice`,
		"interval-without-unit":   `:1: interval: "60" is not a duration such as 60s`,
		"interval-too-short":      `:1: interval: 10ms is below 1s`,
		"listen-without-port":     `:1: listen: "localhost" is not HOST:PORT`,
		"listen-port-range":       `:1: listen: "localhost:65536": the port is not in 0..65535`,
		"vni-range-empty":         `:2: vni_range: VNI range "20-10" is empty`,
		"vni-range-too-high":      `:1: vni_range: VNI range "1-16777216": VNI 16777216 is not in 1..16777215`,
		"log-level":               `:1: log_level: "chatty" is not one of error, warn, info, debug, trace`,
		"log-format":              `:1: log_format: "xml" is not one of text, json`,
		"auth-unknown":            `:1: auth: "ldap" is not one of none, token, headers, keystone`,
		"keystone-without-url":    `:1: auth: keystone needs --keystone-url`,
		"keystone-without-auth":   `:1: keystone_url: is of use with --auth keystone only`,
		"keystone-url":            `:1: keystone_url: "k:5000" is not a URL such as https://keystone:5000/v3`,
		"policy-action":           `:1: policy: line 2: there is no action "create_gateway", but adopt_device, apply_site, create_gateway_device, …`,
		"policy-rule":             `:1: policy: line 2: get_plan: "everybody" is not one of admin_only, admin_or_owner, owner, any, role:NAME, joined by " or "`,
		"policy-twice":            `:1: policy: line 3: get_plan is given twice`,
		"policy-list":             `:1: policy: line 2: get_plan: one value is expected`,
		"policy-scalar":           `:1: policy: "any" is not ACTION=RULE`,
		"quota":                   `:1: quota_network: "-2" is not a number, and not -1 for no limit`,
		"history":                 `:1: history: "maybe" is not one of on, off`,
		"history-events":          `:1: history_events: "10" is not a number of events in 1000..1000000`,
		"history-days":            `:1: history_days: "0" is not a number of days in 1..3650`,
		"audit-size":              `:1: audit_size: "0" is not a number of MiB in 1..4096`,
		"ha-hold":                 `:1: ha_hold: "0s" is not a positive duration such as 10s`,
		"auth-without-file":       `:1: auth: token needs a token file (--token-file)`,
		"token-file-without-auth": `:1: token_file: is of use with --auth token only`,
		"open-to-all":             `:1: listen: 0.0.0.0:9696 is reachable from other machines: choose an --auth, or write --auth none to let everybody in`,
		"open-to-all-any":         `:1: listen: :9696 is reachable from other machines: choose an --auth, or write --auth none to let everybody in`,
		"null-value":              `:1: auth: one value is expected`,
		"list-value":              `:1: auth: one value is expected`,
		"not-a-mapping":           `:1: a mapping of keys to values is expected`,
		"syntax":                  `: line 2: found unexpected end of stream`,
		"two-documents":           `: one YAML document is expected`,
		"data-dir-empty":          `:1: data_dir: a directory must be given`,
	}
	files, err := filepath.Glob(dir + "*.yaml")
	require.NoError(t, err)
	require.Len(t, files, len(want))
	for name, text := range want {
		t.Run(name, func(t *testing.T) {
			path := dir + name + ".yaml"
			_, err := load(t, path)
			if start, cut := strings.CutSuffix(text, "…"); cut {
				require.ErrorContains(t, err, path+start)
				return
			}
			require.EqualError(t, err, path+text)
		})
	}
}

// A flag does not hide a mistake in the file.
func TestBadFileBehindFlag(t *testing.T) {
	_, err := load(t, "testdata/config/bad/log-format.yaml", "--log-format=json")
	require.ErrorContains(t, err, `"xml" is not one of`)
}

func TestListenBeyondLoopback(t *testing.T) {
	for _, c := range []struct {
		args []string
		ok   bool
	}{
		{[]string{"--listen=127.9.9.9:1"}, true},
		{[]string{"--listen=[::1]:1"}, true},
		{[]string{"--listen=localhost:1"}, true},
		{[]string{"--listen=[::ffff:127.0.0.1]:1"}, true},
		{[]string{"--listen=192.0.2.1:1"}, false},
		{[]string{"--listen=[::]:1"}, false},
		{[]string{"--listen=gateway.example:1"}, false},
		{[]string{"--listen=:1", "--auth=none"}, true},
		{[]string{"--listen=:1", "--auth=headers"}, true},
	} {
		_, err := load(t, "", c.args...)
		require.Equal(t, c.ok, err == nil, "%v: %v", c.args, err)
	}
}

func TestAuthNoneWrittenInFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "open.yaml")
	require.NoError(t, os.WriteFile(path, []byte("auth: none\nlisten: :9696\n"), 0o600))
	_, err := load(t, path)
	require.NoError(t, err)
}

func TestConfigFileTooLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large.yaml")
	require.NoError(t, os.WriteFile(path, make([]byte, maxConfigSize+1), 0o600))
	_, err := load(t, path)
	require.ErrorContains(t, err, "larger than")
}

func FuzzParseConfig(f *testing.F) {
	good, err := os.ReadFile("testdata/config/good.yaml")
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte("listen: &a x\nauth: *a\n"))
	f.Add([]byte("? [a]\n: b\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c := defaultConfig()
		keys := pflag.NewFlagSet("", pflag.ContinueOnError)
		c.bind(keys)
		origin := origins{}
		if parseConfig("file", text, keys, origin) != nil {
			return
		}
		for key := range origin {
			require.NotNil(t, keys.Lookup(key), "a key that is no flag was accepted")
		}
		require.GreaterOrEqual(t, c.Interval, minInterval)
	})
}
