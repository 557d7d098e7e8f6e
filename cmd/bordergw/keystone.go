package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"bordergw/api"
	"bordergw/api/keystone"
	"bordergw/vtep/transport"
)

// keystoneConfig is what --auth keystone needs. The password is in a file, so
// that neither the configuration nor the process list shows it.
type keystoneConfig struct {
	URL           string
	Username      string
	PasswordFile  string
	Project       string
	UserDomain    string
	ProjectDomain string
	CAFile        string
	Cache         time.Duration
}

func defaultKeystone() keystoneConfig {
	return keystoneConfig{Project: "service", UserDomain: "Default", ProjectDomain: "Default", Cache: keystone.DefaultCache}
}

func (k *keystoneConfig) bind(fs *pflag.FlagSet) {
	fs.Var(setting[string]{&k.URL, "url", parseURL}, "keystone-url", "URL of Keystone, for instance https://keystone:5000/v3")
	fs.StringVar(&k.Username, "keystone-username", k.Username, "account that may validate tokens")
	fs.StringVar(&k.PasswordFile, "keystone-password-file", k.PasswordFile, "file with the password of the account")
	fs.StringVar(&k.Project, "keystone-project", k.Project, "project of the account")
	fs.StringVar(&k.UserDomain, "keystone-user-domain", k.UserDomain, "domain of the account")
	fs.StringVar(&k.ProjectDomain, "keystone-project-domain", k.ProjectDomain, "domain of the project")
	fs.StringVar(&k.CAFile, "keystone-ca-file", k.CAFile, "certificates that Keystone's is checked with (PEM; default: those of the system)")
	fs.Var(setting[time.Duration]{&k.Cache, "duration", parseHold}, "keystone-cache", "how long a token is believed without asking again")
}

func parseURL(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("%q is not a URL such as https://keystone:5000/v3", s)
	}
	return s, nil
}

// validate is for --auth keystone.
func (k *keystoneConfig) validate(o origins) error {
	for _, key := range []struct{ name, value string }{
		{"keystone-url", k.URL}, {"keystone-username", k.Username}, {"keystone-password-file", k.PasswordFile},
	} {
		if key.value == "" {
			return o.errorf("auth", "keystone needs --%s", key.name)
		}
	}
	return nil
}

// refuse says which key is of no use.
func (k *keystoneConfig) refuse(o origins) error {
	keys := pflag.NewFlagSet("", pflag.ContinueOnError)
	defaults := defaultKeystone()
	defaults.bind(keys)
	var err error
	keys.VisitAll(func(f *pflag.Flag) {
		if _, given := o[f.Name]; given && err == nil {
			err = o.errorf(f.Name, "is of use with --auth keystone only")
		}
	})
	return err
}

func (k *keystoneConfig) authenticator() (api.Authenticator, error) {
	password, err := transport.ReadFile(k.PasswordFile, maxConfigSize)
	if err != nil {
		return nil, fmt.Errorf("reading the password for Keystone: %w", err)
	}
	secret := strings.TrimRight(string(password), "\r\n")
	if secret == "" {
		return nil, fmt.Errorf("reading the password for Keystone: %s is empty", k.PasswordFile)
	}
	client, err := k.client()
	if err != nil {
		return nil, fmt.Errorf("reading the certificates for Keystone: %w", err)
	}
	return keystone.New(keystone.Options{
		URL: k.URL, Username: k.Username, Password: secret, Project: k.Project,
		UserDomain: k.UserDomain, ProjectDomain: k.ProjectDomain, Cache: k.Cache, Client: client,
	})
}

// client is nil where the system's certificates do.
func (k *keystoneConfig) client() (*http.Client, error) {
	if k.CAFile == "" {
		return nil, nil
	}
	pem, err := transport.ReadFile(k.CAFile, maxConfigSize)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New(k.CAFile + " holds no certificate")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: transport}, nil
}
