package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// everyCommand calls f with each command that users see.
func everyCommand(root *cobra.Command, f func(*cobra.Command)) {
	f(root)
	for _, c := range root.Commands() {
		if !c.Hidden {
			everyCommand(c, f)
		}
	}
}

func newTree() *cobra.Command {
	root := newRoot()
	strictCompletion(root)
	root.InitDefaultHelpCmd()
	return root
}

func TestEveryCommandHasAnExample(t *testing.T) {
	seen := 0
	everyCommand(newTree(), func(c *cobra.Command) {
		seen++
		require.NotEmpty(t, c.Short, c.CommandPath())
		require.NotEmpty(t, c.Example, c.CommandPath())
		require.Contains(t, c.Example, "bordergw", c.CommandPath())
	})
	require.Greater(t, seen, 40)
}

// What an example shows is understood: its commands, flags and arguments exist.
func TestEveryExampleIsUnderstood(t *testing.T) {
	everyCommand(newTree(), func(c *cobra.Command) {
		for line := range strings.SplitSeq(c.Example, "\n") {
			words := exampleWords(line)
			if words == nil {
				continue
			}
			found, rest, err := newTree().Find(words)
			require.NoError(t, err, line)
			require.NoError(t, found.ParseFlags(rest), line)
			if found.Args != nil {
				require.NoError(t, found.ValidateArgs(found.Flags().Args()), line)
			}
			require.NoError(t, found.ValidateRequiredFlags(), line)
		}
	})
}

// exampleWords splits a line as a shell does, as far as examples need it.
func exampleWords(line string) (words []string) {
	line, _, _ = strings.Cut(strings.TrimSpace(line), " > ")
	line, _, _ = strings.Cut(line, " | ")
	if strings.HasPrefix(line, "source") || !strings.HasPrefix(line, "bordergw ") {
		return nil
	}
	line = strings.TrimSuffix(line, " &")
	for i, part := range strings.Split(strings.TrimPrefix(line, "bordergw "), "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

// otherwise are the commands whose arguments flags do not give: --name of update is a new
// name, wait takes several kinds, and the others take no name.
var otherwise = []string{
	"bordergw device update", "bordergw network update", "bordergw gateway update",
	"bordergw wait", "bordergw import", "bordergw backup", "bordergw restore", "bordergw where", "bordergw trace", "bordergw explain", "bordergw quarantine end", "bordergw help",
}

func TestEveryNameIsTakenBothWays(t *testing.T) {
	checked := 0
	everyCommand(newTree(), func(c *cobra.Command) {
		used := usedArguments(c)
		if len(used) == 0 || slices.Contains(otherwise, c.CommandPath()) {
			return
		}
		checked++
		path := strings.Fields(c.CommandPath())[1:]
		var positional, flags []string
		for i, argument := range used {
			value := string(rune('a'+i)) + "/x"
			positional = append(positional, value)
			flags = append(flags, "--"+flagOfArgument(argument), value)
		}
		require.Equal(t, positional, argumentsOf(t, append(slices.Clone(path), positional...)), c.CommandPath())
		require.Equal(t, positional, argumentsOf(t, append(slices.Clone(path), flags...)), c.CommandPath())
		if last := len(used) - 1; last > 0 { // one by a flag, the others as they are
			mixed := append(slices.Clone(path), flags[2*last:]...)
			require.Equal(t, positional, argumentsOf(t, append(mixed, positional[:last]...)), c.CommandPath())
		}
	})
	require.Greater(t, checked, 15)
}

// argumentsOf parses a command line and gives the arguments that the command is handed.
func argumentsOf(t *testing.T, line []string) []string {
	t.Helper()
	c, rest, err := newTree().Find(line)
	require.NoError(t, err)
	require.NoError(t, c.ParseFlags(rest), line)
	require.NoError(t, c.ValidateArgs(c.Flags().Args()), line)
	return arguments(c, c.Flags().Args())
}

func TestOnePairStandsForBothArguments(t *testing.T) {
	require.Equal(t, []string{"g/n"}, argumentsOf(t, []string{"connection", "create", "g/n"}))
	require.Equal(t, []string{"g/n"}, argumentsOf(t, []string{"connection", "create", "--name", "g/n"}))
	require.Equal(t, []string{"g", "n"}, argumentsOf(t, []string{"connection", "create", "--gateway", "g", "--network", "n"}))
	require.Equal(t, []string{"g", "n"}, argumentsOf(t, []string{"connection", "create", "n", "--gateway", "g"}))
}

func TestPluralsAndShortWords(t *testing.T) {
	for line, want := range map[string]string{
		"networks ls": "bordergw network list", "devices list": "bordergw device list", "switch ls": "bordergw device list", "switches show": "bordergw device show",
		"gateways rm": "bordergw gateway delete", "connections ls": "bordergw connection list", "macs ls": "bordergw mac list", "quarantine ls": "bordergw quarantine list",
	} {
		c, _, err := newTree().Find(strings.Fields(line))
		require.NoError(t, err)
		require.Equal(t, want, c.CommandPath())
	}
}
