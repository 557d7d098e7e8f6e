package transport_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"bordergw/vtep/transport"
	"bordergw/vtep/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open makes a TLS whose log nobody reads.
func open(t *testing.T, cfg transport.Config) *transport.TLS {
	t.Helper()
	log, _ := logtest.NewNullLogger()
	out, err := transport.New(cfg, log)
	require.NoError(t, err)
	return out
}

func configOf(p transporttest.Pair, cas map[string]string) transport.Config {
	return transport.Config{Certificate: p.Certificate, PrivateKey: p.PrivateKey, CAs: cas}
}

func TestBadConfigurations(t *testing.T) {
	ca := transporttest.NewCA(t, "lab")
	own, other := ca.Issue("own"), ca.Issue("other")
	cas := map[string]string{"lab": ca.File}
	junk := filepath.Join(t.TempDir(), "junk")
	require.NoError(t, os.WriteFile(junk, []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), 0o600))
	large := filepath.Join(t.TempDir(), "large")
	require.NoError(t, os.WriteFile(large, make([]byte, 1<<20+1), 0o600))
	with := func(edit func(*transport.Config)) transport.Config {
		c := configOf(own, cas)
		edit(&c)
		return c
	}
	type config = transport.Config
	for want, cfg := range map[string]config{
		"needs a certificate of our own":         {CAs: cas},
		"the certificate needs its private key":  with(func(c *config) { c.PrivateKey = "" }),
		"needs a CA or a fingerprint":            with(func(c *config) { c.CAs = nil }),
		`"lab" names a CA and a fingerprint`:     with(func(c *config) { c.Fingerprints = map[string]string{"lab": own.Fingerprint} }),
		`fingerprint "x": "12" is not a SHA-256`: with(func(c *config) { c.Fingerprints = map[string]string{"x": "12"} }),
		"private key does not match public key":  with(func(c *config) { c.PrivateKey = other.PrivateKey }),
		"certificate: /nosuch":                   with(func(c *config) { c.Certificate = "/nosuch" }),
		"private key: /nosuch":                   with(func(c *config) { c.PrivateKey = "/nosuch" }),
		`CA "lab": /nosuch`:                      with(func(c *config) { c.CAs = map[string]string{"lab": "/nosuch"} }),
		"there is no certificate in it":          with(func(c *config) { c.CAs = map[string]string{"lab": own.PrivateKey} }),
		"certificate 1: malformed":               with(func(c *config) { c.CAs = map[string]string{"lab": junk} }),
		"is larger than 1048576 bytes":           with(func(c *config) { c.CAs = map[string]string{"lab": large} }),
		"failed to find any PEM data":            with(func(c *config) { c.Certificate = "config_test.go" }),
		"failed to find certificate PEM data":    with(func(c *config) { c.Certificate = own.PrivateKey }),
		"private key: .: is a directory":         with(func(c *config) { c.PrivateKey = "." }),
		"found a certificate rather than a key":  with(func(c *config) { c.PrivateKey = own.Certificate }),
	} {
		_, err := transport.New(cfg, nil)
		require.ErrorContains(t, err, want)
	}
}

func TestNamesThatDevicesMayUse(t *testing.T) {
	ca := transporttest.NewCA(t, "lab")
	own := ca.Issue("own")
	cfg := configOf(own, map[string]string{"lab": ca.File})
	cfg.Fingerprints = map[string]string{"pin": strings.ToUpper(own.Fingerprint)}
	s := open(t, cfg)
	for _, name := range []string{"", "lab", "pin"} {
		require.NoError(t, s.Check(name))
	}
	require.EqualError(t, s.Check("ops"), `TLS is not configured: there is no tls-ca or tls-fingerprint named "ops"`)
	var none transport.TLS
	require.ErrorIs(t, none.Check(""), transport.ErrNotConfigured)
	require.Empty(t, none.Expiries())
	require.NoError(t, none.Reload())
	require.Equal(t, "NotConfigured", transport.Reason(none.Check("lab")))
	_, err := none.Dial(t.Context(), "127.0.0.1:1", "")
	require.ErrorIs(t, err, transport.ErrNotConfigured)
	_, err = none.Listen("pssl:0")
	require.ErrorIs(t, err, transport.ErrNotConfigured)
}

func FuzzParseFingerprint(f *testing.F) {
	f.Add(strings.Repeat("ab", 32))
	f.Add(strings.Repeat("AB:", 31) + "AB")
	f.Add("12:zz")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := transport.ParseFingerprint(text); err == nil {
			require.Len(t, strings.ReplaceAll(text, ":", ""), 64)
		}
	})
}
