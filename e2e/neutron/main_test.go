//go:build neutron

package neutron_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"

	"bordergw/internal/lab"
	"bordergw/internal/program"
)

const (
	install = "apt-get install --no-install-recommends python3-neutron python3-networking-l2gw python3-neutronclient python3-openstackclient " +
		"python3-keystone python3-pymysql python3-pip python3-wheel neutron-server mariadb-server-core mariadb-client-core " +
		"rabbitmq-server neutron-openvswitch-agent"
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

// full asks for the agents, which need network namespaces.
var full = os.Getenv("BORDERGW_E2E") == "full"

// binaryKey shows the second run of the test program, inside of its namespaces, where the program under test is.
const binaryKey = "BORDERGW_E2E_BINARY"

// binary is the program under test.
var binary = os.Getenv(binaryKey)

func TestMain(m *testing.M) {
	isolated := func() int { return lab.RunTests(checked{m}) }
	switch {
	case binary != "":
		os.Exit(isolated())
	case full:
		os.Exit(prepared(isolated))
	}
	os.Exit(prepared(checked{m}.Run))
}

// checked are the tests, and a look for goroutines that they leave.
type checked struct{ *testing.M }

func (c checked) Run() int {
	code := c.M.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func prepared(run func() int) int {
	programs := []string{"neutron-server", "neutron-db-manage", "mariadbd", "mariadb-install-db", "mariadb", "openstack", "neutron", "rabbitmq-server"}
	if full {
		programs = append(programs, "neutron-openvswitch-agent")
	}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			fmt.Fprintf(os.Stderr, "%v; install it: %s\n", err, install)
			return 1
		}
	}
	return program.Built(func(path string) int {
		binary = path
		if err := os.Setenv(binaryKey, path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return run()
	})
}
