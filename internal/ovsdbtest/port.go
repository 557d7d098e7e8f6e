package ovsdbtest

import (
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"
)

// Ports are taken below the kernel's default ephemeral range, so that no
// outgoing connection occupies the port of a stopped server.
const portBase, portSpan = 12000, 20000

// ReservePort returns a TCP port of 127.0.0.1 that nobody uses, and that no other
// test of this machine is given before this one ends. Whoever is to listen there
// may: ovsdb-server and net.Listen set SO_REUSEADDR. Until somebody does, and
// whenever he has stopped, connections are refused.
func ReservePort(t testing.TB) int {
	t.Helper()
	for range 1000 {
		port := portBase + rand.IntN(portSpan)
		if fd, err := reserve(port); err == nil {
			t.Cleanup(func() { _ = unix.Close(fd) })
			return port
		}
	}
	t.Fatal("ovsdbtest: no free TCP port")
	return 0
}

// reserve binds a socket that never listens. It is bound without SO_REUSEADDR,
// which fails beside any other socket on the port, and allows others on it after.
func reserve(port int) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if err = unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err == nil {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}
	if err != nil {
		_ = unix.Close(fd)
	}
	return fd, err
}
