package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// twoFreePorts are one behind the other.
func twoFreePorts(t *testing.T) int {
	for range 100 {
		a, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		port := a.Addr().(*net.TCPAddr).Port
		b, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port+1)))
		_ = a.Close()
		if err == nil {
			_ = b.Close()
			return port
		}
	}
	t.Fatal("no two free ports")
	return 0
}

// Toy switches are real databases that vtep-ctl reads, and end with the command.
func TestToy(t *testing.T) {
	port := twoFreePorts(t)
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- execute(ctx, []string{"toy", "--port", strconv.Itoa(port)}, nil, w, w)
		_ = w.Close()
	}()
	lines := bufio.NewReader(r)
	for n := range 2 {
		line, err := lines.ReadString('\n')
		require.NoError(t, err, line)
		require.Contains(t, line, "127.0.0.1:"+strconv.Itoa(port+n))
	}
	out, err := exec.Command("vtep-ctl", "--db=tcp:127.0.0.1:"+strconv.Itoa(port+1), "list-ports", "sw2").CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, []string{"p1", "p2", "p3", "p4"}, strings.Fields(string(out)))
	stop()
	require.Equal(t, exitOK, <-ended)
	_, err = net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	require.Error(t, err, "the servers ended with the command")
}

// A port that is taken, and numbers out of range, are named.
func TestToyRefuses(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	taken := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	for args, want := range map[string]string{
		"--port " + taken: taken, "--switches 0": "--switches", "--switches 101": "--switches", "--port 65535": "--port",
	} {
		var out strings.Builder
		require.NotEqual(t, exitOK, execute(t.Context(), append([]string{"toy"}, strings.Fields(args)...), nil, &out, &out))
		require.Contains(t, out.String(), want)
	}
}
