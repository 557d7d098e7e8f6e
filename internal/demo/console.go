package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
)

// console runs commands as a user would and shows them with what they print.
type console struct {
	out io.Writer
	bin string   // path of bordergw
	env []string // for every command
}

// sh prints a command, runs it, and prints what it had to say; its standard output is returned, too.
func (c *console) sh(ctx context.Context, name string, args ...string) (string, error) {
	line := shellLine(name, args)
	fmt.Fprintln(c.out, "$ "+line)
	if name == "bordergw" {
		name = c.bin
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = c.env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	fmt.Fprintf(c.out, "%s%s", stdout.Bytes(), stderr.Bytes())
	if err != nil {
		return "", fmt.Errorf("%s: %w", line, err)
	}
	return stdout.String(), nil
}

// title prints a heading.
func (c *console) title(format string, args ...any) {
	fmt.Fprintf(c.out, "\n== "+format+"\n", args...)
}

var plainWord = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// shellLine is the command as it can be typed into a shell.
func shellLine(name string, args []string) string {
	words := []string{name}
	for _, a := range args {
		if !plainWord.MatchString(a) {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}
