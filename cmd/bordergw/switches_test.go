package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/vtep/transport/transporttest"
)

func read(t *testing.T, url string) string {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	resp, err := c.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(text)
}

// Two switches dial in, one plain, one with TLS, the latter is discovered
// first, and one is dialled with TLS.
func TestSwitchesDialIn(t *testing.T) {
	ca := transporttest.NewCA(t, "lab")
	own, theirs := ca.Issue("bordergw"), ca.Issue("sw2")
	plain, encrypted, passive := ovsdbtest.ReservePort(t), ovsdbtest.ReservePort(t), ovsdbtest.ReservePort(t)
	config := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, "ovsdb_listen:\n- ptcp:%d:127.0.0.1\n- pssl:%d:127.0.0.1\ntls_certificate: %s\ntls_private_key: %s\ntls_ca:\n  lab: %s\n",
		plain, encrypted, own.Certificate, own.PrivateKey, ca.File), 0o600))
	require.Equal(t, "the configuration is valid\n", must(t, "serve", "--check", "--config", config))
	daemon := serveIn(t, t.TempDir(), "--config", config)
	withTLS := ovsdbtest.WithArgs("--certificate="+theirs.Certificate, "--private-key="+theirs.PrivateKey, "--ca-cert="+ca.File)
	start := func(name, address string, opts ...ovsdbtest.Option) *ovsdbtest.Server {
		s := ovsdbtest.Start(t, opts...)
		s.AddSwitch(name, address, "p1")
		return s
	}
	start("sw1", "192.0.2.1").VtepCtl("set-manager", fmt.Sprintf("tcp:127.0.0.1:%d", plain))
	start("sw2", "192.0.2.2", withTLS).VtepCtl("set-manager", fmt.Sprintf("ssl:127.0.0.1:%d", encrypted))
	start("sw3", "192.0.2.3", withTLS, ovsdbtest.WithArgs(fmt.Sprintf("--remote=pssl:%d:127.0.0.1", passive)))
	poll.True(t, patience, "both are discovered", func() bool {
		return strings.Count(read(t, daemon.url+"/v1/devices"), `"DISCOVERED"`) == 2
	})
	must(t, "device", "create", "--name", "sw1", "--management-protocol", "ovsdb-listen")
	must(t, "device", "create", "--name", "sw2", "--management-protocol", "ovsdb-listen", "--tls", "lab")
	must(t, "device", "create", "--name", "sw3", "--management-protocol", "ovsdb+ssl", "--management-ip", "127.0.0.1", "--management-port", fmt.Sprint(passive), "--tls", "lab")
	must(t, "wait", "--timeout", "20s", "device/sw1", "device/sw2", "device/sw3")
	require.Contains(t, must(t, "device", "show", "sw3", "-o", "json"), "CertificateValid")
	require.Contains(t, read(t, daemon.url+"/metrics"), `bordergw_tls_certificate_expiry_seconds{name="ca/lab"}`)
	require.Equal(t, exitOK, daemon.stop().code)
}

// What only the files can show is found by --check, and by a start, which does
// not come as far as the store.
func TestBadTLSFilesAreFoundAtTheStart(t *testing.T) {
	junk := filepath.Join(t.TempDir(), "junk.pem")
	require.NoError(t, os.WriteFile(junk, []byte("junk"), 0o600))
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"listener without TLS": {[]string{"--ovsdb-listen=pssl:0"}, "--ovsdb-listen: pssl:0: TLS is not configured: the daemon has no tls-certificate"},
		"no key":               {[]string{"--tls-certificate=c"}, "TLS: the certificate needs its private key"},
		"no certificate":       {[]string{"--tls-ca=a=b"}, "TLS: TLS needs a certificate of our own: switches ask for one"},
		"nobody to trust":      {[]string{"--tls-certificate=c", "--tls-private-key=k"}, "TLS: TLS needs a CA or a fingerprint to check switches by"},
		"missing file":         {[]string{"--tls-certificate=/nosuch", "--tls-private-key=k", "--tls-ca=a=b"}, "TLS: certificate: /nosuch: no such file or directory"},
		"not PEM":              {[]string{"--tls-certificate=" + junk, "--tls-private-key=" + junk, "--tls-ca=a=b"}, "failed to find any PEM data"},
		"name twice":           {[]string{"--tls-ca=a=b", "--tls-ca=a=c"}, "--tls-ca: a is given twice"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			for _, args := range [][]string{{"serve", "--check"}, {"serve", "--listen=127.0.0.1:0"}} {
				got := runArgs(t.Context(), append(append(args, "--data-dir="+dir), c.args...)...)
				require.Equal(t, exitUsage, got.code)
				require.Contains(t, got.errOut, c.want)
			}
			require.NoDirExists(t, dir)
		})
	}
}

func TestPortForSwitchesIsTaken(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	got := runArgs(t.Context(), "serve", "--listen=127.0.0.1:0", "--data-dir="+dir, "--ovsdb-listen=ptcp:0:127.0.0.1", "--ovsdb-listen=ptcp:0:192.0.2.1")
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.errOut, "opening a socket for switches: ptcp:0:192.0.2.1: cannot assign requested address")
}
