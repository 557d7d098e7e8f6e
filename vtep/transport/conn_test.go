package transport_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/vtep/transport"
	"bordergw/vtep/transport/transporttest"
)

// greeting is what the two ends have of one connection attempt.
type greeting struct {
	dialErr, acceptErr error
	dialled, accepted  transport.Peer
}

// greet has one end dial the other.
func greet(t *testing.T, dialer, server *transport.TLS, trust string) greeting {
	t.Helper()
	l, err := server.Listen("pssl:0:127.0.0.1")
	require.NoError(t, err)
	defer l.Close()
	var g greeting
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if g.acceptErr = err; err != nil {
			return
		}
		if g.accepted, g.acceptErr = transport.Handshake(context.Background(), c); g.acceptErr == nil {
			_, g.acceptErr = c.Write([]byte("x"))
			_ = c.Close()
		}
	}()
	c, err := dialer.Dial(t.Context(), l.Addr().String(), trust)
	if g.dialErr = err; err == nil {
		// With TLS 1.3 a client learns only now that its certificate is refused.
		_, err = io.ReadAll(c)
		g.dialErr = transport.Explain(err)
		g.dialled = transport.PeerOf(c)
		require.NoError(t, c.Close())
	}
	<-done
	return g
}

func TestBothEndsTrustEachOther(t *testing.T) {
	lab, ops := transporttest.NewCA(t, "lab"), transporttest.NewCA(t, "ops")
	ours, theirs := lab.Issue("ctl"), ops.Issue("sw1 id:4e0cf348", func(c *x509.Certificate) { c.DNSNames = []string{"sw1.example id:4e0cf348"} })
	controller := configOf(ours, map[string]string{"lab": lab.File, "ops": ops.File})
	controller.Fingerprints = map[string]string{"pin": theirs.Fingerprint}
	a, b := open(t, controller), open(t, configOf(theirs, map[string]string{"lab": lab.File}))
	for _, trust := range []string{"", "ops", "pin"} {
		g := greet(t, a, b, trust)
		require.NoError(t, g.dialErr)
		require.NoError(t, g.acceptErr)
		require.True(t, g.dialled.TLS())
		require.Equal(t, []string{"sw1", "sw1.example"}, g.dialled.Names())
		require.Equal(t, theirs.Fingerprint, g.dialled.Fingerprint())
		require.WithinDuration(t, time.Now().Add(365*24*time.Hour), g.dialled.NotAfter(), time.Minute)
		require.Equal(t, []string{"ctl"}, g.accepted.Names())
		require.NoError(t, a.Trusts(g.dialled, trust))
	}
	g := greet(t, b, a, "")
	require.NoError(t, g.acceptErr)
	require.NoError(t, a.Trusts(g.accepted, "ops"))
	require.ErrorIs(t, a.Trusts(g.accepted, "lab"), transport.ErrUnknownCA)
	require.ErrorIs(t, a.Trusts(g.accepted, "nosuch"), transport.ErrNotConfigured)
	require.ErrorIs(t, a.Trusts(transport.Peer{}, "ops"), transport.ErrNoCertificate)
	require.True(t, a.Pinned(g.accepted, "pin"))
	require.False(t, a.Pinned(g.accepted, "ops"))
	require.False(t, a.Pinned(transport.Peer{}, "pin"))
}

func TestF04CertificatesThatAreNotTrusted(t *testing.T) {
	lab, ops := transporttest.NewCA(t, "lab"), transporttest.NewCA(t, "ops")
	labs := map[string]string{"lab": lab.File}
	good := lab.Issue("good")
	pinned := func(p transporttest.Pair, pin string) transport.Config {
		return transport.Config{Certificate: p.Certificate, PrivateKey: p.PrivateKey, Fingerprints: map[string]string{"pin": pin}}
	}
	notYet := func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }
	for name, c := range map[string]struct {
		checks, shows transport.Config
		trust         string
		is            error
		reason, text  string
	}{
		"unknown CA":        {configOf(good, labs), configOf(ops.Issue("sw"), labs), "", transport.ErrUnknownCA, "UnknownCA", `issuer "CN=ops"`},
		"CA of another":     {configOf(good, map[string]string{"lab": lab.File, "ops": ops.File}), configOf(good, labs), "ops", transport.ErrUnknownCA, "UnknownCA", "CN=lab"},
		"expired":           {configOf(good, labs), configOf(lab.Issue("sw", transporttest.Expired), labs), "lab", transport.ErrExpired, "Expired", "it is valid from"},
		"not valid yet":     {configOf(good, labs), configOf(lab.Issue("sw", notYet), labs), "", transport.ErrExpired, "Expired", "it is valid from"},
		"other fingerprint": {pinned(good, ops.Issue("x").Fingerprint), configOf(good, labs), "pin", transport.ErrFingerprint, "WrongFingerprint", good.Fingerprint},
		"no fingerprint":    {pinned(good, ops.Issue("x").Fingerprint), configOf(good, labs), "", transport.ErrUnknownCA, "UnknownCA", "CN=lab"},
	} {
		t.Run(name, func(t *testing.T) {
			checks, shows := open(t, c.checks), open(t, c.shows)
			g := greet(t, checks, shows, c.trust)
			require.ErrorIs(t, g.dialErr, c.is)
			require.ErrorContains(t, g.dialErr, c.text)
			require.Equal(t, c.reason, transport.Reason(g.dialErr))
			require.ErrorIs(t, g.acceptErr, transport.ErrRefused)
			if c.trust != "" {
				return // a listener trusts all; reconcile asks for more
			}
			g = greet(t, shows, checks, "")
			require.ErrorIs(t, g.acceptErr, c.is)
			require.ErrorIs(t, g.dialErr, transport.ErrRefused)
			require.Equal(t, "Refused", transport.Reason(g.dialErr))
		})
	}
}

