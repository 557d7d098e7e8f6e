package transport

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"bordergw/model"
)

const (
	// maxFile bounds what is read of a file, in bytes.
	maxFile = 1 << 20
	// checkEvery is how often files are looked at, at most, when connections
	// come in faster.
	checkEvery = time.Second
)

// stamp distinguishes two contents of a file, so far as the file system does.
type stamp struct {
	modified time.Time
	size     int64
	err      string
}

// material is what the files hold. It is not changed once it is made.
type material struct {
	pair  *tls.Certificate
	cas   map[string][]*x509.Certificate
	pools map[string]*x509.CertPool
	all   *x509.CertPool
}

// files lists what the configuration names.
func (c *Config) files() []string {
	out := []string{c.Certificate, c.PrivateKey}
	for _, path := range c.CAs {
		out = append(out, path)
	}
	return out
}

func (c *Config) stamps() map[string]stamp {
	out := map[string]stamp{}
	for _, path := range c.files() {
		info, err := os.Stat(path)
		if err != nil {
			out[path] = stamp{err: err.Error()}
			continue
		}
		out[path] = stamp{modified: info.ModTime(), size: info.Size()}
	}
	return out
}

// load reads the files.
func (c *Config) load() (*material, error) {
	pair, err := loadPair(c.Certificate, c.PrivateKey)
	if err != nil {
		return nil, err
	}
	m := &material{pair: pair, cas: map[string][]*x509.Certificate{}, pools: map[string]*x509.CertPool{}, all: x509.NewCertPool()}
	for name, path := range c.CAs {
		text, err := ReadFile(path, maxFile)
		if err != nil {
			return nil, fmt.Errorf("CA %q: %w", name, err)
		}
		certs, err := parseCertificates(text)
		if err != nil {
			return nil, fmt.Errorf("CA %q: %s: %w", name, path, model.Plain(err))
		}
		m.cas[name], m.pools[name] = certs, x509.NewCertPool()
		for _, cert := range certs {
			m.pools[name].AddCert(cert)
			m.all.AddCert(cert)
		}
	}
	return m, nil
}

func loadPair(certificate, key string) (*tls.Certificate, error) {
	cert, err := ReadFile(certificate, maxFile)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	secret, err := ReadFile(key, maxFile)
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	pair, err := tls.X509KeyPair(cert, secret)
	if err != nil {
		return nil, fmt.Errorf("certificate %s with private key %s: %w", certificate, key, model.Plain(err))
	}
	return &pair, nil
}

// parseCertificates reads a PEM file that holds certificates; text around them,
// as ovs-pki writes it, is skipped.
func parseCertificates(text []byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(out)+1, model.Plain(err))
		}
		out = append(out, cert)
	}
	if len(out) == 0 {
		return nil, errors.New("there is no certificate in it")
	}
	return out, nil
}

// Reload reads the files now. If they can not be used, what was read before
// stays in use.
func (t *TLS) Reload() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.reload(t.cfg.stamps())
}

func (t *TLS) reload(stamps map[string]stamp) error {
	if t.cfg.empty() {
		return nil
	}
	t.checked, t.stamps = time.Now(), stamps
	m, err := t.cfg.load()
	if err != nil {
		return err
	}
	t.read = m
	return nil
}

// current is what to use in a handshake: the files as they are, if they can be
// used.
func (t *TLS) current() *material {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Since(t.checked) < checkEvery {
		return t.read
	}
	t.checked = time.Now()
	stamps := t.cfg.stamps()
	same := func(path string) bool { return stamps[path] == t.stamps[path] }
	if slices.IndexFunc(t.cfg.files(), func(path string) bool { return !same(path) }) < 0 {
		return t.read
	}
	if err := t.reload(stamps); err != nil {
		t.log.WithField("err", err).Error("the TLS files have changed and can not be used: those read before stay in use")
	} else {
		t.log.Info("the TLS files have changed and are in use")
	}
	return t.read
}

// Expiries returns when each certificate in use expires: "own", and of each CA
// "ca/NAME" the one that expires first.
func (t *TLS) Expiries() map[string]time.Time {
	out := map[string]time.Time{}
	if t.cfg.empty() {
		return out
	}
	m := t.current()
	out["own"] = m.pair.Leaf.NotAfter
	for name, certs := range m.cas {
		first := slices.MinFunc(certs, func(a, b *x509.Certificate) int { return a.NotAfter.Compare(b.NotAfter) })
		out["ca/"+name] = first.NotAfter
	}
	return out
}
