//go:build neutron

package neutron_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"

	"bordergw/internal/program"
)

const (
	install = "apt-get install --no-install-recommends python3-neutron python3-networking-l2gw python3-neutronclient python3-openstackclient " +
		"python3-pymysql python3-pip python3-wheel neutron-server mariadb-server-core mariadb-client-core"
	// python is Debian's. Its packages are in no other.
	python = "/usr/bin/python3"

	// patience is for what the machine's load may delay.
	patience = 30 * time.Second
	// longPatience is for programs that read hundreds of files before they serve.
	longPatience = 5 * time.Minute
	// soon is how fast a change of a port must be on the switches.
	soon = time.Second
	// resync is resync_interval. A comparison follows after 1.1 times that at the latest.
	resync = 20 * time.Second
)

// binary is the program under test.
var binary string

func TestMain(m *testing.M) { os.Exit(prepared(m.Run)) }

func prepared(run func() int) int {
	for _, p := range []string{"neutron-server", "neutron-db-manage", "mariadbd", "mariadb-install-db", "mariadb", "openstack", "neutron"} {
		if _, err := exec.LookPath(p); err != nil {
			fmt.Fprintf(os.Stderr, "%v; install it: %s\n", err, install)
			return 1
		}
	}
	return program.Built(func(path string) int {
		binary = path
		code := run()
		if err := goleak.Find(); err != nil && code == 0 {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return code
	})
}
