package frames_test

import (
	"fmt"
	"os"
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
	os.Exit(program.Built(func(path string) int {
		if err := os.Setenv(binaryKey, path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return lab.RunTests(m)
	}))
}
