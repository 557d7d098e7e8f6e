package e2e_test

import (
	"os"
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

func TestMain(m *testing.M) {
	os.Exit(program.Built(func(path string) int {
		binary = path
		return m.Run()
	}))
}

// eventually polls until check finds nothing wrong.
func eventually(t testing.TB, within time.Duration, check func() error) {
	t.Helper()
	poll.Until(t, within, check)
}
