package program

import (
	"fmt"
	"os/exec"
	"runtime/debug"
)

// Build writes the program to path, with the race detector if the caller has it.
// The error has what the compiler said.
func Build(path string) error {
	args := []string{"build", "-buildvcs=false", "-o", path}
	if HasRaceDetector() {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "bordergw/cmd/bordergw")...).CombinedOutput(); err != nil {
		return fmt.Errorf("building bordergw: %w\n%s", err, out)
	}
	return nil
}

// HasRaceDetector reports whether the caller's program has the race detector.
func HasRaceDetector() bool {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return false
	}
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}
