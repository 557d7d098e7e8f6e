package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is a program that the benchmark started.
type process struct {
	*exec.Cmd
}

// command prepares a program that dies with the benchmark. The kernel ties it to
// the thread that starts it, so that all are started from main's goroutine,
// which is locked to its thread.
func command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

func (p process) pid() int { return p.Process.Pid }

// kill ends it at once, also while it is stopped.
func (p process) kill() {
	_ = p.Process.Kill()
	_ = p.Wait() // the error only says that it was killed
}

// cpu is what the process has used so far, all threads, in nanoseconds and not
// in the ticks of /proc: a push of 1,000 rows takes less than a tick.
func (p process) cpu() time.Duration { return cpuOf(p.pid()) }

func cpuOf(pid int) time.Duration {
	const perProcess = 2 // CPUCLOCK_SCHED, see clock_getcpuclockid(3)
	var ts unix.Timespec
	if unix.ClockGettime(int32(^pid<<3|perProcess), &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// memory reads a figure of /proc/PID/status, VmRSS or VmHWM, in bytes.
func (p process) memory(figure string) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid()))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, figure+":"); ok {
			kib, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10
		}
	}
	return 0
}

// poll waits until done, looking every so often.
func poll(every time.Duration, done func() (bool, error)) error {
	for deadline := time.Now().Add(callLimit); ; time.Sleep(every) {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("nothing more happened within %s", callLimit)
		}
	}
}

// lastWrite is when any of the files was last written.
func lastWrite(servers ...*server) (last time.Time, err error) {
	for _, s := range servers {
		info, err := os.Stat(s.file())
		if err != nil {
			return last, err
		}
		if info.ModTime().After(last) {
			last = info.ModTime()
		}
	}
	return last, nil
}

// notWritten fails if a daemon that started then, and had nothing to do, has written.
func notWritten(since time.Time, servers ...*server) error {
	last, err := lastWrite(servers...)
	if err == nil && last.After(since) {
		err = fmt.Errorf("a daemon with nothing to do has written, %s after its start", last.Sub(since))
	}
	return err
}

// buildBinary builds the program under test.
func buildBinary(dir string) (string, error) {
	path := filepath.Join(dir, "bordergw")
	out, err := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", path, "bordergw/cmd/bordergw").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building bordergw: %w\n%s", err, out)
	}
	return path, nil
}

// maxRSS is the peak memory of a process that has ended, in bytes.
func maxRSS(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return usage.Maxrss << 10
}
