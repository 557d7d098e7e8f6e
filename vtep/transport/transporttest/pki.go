// Package transporttest makes certificates for tests. Files are below
// t.TempDir; every failure ends the test.
package transporttest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// CA signs certificates.
type CA struct {
	// File is its certificate (PEM).
	File string

	t    testing.TB
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// Pair is a certificate with its private key.
type Pair struct {
	Certificate, PrivateKey string // PEM files
	// Fingerprint is the SHA-256 in hexadecimal digits.
	Fingerprint string
}

// NewCA makes a CA.
func NewCA(t testing.TB, name string) *CA {
	t.Helper()
	ca := &CA{t: t, dir: t.TempDir()}
	tmpl := template(name)
	tmpl.IsCA, tmpl.BasicConstraintsValid, tmpl.KeyUsage = true, true, x509.KeyUsageCertSign
	ca.key = ca.newKey()
	ca.cert = ca.sign(tmpl, tmpl, ca.key, ca.key)
	ca.File = filepath.Join(ca.dir, "ca.pem")
	ca.write(ca.File, "CERTIFICATE", ca.cert.Raw)
	return ca
}

// Expired sets the end of a certificate in the past.
func Expired(c *x509.Certificate) { Until(-time.Hour)(c) }

// Until sets the end of a certificate that long from now.
func Until(d time.Duration) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.NotAfter = time.Now().Add(d) }
}

// Issue makes a certificate for a subject, valid for a year.
func (ca *CA) Issue(subject string, edits ...func(*x509.Certificate)) Pair {
	ca.t.Helper()
	dir, err := os.MkdirTemp(ca.dir, "pair")
	if err != nil {
		ca.t.Fatal(err)
	}
	p := Pair{Certificate: filepath.Join(dir, "cert.pem"), PrivateKey: filepath.Join(dir, "key.pem")}
	ca.Renew(&p, subject, edits...)
	return p
}

// Renew replaces a pair's files by a new certificate and key. The key comes
// last, so that for a moment the files do not fit together.
func (ca *CA) Renew(p *Pair, subject string, edits ...func(*x509.Certificate)) {
	ca.t.Helper()
	tmpl := template(subject)
	for _, edit := range edits {
		edit(tmpl)
	}
	key := ca.newKey()
	cert := ca.sign(tmpl, ca.cert, key, ca.key)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		ca.t.Fatal(err)
	}
	ca.write(p.Certificate, "CERTIFICATE", cert.Raw)
	ca.write(p.PrivateKey, "PRIVATE KEY", secret)
	sum := sha256.Sum256(cert.Raw)
	p.Fingerprint = hex.EncodeToString(sum[:])
}

func template(subject string) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62)) // does not fail (crypto/rand)
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: subject},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(365 * 24 * time.Hour),
	}
}

func (ca *CA) newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		ca.t.Fatal(err)
	}
	return key
}

func (ca *CA) sign(tmpl, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) *x509.Certificate {
	raw, err := x509.CreateCertificate(rand.Reader, tmpl, parent, &key.PublicKey, signer)
	if err != nil {
		ca.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		ca.t.Fatal(err)
	}
	return cert
}

func (ca *CA) write(path, kind string, der []byte) {
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		ca.t.Fatal(err)
	}
}
