package model_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// TestPlain: no error of the Go library reaches people in the library's words.
func TestPlain(t *testing.T) {
	gone := listen(t)
	address := gone.Addr().String()
	require.NoError(t, gone.Close())
	missing := filepath.Join(t.TempDir(), "missing")
	for want, err := range map[string]error{
		"connection refused":                             failure(net.Dial("tcp", address)),
		"no answer in time":                              readLate(t),
		"the peer closed the connection":                 io.EOF,
		"the connection is closed":                       failure(gone.Accept()),
		"no host is called sw1.example":                  &net.DNSError{Err: "no such host", Name: "sw1.example", Server: "192.0.2.1:53", IsNotFound: true},
		"no name server says in time where sw1 is":       &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "i/o timeout", Name: "sw1", IsTimeout: true}},
		"no name server says where sw1 is: misbehaving":  &net.DNSError{Err: "misbehaving", Name: "sw1"},
		missing + ": no such file or directory":          failure(os.Open(missing)),
		`"x" is not a number`:                            failure(strconv.ParseUint("x", 10, 16)),
		"99999 is out of range":                          failure(strconv.ParseUint("99999", 10, 16)),
		"it is not JSON from byte 2 on":                  json.Unmarshal([]byte("{x"), &struct{}{}),
		"networks.vni: string is not what belongs there": json.Unmarshal([]byte(`{"networks":{"vni":"x"}}`), &jsonNetworks{}),
		"byte 1: array is not what belongs there":        json.Unmarshal([]byte(`[]`), &struct{}{}),
		`unknown field "x"`:                              unknownField(),
		"the peer's certificate is of an unknown CA":     &url.Error{Op: "Get", URL: "https://sw1", Err: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}},
		"the peer refuses: bad certificate":              &net.OpError{Op: "remote error", Err: tls.AlertError(42)},
		"the peer does not speak TLS":                    &url.Error{Op: "Get", URL: "https://sw1", Err: errors.New("http: server gave HTTP response to HTTPS client")},
		"sw1 has no port p1":                             errors.New("sw1 has no port p1"),
	} {
		plain := model.Plain(err)
		require.EqualError(t, plain, want, "%v", err)
		require.ErrorIs(t, plain, err, "what it was can be found")
		require.Equal(t, want, model.Plain(plain).Error(), "twice is once")
	}
	require.NoError(t, model.Plain(nil))
	require.ErrorIs(t, model.Plain(failure(net.Dial("tcp", address))), syscall.ECONNREFUSED)
	require.ErrorIs(t, model.Plain(failure(os.Open(missing))), os.ErrNotExist)
}

// TestPlainOfClient: neither does what an HTTP client and a TLS handshake meet.
func TestPlainOfClient(t *testing.T) {
	l := listen(t)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("SSH-2.0-toy\r\n"))
			_ = c.Close()
		}
	}()
	for _, u := range []string{"https://" + l.Addr().String(), "http://127.0.0.1:0", "http://[::1"} {
		_, err := http.Get(u)
		text := model.Plain(err).Error()
		for _, word := range []string{"dial", "tcp", "lookup", "tls:", "Get", "syscall", "connect:"} {
			require.NotContains(t, text, word, u)
		}
		require.NotEmpty(t, strings.TrimSpace(text))
	}
}

func listen(t *testing.T) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func failure[T any](_ T, err error) error { return err }

// readLate is what a read gives after its deadline.
func readLate(t *testing.T) error {
	c, err := net.Dial("tcp", listen(t).Addr().String())
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetReadDeadline(time.Unix(1, 0)))
	return failure(c.Read(make([]byte, 1)))
}

func unknownField() error {
	d := json.NewDecoder(strings.NewReader(`{"x":1}`))
	d.DisallowUnknownFields()
	if err := d.Decode(&struct{}{}); err != nil {
		return err
	}
	return fmt.Errorf("there is none")
}

type jsonNetworks struct {
	Networks struct {
		VNI int `json:"vni"`
	} `json:"networks"`
}
