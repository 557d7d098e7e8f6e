package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bordergw/model"
)

// Exit codes.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
	// exitNo: what was asked is answered with no: something differs, or a check failed.
	exitNo = 3
	// exitStale: what an order rests on has changed.
	exitStale = 4
	// exitUnsafe: refused for safety; the message names the flag that allows it.
	exitUnsafe = 5
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run ends at SIGINT and SIGTERM; a second signal ends the process at once.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return execute(ctx, args, in, out, errOut)
}

func execute(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	root := newRoot()
	root.SetArgs(append([]string{}, args...)) // nil would mean os.Args
	root.SetIn(in)
	stdout, stderr := &terminal{w: out}, &terminal{w: errOut}
	root.SetOut(stdout)
	root.SetErr(stderr)
	strictCompletion(root)
	cmd, err := root.ExecuteContextC(ctx)
	if lost := stdout.Flush(); lost != nil && (err == nil || errors.Is(err, errAnswered)) {
		err = coded{lost, exitFailure} // an answer that nobody got is none
	}
	code := report(stderr, cmd, err)
	_ = stderr.Flush() // there is nowhere to say it
	return code
}

func newRoot() *cobra.Command {
	root := group("bordergw", "Drive hardware VTEP switches from L2 gateway definitions",
		serveCommand(), planCommand(), waitCommand(), auditCommand(), eventsCommand(), whereCommand(), traceCommand(), describeCommand(), explainCommand(), quarantineCommand(),
		exportCommand(), importCommand(), backupCommand(), restoreCommand(), adoptCommand(),
		applyCommand(), diffCommand(), checkCommand(), historyCommand(), rollbackCommand(), toyCommand(), versionCommand(), manCommand())
	for _, n := range nouns() {
		root.AddCommand(n.command())
	}
	root.Example = "  bordergw serve --data-dir /tmp/bordergw\n  bordergw device list\n  bordergw connection list --status ERROR,PENDING"
	root.Version = programVersion()
	root.SetVersionTemplate("bordergw {{.Version}}\n")
	root.SetHelpCommand(helpCommand())
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetGlobalNormalizationFunc(canonicalFlag)
	root.SetFlagErrorFunc(flagError)
	markFailures(root)
	completeWords(root)
	return root
}

// nouns are the resources that have commands.
func nouns() []noun {
	return []noun{deviceNoun(), macNoun(), networkNoun(), gatewayNoun(), connectionNoun()}
}

// strictCompletion adds cobra's completion command now, as it notes where to print, and
// has it fail for a shell that it does not know.
func strictCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	c, _, err := root.Find([]string{"completion"})
	if err != nil {
		return
	}
	onlyHolds(c)
	c.Example = "  source <(bordergw completion bash)"
	for _, shell := range c.Commands() {
		shell.Example = "  bordergw completion " + shell.Name()
	}
}

// group is a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short}
	onlyHolds(c)
	c.AddCommand(commands...)
	return c
}

// onlyHolds has a command fail that is called without one of those it holds.
func onlyHolds(c *cobra.Command) {
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fmt.Errorf("unknown command %q for %q%s", args[0], c.CommandPath(), didYouMean(args[0], commandWords(c)))
		}
		return errors.New("a command is needed")
	}
	c.RunE = func(*cobra.Command, []string) error { return nil }
}

// commandWords are the words that a command may be followed by.
func commandWords(c *cobra.Command) (words []string) {
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			words = append(words, sub.Name())
		}
	}
	return words
}

// helpCommand is cobra's own, but for a command that does not exist it fails.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]...", Short: "Show what a command does", Example: "  bordergw help connection create",
		RunE: func(c *cobra.Command, args []string) error {
			about, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usagef("there is no command %q", strings.Join(args, " "))
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// canonicalFlag lets the spellings of the upstream clients stand for ours.
func canonicalFlag(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	name = strings.ReplaceAll(name, "_", "-")
	switch name {
	case "vni", "default-segmentation-id", "segmentaion-id":
		name = "segmentation-id"
	case "tenant-id":
		name = "project-id"
	}
	return pflag.NormalizedName(name)
}

// wantedOf says what a flag of pflag's own types takes.
var wantedOf = map[string]string{
	"uint":     "a whole number from 0",
	"bool":     "true or false",
	"duration": "a duration such as 30s or 5m",
}

// flagError words a refusal of pflag for people: its cause is an error of the Go
// library, which names functions.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && len(unknown.GetSpecifiedName()) > 1 {
		return fmt.Errorf("%w%s", err, didYouMean(unknown.GetSpecifiedName(), flagWords(c)))
	}
	var bad *pflag.InvalidValueError
	if !errors.As(err, &bad) || !strings.HasPrefix(fmt.Sprintf("%T", bad.GetFlag().Value), "*pflag.") {
		return err // a setting of ours says what it wants
	}
	if wanted := wantedOf[bad.GetFlag().Value.Type()]; wanted != "" {
		return fmt.Errorf("--%s: %q is not %s", bad.GetFlag().Name, bad.GetValue(), wanted)
	}
	return err
}

func flagWords(c *cobra.Command) (words []string) {
	c.Flags().VisitAll(func(f *pflag.Flag) { words = append(words, f.Name) })
	return words
}

// usageError is a mistake in the command line or configuration that only
// showed once the command ran.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// failure is any other error of a command that ran. What cobra refuses before
// is neither, and is a mistake in the command line.
type failure struct{ error }

func (e failure) Unwrap() error { return e.error }

func markFailures(c *cobra.Command) {
	if body := c.RunE; body != nil {
		c.RunE = func(c *cobra.Command, args []string) error { return asFailure(body(c, args)) }
	}
	for _, sub := range c.Commands() {
		markFailures(sub)
	}
}

// coded is an error, or an answer without a text, that has an exit code of its own.
type coded struct {
	error
	code int
}

func (e coded) Unwrap() error { return e.error }

// errAnswered is the error of an answer that was printed already.
var errAnswered = errors.New("")

func asFailure(err error) error {
	if err == nil || errors.As(err, new(usageError)) {
		return err
	}
	return failure{err}
}

// report prints an error, one line for each that was joined, and gives the
// exit code.
func report(w io.Writer, cmd *cobra.Command, err error) int {
	if err == nil {
		return exitOK
	}
	if !errors.Is(err, errAnswered) {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			fmt.Fprintln(w, "bordergw:", model.Printable(line))
		}
	}
	var own coded
	switch {
	case errors.As(err, &own):
		return own.code
	case errors.As(err, new(failure)):
		return exitFailure
	case !errors.As(err, new(usageError)):
		fmt.Fprintf(w, "Run '%s --help' for usage.\n", cmd.CommandPath())
	}
	return exitUsage
}
