package main

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/api"
)

// The certificate file and the password reach Keystone.
func TestKeystoneOverTLS(t *testing.T) {
	var logins int
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			logins++
			body, _ := io.ReadAll(r.Body)
			require.Contains(t, string(body), `"password":"secret"`)
			w.Header().Set("X-Subject-Token", "service")
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, `{"token":{}}`)
			return
		}
		if r.Header.Get("X-Auth-Token") != "service" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	dir := t.TempDir()
	ca, password := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "password")
	require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	require.NoError(t, os.WriteFile(password, []byte("secret\n"), 0o600))
	c := config{Auth: authKeystone, Keystone: defaultKeystone()}
	c.Keystone.URL, c.Keystone.Username, c.Keystone.PasswordFile, c.Keystone.CAFile = server.URL, "u", password, ca
	a, err := c.authenticator()
	require.NoError(t, err)
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Auth-Token", "unknown")
	_, err = a.Authenticate(r)
	require.ErrorIs(t, err, api.ErrUnauthenticated)
	require.Equal(t, 1, logins)
}

func TestKeystoneFiles(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	require.NoError(t, os.WriteFile(empty, []byte("\n"), 0o600))
	good := filepath.Join(dir, "good")
	require.NoError(t, os.WriteFile(good, []byte("secret"), 0o600))
	for _, c := range []struct{ password, ca, want string }{
		{filepath.Join(dir, "none"), "", "reading the password for Keystone: "},
		{empty, "", "is empty"},
		{good, good, "holds no certificate"},
		{good, filepath.Join(dir, "none"), "reading the certificates for Keystone: "},
	} {
		k := defaultKeystone()
		k.URL, k.PasswordFile, k.CAFile = "http://127.0.0.1:5000", c.password, c.ca
		_, err := k.authenticator()
		require.ErrorContains(t, err, c.want)
	}
}
