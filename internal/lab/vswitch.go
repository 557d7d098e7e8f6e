package lab

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// vswitch is an Open vSwitch with files and databases of its own. Its userspace datapath is in a network namespace; its
// ovsdb-server alone is in the lab's, where controllers reach it by loopback. Its own programs reach it by its socket.
type vswitch struct {
	dir       string // with databases, sockets and logs
	namespace string

	db, vswitchd *process
}

// createDBs makes the databases that are not there yet, by file and schema.
func (v *vswitch) createDBs(ctx context.Context, schemas map[string]string) error {
	if err := os.MkdirAll(v.dir, 0o755); err != nil {
		return err
	}
	for file, schema := range schemas {
		if _, err := os.Stat(v.path(file)); err == nil {
			continue
		}
		if _, err := run(v.command(ctx, "ovsdb-tool", "create", v.path(file), schema)); err != nil {
			return err
		}
	}
	return nil
}

// serveDBs starts ovsdb-server, and waits until a command that asks it succeeds.
func (v *vswitch) serveDBs(ctx context.Context, question []string, args ...string) (err error) {
	cmd := v.command(context.Background(), "ovsdb-server", append([]string{"--remote=punix:" + v.path("db.sock")}, args...)...)
	if v.db, err = start(cmd, v.path("ovsdb-server.log")); err != nil {
		return err
	}
	return v.db.await(ctx, "ovsdb-server", func() error {
		_, err := run(v.command(ctx, question[0], question[1:]...))
		return err
	})
}

func (v *vswitch) startVswitchd() (err error) {
	v.vswitchd, err = start(v.inside("ovs-vswitchd", "--disable-system", "unix:"+v.path("db.sock")), v.path("ovs-vswitchd.log"))
	return err
}

// addUplink makes the bridge of the uplink ul0. It must not have the uplink's own MAC: the kernel would take the tunnel
// packets for its own.
func (v *vswitch) addUplink(ctx context.Context, mac string) error {
	_, err := run(v.command(ctx, "ovs-vsctl", "add-br", "br-ul", "--", "set", "bridge", "br-ul", "datapath_type=netdev",
		"other_config:hwaddr="+mac, "--", "add-port", "br-ul", "ul0",
		"--", "set", "interface", "br-ul", fmt.Sprint("mtu_request=", underlayMTU)))
	return err
}

// inside is a command that runs in the network namespace.
func (v *vswitch) inside(name string, args ...string) *exec.Cmd {
	return v.command(context.Background(), "ip", append([]string{"netns", "exec", v.namespace, name}, args...)...)
}

// command sets the variables by which every Open vSwitch program finds these files instead of the system's.
func (v *vswitch) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "OVS_RUNDIR="+v.dir, "OVS_DBDIR="+v.dir, "OVS_LOGDIR="+v.dir, "OVS_SYSCONFDIR="+v.dir)
	return cmd
}

func (v *vswitch) path(file string) string { return filepath.Join(v.dir, file) }
