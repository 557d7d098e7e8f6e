package ovsdb_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"syscall"
	"testing"
	"time"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

func TestDialBadEndpoints(t *testing.T) {
	for endpoint, want := range map[string]string{
		"":                  "not of the form",
		"tcp":               "missing port",
		"10.0.0.1:6640":     "not of the form",
		"http://10.0.0.1":   "not of the form",
		"unix:":             "not of the form",
		"tcp:10.0.0.1":      "missing port",
		"tcp:::1:6640":      "too many colons",
		"tcp::6640":         "no host",
		"tcp:10.0.0.1:0":    "port",
		"tcp:10.0.0.1:http": "port",
		"tcp:10.0.0.1:-1":   "port",
		"tcp:[::1]:70000":   "port",
		"ssl:10.0.0.1:6640": "no TLS configuration",
	} {
		_, err := ovsdb.Dial(t.Context(), endpoint, nil)
		require.ErrorContains(t, err, want, endpoint)
		require.ErrorContains(t, err, endpoint)
	}
	_, err := ovsdb.Dial(t.Context(), "unix:"+t.TempDir()+"/none", nil)
	require.ErrorContains(t, err, "no such file")
}

func TestDialTCP(t *testing.T) {
	s := ovsdbtest.Start(t)
	conn, err := ovsdb.Dial(t.Context(), s.TCP(), nil)
	require.NoError(t, err)
	c := own(t, ovsdb.NewConn(conn, ovsdb.Config{}))
	names, err := c.ListDBs(t.Context())
	require.NoError(t, err)
	require.Contains(t, names, db)
}

func TestDialIPv6(t *testing.T) {
	l, err := net.Listen("tcp", "[::1]:0")
	require.NoError(t, err)
	defer l.Close()
	c, err := ovsdb.Dial(t.Context(), "tcp:"+l.Addr().String(), nil)
	require.NoError(t, err)
	require.NoError(t, c.Close())
}

func TestDialTLS(t *testing.T) {
	cert, roots := selfSigned(t)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	require.NoError(t, err)
	defer l.Close()
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			script{"list_dbs": ok(`["hardware_vtep"]`), "echo": echoed}.serve(conn)
			conn.Close()
		}
	}()
	endpoint := "ssl:" + l.Addr().String()
	_, err = ovsdb.Dial(t.Context(), endpoint, &tls.Config{})
	require.ErrorContains(t, err, "TLS handshake")
	conn, err := ovsdb.Dial(t.Context(), endpoint, &tls.Config{RootCAs: roots})
	require.NoError(t, err)
	c := ovsdb.NewConn(conn, ovsdb.Config{EchoAfter: 5 * time.Millisecond, EchoTries: 1000})
	poll.True(t, patience, "a TLS session goes on after read timeouts", func() bool { return c.Stats().FramesIn > 2 })
	alive(t, c)
	c.Close()
	require.Equal(t, ovsdb.ErrClosed, ended(t, c))
	l.Close()
	<-served
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// TestDialSaysWhere: a refusal names the switch's address, and no function of a library.
func TestDialSaysWhere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	for _, scheme := range []string{"tcp:", "ssl:"} {
		_, err := ovsdb.Dial(t.Context(), scheme+address, &tls.Config{})
		require.EqualError(t, err, "cannot connect to "+address+": connection refused")
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
	}
}
