//go:build neutron

package neutron_test

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/poll"
)

// database is a MariaDB that listens on a unix socket only.
type database struct{ socket string }

// startDatabase runs a MariaDB with the empty database neutron until the test ends.
func startDatabase(t *testing.T) database {
	t.Helper()
	// Not t.TempDir: the path of a unix socket is limited to 108 bytes.
	dir, err := os.MkdirTemp("", "ndb")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	me, err := user.Current()
	require.NoError(t, err)
	data := filepath.Join(dir, "data")
	out, err := exec.Command("mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal",
		"--datadir="+data, "--user="+me.Username, "--skip-test-db").CombinedOutput()
	require.NoError(t, err, "%s", out)

	db := database{socket: filepath.Join(dir, "sock")}
	cmd := exec.Command("mariadbd", "--no-defaults", "--user="+me.Username, "--datadir="+data, "--socket="+db.socket,
		"--pid-file="+filepath.Join(dir, "pid"), "--skip-networking", "--skip-grant-tables",
		"--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--innodb-buffer-pool-size=64M")
	run(t, cmd, filepath.Join(dir, "log"))
	poll.Until(t, longPatience, func() error {
		_, err := db.try("", "create database if not exists neutron character set utf8mb3")
		return err
	})
	return db
}

// url is how SQLAlchemy names the database.
func (d database) url() string {
	return "mysql+pymysql://root@localhost/neutron?unix_socket=" + d.socket
}

func (d database) try(name, statement string) (string, error) {
	out, err := exec.Command("mariadb", "--no-defaults", "-S", d.socket, "-N", "-e", statement, name).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// sql runs a statement and returns its rows, without headings.
func (d database) sql(t *testing.T, statement string) string {
	t.Helper()
	out, err := d.try("neutron", statement)
	require.NoError(t, err, out)
	return out
}

// run starts a program whose output goes to a file, and kills it, with all that it has
// started, when the test ends. The log of a test that fails is shown.
func run(t *testing.T, cmd *exec.Cmd, log string) *process {
	t.Helper()
	f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	defer f.Close()
	cmd.Stdout, cmd.Stderr = f, f
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start())
	p := &process{cmd: cmd, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		_ = cmd.Wait()
	}()
	t.Cleanup(p.kill)
	return p
}

// process is a program in a process group of its own.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// kill ends the whole group with SIGKILL.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // the group may be gone
	<-p.ended
}

// end ends the program with a signal, and what it then leaves of the group with SIGKILL.
func (p *process) end(signal syscall.Signal) {
	_ = p.cmd.Process.Signal(signal)
	select {
	case <-p.ended:
	case <-time.After(longPatience):
	}
	p.kill()
}

func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}