func TestF04ExpiredPinnedCertificate(t *testing.T) {
	ca := transporttest.NewCA(t, "lab")
	own, old := ca.Issue("own"), ca.Issue("old", transporttest.Expired)
	cfg := transport.Config{Certificate: own.Certificate, PrivateKey: own.PrivateKey, Fingerprints: map[string]string{"pin": old.Fingerprint}}
	g := greet(t, open(t, cfg), open(t, configOf(old, map[string]string{"lab": ca.File})), "pin")
	require.ErrorIs(t, g.dialErr, transport.ErrExpired)
}

func TestClientWithoutCertificate(t *testing.T) {
	ca := transporttest.NewCA(t, "lab")
	s := open(t, configOf(ca.Issue("own"), map[string]string{"lab": ca.File}))
	for _, version := range []uint16{tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		l, err := s.Listen("pssl:0:127.0.0.1")
		require.NoError(t, err)
		go func() {
			c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
			if err == nil {
				_, _ = io.ReadAll(c)
				_ = c.Close()
			}
		}()
		c, err := l.Accept()
		require.NoError(t, err)
		_, err = transport.Handshake(t.Context(), c)
		if version == tls.VersionTLS11 {
			require.ErrorContains(t, err, "unsupported versions")
		} else {
			require.Equal(t, "NoCertificate", transport.Reason(err))
		}
		require.NoError(t, l.Close())
	}
}

func TestF04PlaintextToATLSPort(t *testing.T) {
	ca := transporttest.NewCA(t, "lab")
	s := open(t, configOf(ca.Issue("own"), map[string]string{"lab": ca.File}))
	l, err := s.Listen("pssl:0:127.0.0.1")
	require.NoError(t, err)
	defer l.Close()
	plain, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer plain.Close()
	_, err = plain.Write([]byte(`{"id":"echo","method":"echo","params":[]}`))
	require.NoError(t, err)
	c, err := l.Accept()
	require.NoError(t, err)
	_, err = transport.Handshake(t.Context(), c)
	require.ErrorIs(t, err, transport.ErrNotTLS)
	require.Equal(t, "NotTLS", transport.Reason(err))
}

func TestF04PlainServerIsNotDialledWithTLS(t *testing.T) {
	ca := transporttest.NewCA(t, "lab")
	s := open(t, configOf(ca.Issue("own"), map[string]string{"lab": ca.File}))
	for _, answer := range []string{"", "SSH-2.0-OpenSSH_9.9\r\n"} {
		var plain transport.TLS
		l, err := plain.Listen("ptcp:0:127.0.0.1")
		require.NoError(t, err)
		done := make(chan struct{})
		go func() {
			defer close(done)
			if c, err := l.Accept(); err == nil {
				_, _ = io.ReadAtLeast(c, make([]byte, 1), 1)
				_, _ = io.WriteString(c, answer)
				_ = c.Close()
			}
		}()
		_, err = s.Dial(t.Context(), l.Addr().String(), "")
		require.ErrorIs(t, err, transport.ErrNotTLS)
		require.NoError(t, l.Close())
		<-done
	}
}

func TestPlainConnectionNeedsNoHandshake(t *testing.T) {
	var plain transport.TLS
	l, err := plain.Listen("ptcp:0:127.0.0.1")
	require.NoError(t, err)
	defer l.Close()
	d, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer d.Close()
	c, err := l.Accept()
	require.NoError(t, err)
	defer c.Close()
	peer, err := transport.Handshake(t.Context(), c)
	require.NoError(t, err)
	require.False(t, peer.TLS())
	require.Empty(t, peer.Names())
	require.Empty(t, peer.Fingerprint())
	require.Zero(t, peer.NotAfter())
}
