package transport

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
)

// Config names the files of TLS. The zero value is without TLS: only plain
// connections can be made.
type Config struct {
	// Certificate and PrivateKey are PEM files; the certificate may be followed
	// by its chain.
	Certificate, PrivateKey string
	// CAs gives the PEM file of each CA by its name.
	CAs map[string]string
	// Fingerprints gives the pinned certificates by name: the SHA-256 of the
	// certificate (DER) in hexadecimal digits.
	Fingerprints map[string]string
}

// empty reports whether there is no TLS.
func (c *Config) empty() bool {
	return c.Certificate == "" && c.PrivateKey == "" && len(c.CAs) == 0 && len(c.Fingerprints) == 0
}

// check looks at the combination of keys; files are looked at when read.
func (c *Config) check() error {
	switch {
	case c.empty():
		return nil
	case c.Certificate == "":
		return errors.New("TLS needs a certificate of our own: switches ask for one")
	case c.PrivateKey == "":
		return errors.New("the certificate needs its private key")
	case len(c.CAs)+len(c.Fingerprints) == 0:
		return errors.New("TLS needs a CA or a fingerprint to check switches by")
	}
	for name := range c.Fingerprints {
		if _, twice := c.CAs[name]; twice {
			return fmt.Errorf("%q names a CA and a fingerprint", name)
		}
	}
	return nil
}

// ParseFingerprint reads the SHA-256 of a certificate: 64 hexadecimal digits,
// which may be separated by colons as openssl prints them.
func ParseFingerprint(s string) ([sha256.Size]byte, error) {
	var sum [sha256.Size]byte
	raw, err := hex.DecodeString(strings.ReplaceAll(s, ":", ""))
	if err != nil || len(raw) != len(sum) {
		return sum, fmt.Errorf("%q is not a SHA-256 fingerprint: 64 hexadecimal digits", s)
	}
	return [sha256.Size]byte(raw), nil
}

// TLS holds certificates and decides whom to trust. The zero value is without
// any. It is safe for concurrent use.
type TLS struct {
	cfg    Config
	log    logrus.FieldLogger
	pinned map[string][sha256.Size]byte

	mu      sync.Mutex
	checked time.Time        // when the files were looked at last
	stamps  map[string]stamp // the files as they were when they were read last
	read    *material        // the last that could be used; nil for no TLS
}

// New reads all that the configuration names, and reports the first thing that
// is wrong with it.
func New(cfg Config, log logrus.FieldLogger) (*TLS, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	t := &TLS{cfg: cfg, log: log, pinned: map[string][sha256.Size]byte{}}
	for name, text := range cfg.Fingerprints {
		sum, err := ParseFingerprint(text)
		if err != nil {
			return nil, fmt.Errorf("fingerprint %q: %w", name, err)
		}
		t.pinned[name] = sum
	}
	if cfg.empty() {
		return t, nil
	}
	return t, t.Reload()
}
