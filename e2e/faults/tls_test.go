package faults_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"

	"bordergw/e2e/faults/rig"
	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/vtep/transport"
	"bordergw/vtep/transport/transporttest"
)

// withTLS is a site that trusts a CA and shows a certificate of it.
func withTLS(t *testing.T, ca *transporttest.CA, own transporttest.Pair) *rig.Site {
	log := logrus.New()
	log.SetOutput(io.Discard)
	trust, err := transport.New(transport.Config{
		Certificate: own.Certificate, PrivateKey: own.PrivateKey, CAs: map[string]string{"lab": ca.File},
	}, log)
	require.NoError(t, err)
	return rig.New(t, reconcile.Options{TLS: trust})
}

// terminated serves a database with TLS and returns what each client showed.
func terminated(t *testing.T, server *ovsdbtest.Server, shows transporttest.Pair, seen func(tls.ConnectionState)) int {
	pair, err := tls.LoadX509KeyPair(shows.Certificate, shows.PrivateKey)
	require.NoError(t, err)
	return rig.Listen(t, func(raw net.Conn) {
		defer raw.Close()
		conn := tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert})
		if conn.HandshakeContext(t.Context()) != nil {
			return
		}
		seen(conn.ConnectionState())
		plain, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", server.Port()))
		if err != nil {
			return
		}
		defer plain.Close()
		go func() {
			_, _ = io.Copy(plain, conn) // ends with either
			plain.Close()
		}()
		_, _ = io.Copy(conn, plain)
	})
}

func overTLS(s *rig.Site, name string, port int) string {
	return s.RegisterAs(model.GatewayDevice{Name: name, ManagementPort: uint16(port), ManagementProtocol: model.ProtocolOVSDBTLS, TLS: "lab"})
}

// TestF04_BadCertificates: the reason is shown, and a switch that can not be
// trusted is not asked again and again. (Package transport tests more kinds.)
func TestF04_BadCertificates(t *testing.T) {
	t.Parallel()
	ca, stranger := transporttest.NewCA(t, "lab"), transporttest.NewCA(t, "stranger")
	s := withTLS(t, ca, ca.Issue("controller"))
	server := ovsdbtest.Start(t)
	server.AddSwitch("tor1", "192.0.2.1", "p1")
	var asked atomic.Int64
	count := func(net.Conn) { asked.Add(1) }
	nobody := func(tls.ConnectionState) {}
	began := time.Now()
	ids := map[string]string{
		"out of its time": overTLS(s, "expired", terminated(t, server, ca.Issue("sw", transporttest.Expired), nobody)),
		"unknown CA":      overTLS(s, "stranger", terminated(t, server, stranger.Issue("sw"), nobody)),
		"TLS": overTLS(s, "plain", rig.Listen(t, func(c net.Conn) {
			count(c)
			says("{}")(c)
		})),
	}
	for word, id := range ids {
		s.Device(rig.Patience, id, model.DeviceUnreachable, word)
	}
	measured(t, time.Since(began), 0)
	good := overTLS(s, "tor1", terminated(t, server, ca.Issue("sw"), nobody))
	s.InSync(good)
	require.Less(t, asked.Load(), int64(8))
}

// TestF05_CertificateRotated: our certificate is replaced on disk. The session
// stands, the next one shows the new certificate.
func TestF05_CertificateRotated(t *testing.T) {
	t.Parallel()
	ca := transporttest.NewCA(t, "lab")
	own := ca.Issue("first")
	s := withTLS(t, ca, own)
	server := ovsdbtest.Start(t)
	server.AddSwitch("tor1", "192.0.2.1", "p1")
	var mu sync.Mutex
	var shown []string
	port := terminated(t, server, ca.Issue("sw"), func(st tls.ConnectionState) {
		mu.Lock()
		defer mu.Unlock()
		shown = append(shown, st.PeerCertificates[0].Subject.CommonName)
	})
	proxy := rig.NewProxy(t, port)
	device := overTLS(s, "tor1", proxy.Port())
	s.InSync(device)
	ca.Renew(&own, "second")
	s.Join(s.Network("net", 5001), rig.At{Switch: "tor1", Port: "p1", VLAN: 100})
	rig.Holds(t, soon, server, carried...)
	last := func() (string, int) {
		mu.Lock()
		defer mu.Unlock()
		return shown[len(shown)-1], len(shown)
	}
	name, sessions := last()
	require.Equal(t, "first", name)
	require.Equal(t, 1, sessions, "the session stands")
	began := time.Now()
	rig.Eventually(t, rig.Patience, func() error {
		proxy.Cut()
		s.InSync(device)
		if name, _ := last(); name != "second" {
			return errors.New("the first is still shown")
		}
		return nil
	})
	measured(t, 0, time.Since(began))
}
