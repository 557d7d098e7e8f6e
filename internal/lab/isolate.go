package lab

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

// insideKey is set in the environment of the second run of a program that called Isolate, and of all it starts.
const insideKey = "BORDERGW_LAB_INSIDE"

// Isolate runs the calling program a second time, with the same arguments, in network, mount and process namespaces
// of its own (and, when the caller is not root, a user namespace). It must be called before anything else:
//
//	code, inside, err := lab.Isolate()
//	if inside { code = work() }
//	os.Exit(code)
//
// inside is true in the second run. In the first, Isolate returns after the second has ended, with its exit code;
// err then says what the machine lacks when the namespaces could not be made, and the second run has done nothing.
// The second run is process 1 of its namespace, so the kernel ends all its descendants with it. It has an empty
// /run and a loopback interface that nobody else uses. What it starts is inside already: it stays where it is.
func Isolate() (code int, inside bool, err error) {
	if os.Getenv(insideKey) != "" {
		if os.Getpid() == 1 {
			return enter()
		}
		return 0, true, nil
	}
	// The kernel sends the death signal when the thread that started the child ends, not the process.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	report, theirs, err := os.Pipe()
	if err != nil {
		return 1, false, fmt.Errorf("isolate: %w", err)
	}
	defer report.Close()
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), insideKey+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.SysProcAttr = isolation()
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		return 1, false, fmt.Errorf("isolate: %w: needs root with CAP_SYS_ADMIN and CAP_NET_ADMIN (in a container: --privileged)"+
			" or unprivileged user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone)", err)
	}
	trouble, _ := io.ReadAll(report)
	err = cmd.Wait()
	if len(trouble) > 0 {
		return 1, false, errors.New(string(trouble))
	}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return 1, false, fmt.Errorf("isolate: %w", err)
	}
	if code = cmd.ProcessState.ExitCode(); code < 0 { // ended by a signal
		code = 1
	}
	return code, false, nil
}

func isolation() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
		Pdeathsig:  syscall.SIGKILL,
	}
	if os.Geteuid() != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return attr
}

// enter makes the new namespaces usable. It writes what goes wrong to the pipe, and the first run returns it to
// its caller. No text means success.
func enter() (code int, inside bool, err error) {
	report := os.NewFile(3, "report")
	defer report.Close()
	if err := furnish(); err != nil {
		fmt.Fprintf(report, "isolate: %v", err)
		return 1, false, nil
	}
	return 0, true, nil
}

func furnish() error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := syscall.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("mount /proc: %w: the container hides parts of it (run it --privileged)", err)
	}
	if err := syscall.Mount("run", "/run", "tmpfs", 0, "mode=755"); err != nil {
		return fmt.Errorf("mount /run: %w", err)
	}
	if err := os.Mkdir("/run/netns", 0o755); err != nil {
		return fmt.Errorf("make /run/netns: %w", err)
	}
	if err := checkTun(); err != nil {
		return err
	}
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		return fmt.Errorf("ip link set lo up: %w: %s (is iproute2 installed? `make deps`)", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// checkTun finds out early what ovs-vswitchd would only write into its log: it makes its internal ports with this.
func checkTun() error {
	const path = "/dev/net/tun"
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("%w: the switches need %s, readable and writable"+
			" (missing: modprobe tun, or --device %s for a container; forbidden: chmod 0666, or run as root)", err, path, path)
	}
	return f.Close()
}

// RunTests is for the TestMain of packages whose tests need a lab with frames: it isolates the test program and runs m,
// a *testing.M, inside. Where that cannot be done the tests have failed, unless BORDERGW_NO_NETNS=1 in the environment
// says that they are to be left out.
func RunTests(m interface{ Run() int }) int {
	if os.Getenv("BORDERGW_NO_NETNS") == "1" {
		fmt.Println("left out, as BORDERGW_NO_NETNS=1 asks: these tests need network namespaces")
		return 0
	}
	code, inside, err := Isolate()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%v\nBORDERGW_NO_NETNS=1 leaves these tests out.\n", err)
	}
	if inside {
		code = m.Run()
	}
	return code
}
