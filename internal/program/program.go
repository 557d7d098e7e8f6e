package program

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
)

// Built builds the program into a directory that lives as long as do runs, which gets its
// path and returns the exit code. What goes wrong is printed. It is for TestMain.
func Built(do func(path string) int) int {
	dir, err := os.MkdirTemp("", "bordergw")
	if err == nil {
		defer os.RemoveAll(dir)
		path := filepath.Join(dir, "bordergw")
		if err = Build(path); err == nil {
			return do(path)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

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

// Listen starts "bordergw serve" and returns the URL at which its API listens. The command
// has no standard output yet. A program that does not come to listen has ended.
func Listen(cmd *exec.Cmd) (url string, err error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		_ = cmd.Process.Kill()
		return "", errors.Join(fmt.Errorf("bordergw serve says %q", line), cmd.Wait())
	}
	return url, nil
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
