package ovsdb

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"bordergw/model"
)

// UserTimeout is how long sent data may stay unacknowledged before the kernel
// gives a TCP connection up, where the kernel can do that.
const UserTimeout = 20 * time.Second

// Dial connects to "tcp:HOST:PORT", "ssl:HOST:PORT" or "unix:PATH", an IPv6
// address in brackets, and completes the TLS handshake. It waits as long as ctx
// lets it. tlsConfig is for ssl only and is not changed; its ServerName defaults
// to HOST.
func Dial(ctx context.Context, endpoint string, tlsConfig *tls.Config) (net.Conn, error) {
	c, err := dial(ctx, endpoint, tlsConfig)
	if err != nil {
		return nil, fmt.Errorf("cannot connect to %s: %w", strings.TrimPrefix(strings.TrimPrefix(endpoint, "tcp:"), "ssl:"), err)
	}
	return c, nil
}

func dial(ctx context.Context, endpoint string, tlsConfig *tls.Config) (net.Conn, error) {
	scheme, address, _ := strings.Cut(endpoint, ":")
	var d net.Dialer
	if scheme == "unix" && address != "" {
		c, err := d.DialContext(ctx, "unix", address)
		return c, model.Plain(err)
	}
	host, err := checkEndpoint(scheme, address)
	if err != nil {
		return nil, fmt.Errorf("endpoint %q: %w", endpoint, err)
	}
	if scheme == "ssl" && tlsConfig == nil {
		return nil, fmt.Errorf("endpoint %q: no TLS configuration", endpoint)
	}
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, model.Plain(err)
	}
	if err := KeepAlive(c); err != nil {
		c.Close()
		return nil, err
	}
	if scheme == "tcp" {
		return c, nil
	}
	return handshake(ctx, c, tlsConfig, host)
}

func checkEndpoint(scheme, address string) (host string, err error) {
	if scheme != "tcp" && scheme != "ssl" {
		return "", errors.New("not of the form tcp:HOST:PORT, ssl:HOST:PORT or unix:PATH")
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", model.Plain(err)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("port %q is not a number from 1 to 65535", port)
	}
	if host == "" {
		return "", errors.New("no host")
	}
	return host, nil
}

func handshake(ctx context.Context, c net.Conn, config *tls.Config, host string) (net.Conn, error) {
	if config.ServerName == "" {
		config = config.Clone()
		config.ServerName = host
	}
	t := tls.Client(c, config)
	if err := t.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, fmt.Errorf("%w: TLS handshake: %w", ErrNoAnswer, model.Plain(err))
	}
	return t, nil
}

// KeepAlive makes the kernel find out within about 20 s that the other end of a
// TCP connection is gone, idle or not. Dial does this; an accepted connection
// needs it. Connections of another kind are left alone.
func KeepAlive(c net.Conn) error {
	t, ok := c.(*net.TCPConn)
	if !ok {
		return nil
	}
	err := t.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 5 * time.Second, Count: 3})
	if err != nil {
		return fmt.Errorf("setting TCP keepalive: %w", err)
	}
	raw, err := t.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	if err := raw.Control(func(fd uintptr) { set = setUserTimeout(int(fd), UserTimeout) }); err != nil {
		return err
	}
	if set != nil {
		return fmt.Errorf("setting TCP_USER_TIMEOUT: %w", set)
	}
	return nil
}
