package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"
	"time"
)

// patience is for what the machine's load may delay. What has a limit of its
// own is not given it.
const patience = 30 * time.Second

// binary is the program under test.
var binary string

func TestMain(m *testing.M) { os.Exit(withBinary(m.Run)) }

func withBinary(run func() int) int {
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "bordergw")
	args := []string{"build", "-buildvcs=false", "-o", binary}
	if withRaceDetector() {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "bordergw/cmd/bordergw")...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building bordergw: %v\n%s", err, out)
		return 1
	}
	return run()
}

// withRaceDetector tells whether this test has the race detector.
func withRaceDetector() bool {
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}

// eventually polls until check finds nothing wrong.
func eventually(t testing.TB, within time.Duration, check func() error) {
	t.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %v", within, err)
		}
	}
}
