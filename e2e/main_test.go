package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"bordergw/internal/poll"
	"bordergw/internal/program"
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
	if err := program.Build(binary); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return run()
}

// eventually polls until check finds nothing wrong.
func eventually(t testing.TB, within time.Duration, check func() error) {
	t.Helper()
	poll.Until(t, within, check)
}
