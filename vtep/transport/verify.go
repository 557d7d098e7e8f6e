package transport

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"bordergw/model"
)

// What can be wrong with a peer; errors of this package wrap them.
var (
	ErrNotConfigured = errors.New("TLS is not configured")
	ErrUnknownCA     = errors.New("the peer's certificate is of an unknown CA")
	ErrExpired       = errors.New("the peer's certificate is out of its time")
	ErrFingerprint   = errors.New("the peer's certificate is not the pinned one")
	ErrNotTLS        = errors.New("the peer does not speak TLS")
	ErrNoCertificate = errors.New("the peer shows no certificate")
	ErrRefused       = errors.New("the peer refuses our certificate")
)

var reasons = map[string]error{
	"NotConfigured": ErrNotConfigured, "UnknownCA": ErrUnknownCA, "Expired": ErrExpired, "WrongFingerprint": ErrFingerprint,
	"NotTLS": ErrNotTLS, "NoCertificate": ErrNoCertificate, "Refused": ErrRefused,
}

// Reasons are the words of Reason.
func Reasons() []string { return slices.Sorted(maps.Keys(reasons)) }

// Reason is a word for what is wrong with a peer's TLS, "" for errors of
// another kind.
func Reason(err error) string {
	for word, is := range reasons {
		if errors.Is(err, is) {
			return word
		}
	}
	return ""
}

// verify checks a peer's certificates against what trust names, "" for any of
// the configured CAs and fingerprints.
func (t *TLS) verify(m *material, trust string, certs []*x509.Certificate, now time.Time) error {
	if len(certs) == 0 {
		return ErrNoCertificate
	}
	leaf := certs[0]
	if now.After(leaf.NotAfter) || now.Before(leaf.NotBefore) {
		return fmt.Errorf("%w: it is valid from %s to %s", ErrExpired, day(leaf.NotBefore), day(leaf.NotAfter))
	}
	sum := sha256.Sum256(leaf.Raw)
	if pin, ok := t.pinned[trust]; ok {
		if sum != pin {
			return fmt.Errorf("%w: %x instead of %x (%s)", ErrFingerprint, sum, pin, trust)
		}
		return nil
	}
	pool := m.pools[trust]
	if trust == "" {
		for _, pin := range t.pinned {
			if sum == pin {
				return nil
			}
		}
		pool = m.all
	}
	if pool == nil {
		return t.Check(trust)
	}
	return chain(certs, pool, now)
}

// chain checks signatures, whatever purpose the certificates are for: ovs-pki
// makes one kind for both ends.
func chain(certs []*x509.Certificate, roots *x509.CertPool, now time.Time) error {
	between := x509.NewCertPool()
	for _, c := range certs[1:] {
		between.AddCert(c)
	}
	_, err := certs[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Errorf("%w: %w", ErrExpired, model.Plain(err))
	case errors.As(err, new(x509.UnknownAuthorityError)):
		return fmt.Errorf("%w: issuer %q", ErrUnknownCA, certs[0].Issuer)
	}
	return fmt.Errorf("the peer's certificate is not valid: %w", model.Plain(err))
}

func day(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Explain rewrites an error of a TLS connection in the words of this package. A
// peer that speaks TLS 1.3 refuses a certificate only after the handshake, so
// this applies to later errors as well.
func Explain(err error) error {
	var op *net.OpError
	var header tls.RecordHeaderError
	switch {
	case err == nil || Reason(err) != "":
		return err
	case errors.As(err, &op) && op.Op == "remote error" && strings.Contains(op.Err.Error(), "certificate"):
		return fmt.Errorf("%w: %w", ErrRefused, err)
	case errors.As(err, &header):
		return fmt.Errorf("%w: %w", ErrNotTLS, err)
	}
	return err
}

// explainHandshake is Explain for errors of the handshake itself, where a peer
// that does not understand it hangs up.
func explainHandshake(err error) error {
	err = Explain(err)
	ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
	if ended && Reason(err) == "" {
		return fmt.Errorf("%w, or refuses ours: it hung up during the handshake: %w", ErrNotTLS, err)
	}
	return err
}
