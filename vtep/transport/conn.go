package transport

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net"
	"strings"
	"time"

	"bordergw/vtep/ovsdb"
)

// handshakeTimeout is how long a peer may take for the TLS handshake.
const handshakeTimeout = 10 * time.Second

// Dial connects to "HOST:PORT" with TLS, for at most as long as ctx lets it.
// The switch's certificate must be trusted through the CA or fingerprint of
// that name, "" for any.
func (t *TLS) Dial(ctx context.Context, address, trust string) (net.Conn, error) {
	if err := t.Check(trust); err != nil {
		return nil, err
	}
	c, err := ovsdb.Dial(ctx, "ssl:"+address, t.config(trust))
	return c, explainHandshake(err)
}

// config is used for one handshake of a client, or for all of a listener: what
// may change is asked for each time.
func (t *TLS) config(trust string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return t.current().pair, nil
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return t.current().pair, nil
		},
		ClientAuth: tls.RequestClientCert, // VerifyConnection insists on it
		// Replaces a check that includes the host name; VerifyConnection makes
		// the rest of it, always.
		InsecureSkipVerify: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			return t.verify(t.current(), trust, s.PeerCertificates, time.Now())
		},
		SessionTicketsDisabled: true,
	}
}

// Peer is who is at the other end of a connection, as far as its certificate
// says. The zero value is of a plain connection.
type Peer struct {
	certs []*x509.Certificate
}

// PeerOf returns who is at the other end of a connection whose handshake is
// complete.
func PeerOf(c net.Conn) Peer {
	t, ok := c.(*tls.Conn)
	if !ok {
		return Peer{}
	}
	return Peer{certs: t.ConnectionState().PeerCertificates}
}

// Handshake completes an accepted connection within 10 s: nothing is to be done
// for a plain one. It closes a connection that it can not complete.
func Handshake(ctx context.Context, c net.Conn) (Peer, error) {
	t, ok := c.(*tls.Conn)
	if !ok {
		return Peer{}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	if err := t.HandshakeContext(ctx); err != nil {
		_ = c.Close()
		return Peer{}, fmt.Errorf("TLS handshake: %w", explainHandshake(err))
	}
	return PeerOf(c), nil
}

// TLS reports whether the connection is encrypted.
func (p Peer) TLS() bool { return len(p.certs) > 0 }

// NotAfter is when the peer's certificate expires; zero without one.
func (p Peer) NotAfter() time.Time {
	if !p.TLS() {
		return time.Time{}
	}
	return p.certs[0].NotAfter
}

// Fingerprint is the SHA-256 of the peer's certificate in hexadecimal digits;
// "" without one.
func (p Peer) Fingerprint() string {
	if !p.TLS() {
		return ""
	}
	sum := sha256.Sum256(p.certs[0].Raw)
	return hex.EncodeToString(sum[:])
}

// Names are what the certificate calls its subject: the common name and the DNS
// names. ovs-pki appends " id:UUID" to both, which is left out.
func (p Peer) Names() []string {
	if !p.TLS() {
		return nil
	}
	var out []string
	for _, name := range append([]string{p.certs[0].Subject.CommonName}, p.certs[0].DNSNames...) {
		if name, _, _ = strings.Cut(name, " id:"); name != "" {
			out = append(out, name)
		}
	}
	return out
}

// Trusts reports whether the peer may speak for a device that names trust: its
// certificate must be trusted through that CA or fingerprint, "" for any.
func (t *TLS) Trusts(p Peer, trust string) error {
	if err := t.Check(trust); err != nil {
		return err
	}
	return t.verify(t.current(), trust, p.certs, time.Now())
}

// Pinned reports whether trust names the fingerprint of the peer's certificate.
func (t *TLS) Pinned(p Peer, trust string) bool {
	pin, ok := t.pinned[trust]
	return ok && p.Fingerprint() == hex.EncodeToString(pin[:])
}

// Check reports whether TLS can be used with switches that are trusted by that
// name; "" stands for all names.
func (t *TLS) Check(trust string) error {
	_, ca := t.cfg.CAs[trust]
	_, pin := t.pinned[trust]
	switch {
	case t.cfg.empty():
		return fmt.Errorf("%w: the daemon has no tls-certificate", ErrNotConfigured)
	case trust != "" && !ca && !pin:
		return fmt.Errorf("%w: there is no tls-ca or tls-fingerprint named %q", ErrNotConfigured, trust)
	}
	return nil
}
