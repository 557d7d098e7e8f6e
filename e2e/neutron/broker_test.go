//go:build neutron

package neutron_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"bordergw/internal/ovsdbtest"
	"bordergw/internal/poll"
)

// startBroker runs a RabbitMQ on all addresses until the test ends, and returns its port. Its name is its own, since
// all of a machine register theirs in one place.
func startBroker(t *testing.T) (port int) {
	t.Helper()
	dir, port := t.TempDir(), ovsdbtest.ReservePort(t)
	write(t, filepath.Join(dir, "rabbitmq.conf"), fmt.Sprintf("listeners.tcp.default = %d\nloopback_users = none\n", port))
	cmd := exec.Command("/usr/lib/rabbitmq/bin/rabbitmq-server")
	cmd.Env = append(os.Environ(), "HOME="+dir, "RABBITMQ_CONF_ENV_FILE=/dev/null", "RABBITMQ_CONFIG_FILE="+filepath.Join(dir, "rabbitmq.conf"),
		fmt.Sprintf("RABBITMQ_NODENAME=rabbit%d@localhost", port), "RABBITMQ_MNESIA_BASE="+dir, "RABBITMQ_LOG_BASE="+dir,
		"RABBITMQ_ENABLED_PLUGINS_FILE="+filepath.Join(dir, "plugins"), fmt.Sprint("RABBITMQ_DIST_PORT=", ovsdbtest.ReservePort(t)))
	run(t, cmd, filepath.Join(dir, "output"))
	took := poll.Until(t, longPatience, func() error { return greets(port) })
	t.Logf("measured: RabbitMQ serves after %s", took.Round(time.Millisecond))
	return port
}

// greets is nil if an AMQP server answers on a port.
func greets(port int) error {
	c, err := net.DialTimeout("tcp", fmt.Sprint("127.0.0.1:", port), time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := c.Write([]byte("AMQP\x00\x00\x09\x01")); err != nil {
		return err
	}
	_, err = c.Read(make([]byte, 1))
	return err
}
