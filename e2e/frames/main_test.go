package frames_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"bordergw/internal/lab"
	"bordergw/internal/program"
)

// binaryKey shows the second run of the test program, inside the namespaces, where the first has put the program
// under test.
const binaryKey = "BORDERGW_E2E_BINARY"

// full asks for the long scenarios.
var full = os.Getenv("BORDERGW_E2E") == "full"

func TestMain(m *testing.M) {
	if os.Getenv(binaryKey) != "" {
		os.Exit(lab.RunTests(m))
	}
	os.Exit(built(func() int { return lab.RunTests(m) }))
}

// built runs do with the program under test built, with the race detector if the tests have it.
func built(do func() int) int {
	dir, err := os.MkdirTemp("", "frames")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "bordergw")
	if err := program.Build(binary); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := os.Setenv(binaryKey, binary); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return do()
}
