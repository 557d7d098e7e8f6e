package main

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/sirupsen/logrus"

	"bordergw/vtep/transport"
)

// repeated is a flag that may be given several times, and a key that holds a
// list. Given as flag it replaces what the file says.
type repeated struct {
	target *[]string
	kind   string // with "=" for pairs, which are a mapping in the file
	check  func(string) error
}

// Set implements pflag.Value: it adds an element.
func (r repeated) Set(text string) error {
	if err := r.check(text); err != nil {
		return err
	}
	*r.target = append(*r.target, text)
	return nil
}

func (r repeated) String() string {
	if r.target == nil { // pflag calls it on the zero value
		return ""
	}
	return strings.Join(*r.target, " ")
}

func (r repeated) Type() string { return r.kind }

// Append implements pflag.SliceValue.
func (r repeated) Append(text string) error { return r.Set(text) }

// Replace implements pflag.SliceValue.
func (r repeated) Replace(texts []string) error {
	*r.target = nil
	for _, text := range texts {
		if err := r.Set(text); err != nil {
			return err
		}
	}
	return nil
}

// GetSlice implements pflag.SliceValue.
func (r repeated) GetSlice() []string { return *r.target }

func checkEndpoint(text string) error {
	_, err := transport.ParseEndpoint(text)
	return err
}

func checkNamedFile(text string) error {
	if name, file, _ := strings.Cut(text, "="); name == "" || file == "" {
		return fmt.Errorf("%q is not NAME=FILE", text)
	}
	return nil
}

func checkNamedFingerprint(text string) error {
	name, sum, _ := strings.Cut(text, "=")
	if name == "" {
		return fmt.Errorf("%q is not NAME=SHA256", text)
	}
	_, err := transport.ParseFingerprint(sum)
	return err
}

// tlsConfig reads "NAME=VALUE" pairs into maps.
func (c *config) tlsConfig() (transport.Config, error) {
	cas, err := byName("tls-ca", c.TLSCAs)
	if err != nil {
		return transport.Config{}, err
	}
	pins, err := byName("tls-fingerprint", c.TLSFingerprints)
	return transport.Config{Certificate: c.TLSCertificate, PrivateKey: c.TLSPrivateKey, CAs: cas, Fingerprints: pins}, err
}

func byName(key string, pairs []string) (map[string]string, error) {
	out := map[string]string{}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("--%s: %s is given twice", key, name)
		}
		out[name] = value
	}
	return out, nil
}

// transport reads the TLS files, and checks that every listener can do with
// them.
func (c *config) transport(log logrus.FieldLogger) (*transport.TLS, error) {
	cfg, err := c.tlsConfig()
	if err != nil {
		return nil, err
	}
	secure, err := transport.New(cfg, log)
	if err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	for _, spec := range c.OVSDBListen {
		if e, err := transport.ParseEndpoint(spec); err == nil && e.TLS {
			if err := secure.Check(""); err != nil {
				return nil, fmt.Errorf("--ovsdb-listen: %s: %w", spec, err)
			}
		}
	}
	return secure, nil
}

// sockets are where switches dial in.
type sockets []net.Listener

func openSockets(secure *transport.TLS, specs []string, log logrus.FieldLogger) (sockets, error) {
	var out sockets
	for _, spec := range specs {
		l, err := secure.Listen(spec)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("opening a socket for switches: %w", err), out.Close())
		}
		log.WithField("listen", l.Addr().String()).Infof("switches can dial in (%s)", spec)
		out = append(out, l)
	}
	return out, nil
}

// Close closes those that are still open.
func (s sockets) Close() error {
	var all error
	for _, l := range s {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			all = errors.Join(all, err)
		}
	}
	return all
}
