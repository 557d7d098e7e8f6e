package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// argsOfUse wants the arguments that a command's usage names, the last of which may be
// there several times ("ID..."). It says which is missing, or what is too much.
func argsOfUse(c *cobra.Command, args []string) error {
	names := strings.Fields(c.Use)[1:]
	several := len(names) > 0 && strings.HasSuffix(names[len(names)-1], "...")
	switch {
	case len(args) < len(names):
		return fmt.Errorf("%s is missing", strings.TrimSuffix(strings.Join(names[len(args):], " and "), "..."))
	case len(args) == len(names) || several:
		return nil
	case c.Flags().Lookup("name") != nil && len(names) == 0:
		return fmt.Errorf("%q is too much: the name is given by --name", args[0])
	case len(names) == 0:
		return fmt.Errorf("%q is too much: the command takes no arguments", args[0])
	}
	return fmt.Errorf("%q is too much: the command takes %s", args[len(names)], strings.Join(names, " "))
}
