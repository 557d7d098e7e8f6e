package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// Annotations of a flag that stands for an argument, and of one that stands for all of them.
const (
	argumentFlag = "bordergw_argument"
	pairFlag     = "bordergw_pair"
)

// usedArguments are the names of the arguments in a command's usage.
func usedArguments(c *cobra.Command) []string { return strings.Fields(c.Use)[1:] }

// flagOfArgument is the flag that gives an argument. What is named by more than one word,
// as GATEWAY/NETWORK, is a name.
func flagOfArgument(argument string) string {
	name := strings.ToLower(strings.Trim(strings.TrimSuffix(argument, "..."), "[]"))
	if strings.Contains(name, "/") {
		return "name"
	}
	return name
}

// positional has a command take each of its arguments by a flag as well: NAME by --name.
// A flag of that name that means something else stays what it is.
func positional(c *cobra.Command) {
	for _, argument := range usedArguments(c) {
		name := flagOfArgument(argument)
		if c.Flags().Lookup(name) != nil {
			continue
		}
		usage := strings.Trim(strings.TrimSuffix(argument, "..."), "[]") + ", in place of the argument"
		if strings.HasSuffix(argument, "...") {
			c.Flags().StringArray(name, nil, usage+" (repeatable)")
		} else {
			c.Flags().String(name, "", usage)
		}
		_ = c.Flags().SetAnnotation(name, argumentFlag, []string{argument}) // fails for an unknown flag only
	}
}

// positionalPair has a command that takes GATEWAY and NETWORK take GATEWAY/NETWORK as well.
func positionalPair(c *cobra.Command) {
	positional(c)
	c.Flags().String("name", "", "GATEWAY/NETWORK, in place of both arguments")
	_ = c.Flags().SetAnnotation("name", pairFlag, []string{""})
}

// takesPair reports whether one argument GATEWAY/NETWORK stands for all.
func takesPair(c *cobra.Command) bool {
	f := c.Flags().Lookup("name")
	return f != nil && f.Annotations[pairFlag] != nil
}

// arguments are the arguments in the order of the usage, those of the line and those that
// flags give. What is too much is at the end.
func arguments(c *cobra.Command, args []string) []string {
	if f := c.Flags().Lookup("name"); takesPair(c) && f.Changed {
		return append([]string{f.Value.String()}, args...)
	}
	var out []string
	for _, argument := range usedArguments(c) {
		f := c.Flags().Lookup(flagOfArgument(argument))
		switch {
		case f != nil && f.Changed && f.Annotations[argumentFlag] != nil:
			out = append(out, valuesOf(c, f.Name)...)
		case len(args) > 0:
			out, args = append(out, args[0]), args[1:]
		}
	}
	return append(out, args...)
}

// valuesOf gives what a flag of text was given, once or several times.
func valuesOf(c *cobra.Command, name string) []string {
	if several, err := c.Flags().GetStringArray(name); err == nil {
		return several
	}
	return []string{c.Flags().Lookup(name).Value.String()}
}

// argsOfUse wants the arguments that a command's usage names: "[NAME]" may be missing, and
// the last one may be there several times ("NAME..."). It says which is missing, or what is
// too much.
func argsOfUse(c *cobra.Command, args []string) error {
	args = arguments(c, args)
	names := usedArguments(c)
	needed := names
	for len(needed) > 0 && strings.HasPrefix(needed[len(needed)-1], "[") {
		needed = needed[:len(needed)-1]
	}
	several := len(names) > 0 && strings.HasSuffix(names[len(names)-1], "...")
	switch {
	case takesPair(c) && len(args) == 1 && strings.Contains(args[0], "/"):
		return nil
	case len(args) < len(needed):
		return fmt.Errorf("%s is missing", strings.TrimSuffix(strings.Join(needed[len(args):], " and "), "..."))
	case len(args) <= len(names) || several:
		return nil
	case len(names) == 0:
		return fmt.Errorf("%q is too much: the command takes no arguments", args[0])
	}
	return fmt.Errorf("%q is too much: the command takes %s", args[len(names)], strings.Join(names, " "))
}
