package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bordergw/model"
)

// manCommand is for those who make packages, and is not shown to users.
func manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write the man pages, one a command, and bordergw.yaml(5)", Args: cobra.ExactArgs(1), Hidden: true,
		Long: "Write the man pages into a directory, which is made if it is missing: one for each command, and one for the\n" +
			"configuration file. Their date is that of SOURCE_DATE_EPOCH, or today.",
		Example: "  bordergw man /tmp/man",
		RunE: func(c *cobra.Command, args []string) error {
			date, err := pageDate(os.Getenv("SOURCE_DATE_EPOCH"), time.Now())
			if err != nil {
				return usageError{err}
			}
			if err := writePages(args[0], manPages(c.Root(), date)); err != nil {
				return fmt.Errorf("writing the man pages: %w", model.Plain(err))
			}
			return nil
		},
	}
}

// pageDate is the day of a build, from seconds since 1970 if they are given.
func pageDate(epoch string, now time.Time) (string, error) {
	if epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return "", fmt.Errorf("SOURCE_DATE_EPOCH: %q is not a number of seconds since 1970", epoch)
		}
		now = time.Unix(seconds, 0)
	}
	return now.UTC().Format(time.DateOnly), nil
}

func writePages(dir string, pages map[string]string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// aboutProgram is what bordergw(1) says of the program as a whole.
const aboutProgram = `One binary is the daemon and its client. "bordergw serve" keeps networks, L2 gateways, connections and gateway
devices in a store of its own, and writes to every registered switch what it needs, by OVSDB and the hardware_vtep schema of vtep(5).
All other commands ask the daemon through its REST API. Each command has a page of its own.`

// manPages are the texts of all pages by the names of their files.
func manPages(root *cobra.Command, date string) map[string]string {
	pages := map[string]string{"bordergw.yaml.5": configPage(date)}
	var add func(c *cobra.Command)
	add = func(c *cobra.Command) {
		pages[pageName(c)+".1"] = commandPage(c, date)
		for _, sub := range shownCommands(c) {
			add(sub)
		}
	}
	add(root)
	return pages
}

// pageName is "bordergw-device-create".
func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// shownCommands are the commands below one that users see.
func shownCommands(c *cobra.Command) []*cobra.Command {
	return slices.DeleteFunc(slices.Clone(c.Commands()), func(sub *cobra.Command) bool {
		return !sub.IsAvailableCommand() && sub.Name() != "help"
	})
}

// commandPage is the page of a command.
func commandPage(c *cobra.Command, date string) string {
	p := newManPage(pageName(c), "1", date)
	p.section("NAME")
	p.line(roff(pageName(c)) + ` \- ` + roff(c.Short))
	p.section("SYNOPSIS")
	p.line(`\fB` + roff(c.CommandPath()) + `\fR ` + roff(synopsis(c)))
	p.section("DESCRIPTION")
	p.prose(cmp.Or(c.Long, c.Short+"."))
	if !c.HasParent() {
		p.line(".PP")
		p.prose(aboutProgram)
	}
	if subs := shownCommands(c); len(subs) > 0 {
		p.section("COMMANDS")
		for _, sub := range subs {
			p.tagged(`\fB`+roff(pageName(sub))+`\fR(1)`, roff(sub.Short))
		}
	}
	c.InitDefaultHelpFlag()
	c.InitDefaultVersionFlag()
	p.section("OPTIONS")
	p.options(c.NonInheritedFlags())
	p.options(c.InheritedFlags())
	p.section("EXAMPLES")
	p.example(c.Example)
	if !c.HasParent() {
		rootSections(p)
		return p.String()
	}
	p.section("SEE ALSO")
	p.line(seeAlso(c) + ".")
	p.line(`Environment and exit status are described in \fBbordergw\fR(1).`)
	return p.String()
}

// synopsis is what follows the name of a command.
func synopsis(c *cobra.Command) string {
	if len(shownCommands(c)) > 0 {
		return "COMMAND [OPTION]..."
	}
	return strings.TrimSpace(strings.Join(usedArguments(c), " ") + " [OPTION]...")
}

// seeAlso names the command above and those beside it.
func seeAlso(c *cobra.Command) string {
	pages := []string{pageName(c.Parent())}
	if c.Parent().HasParent() {
		for _, sibling := range shownCommands(c.Parent()) {
			if sibling != c {
				pages = append(pages, pageName(sibling))
			}
		}
	}
	for i, name := range pages {
		pages[i] = `\fB` + roff(name) + `\fR(1)`
	}
	if c.Name() == "serve" {
		pages = append(pages, `\fBbordergw.yaml\fR(5)`)
	}
	return strings.Join(pages, ", ")
}

// rootSections are what stands once, in bordergw(1).
func rootSections(p *manPage) {
	p.section("ENVIRONMENT")
	for _, e := range [][2]string{
		{"BORDERGW_URL", "Where the client finds the daemon. The default is http://127.0.0.1:9696."},
		{"BORDERGW_TOKEN", "The token that the client shows to the daemon."},
		{"GOGC, GOMEMLIMIT", "How far the daemon's heap may grow, as the Go runtime reads them."},
		{"NOTIFY_SOCKET, WATCHDOG_USEC", "Set by systemd(1) for the daemon, see sd_notify(3)."},
		{"XDG_STATE_HOME, HOME", "Where the daemon of a user that is not root has its data directory, unless data_dir says."},
	} {
		p.tagged(`\fB`+roff(e[0])+`\fR`, roff(e[1]))
	}
	p.section("EXIT STATUS")
	for _, e := range []struct {
		code int
		text string
	}{
		{exitOK, "Done, or nothing differs."},
		{exitFailure, "Refused, failed or timed out."},
		{exitUsage, "A mistake in the command line or in a file. Nothing was started or changed."},
		{exitNo, "The answer is no: something differs, is nowhere, or does not arrive."},
		{exitStale, "What the order rests on has changed."},
		{exitUnsafe, "Refused for safety. The message names the option that allows it."},
	} {
		p.tagged(`\fB`+strconv.Itoa(e.code)+`\fR`, roff(e.text))
	}
	p.section("FILES")
	p.tagged(`\fI`+roff("/etc/bordergw/bordergw.yaml")+`\fR`, `The configuration of the service, \fBbordergw.yaml\fR(5).`)
	p.tagged(`\fI`+roff("/var/lib/bordergw")+`\fR`, roff("The data directory of the service: definitions, history."))
	p.section("SEE ALSO")
	p.line(`\fBbordergw\-serve\fR(1), \fBbordergw.yaml\fR(5), \fBvtep\fR(5), \fBovsdb\-server\fR(1)`)
}

// configPage is the page of the configuration file.
func configPage(date string) string {
	p := newManPage("bordergw.yaml", "5", date)
	p.section("NAME")
	p.line(roff("bordergw.yaml - configuration of the bordergw daemon"))
	p.section("DESCRIPTION")
	p.prose("One YAML document: a mapping of keys to values. A key that is left out has its default. A key that is unknown, or given\n" +
		"twice, is an error. Where a key may be repeated, a list is given; where it takes NAME=VALUE, a mapping.\n\n" +
		"Every key is also an option of the daemon, with - for _, which wins over the file. The file is read at the start; SIGHUP has the TLS\n" +
		"files read again, and nothing else. To check a file:\n\n" +
		"  bordergw serve --check --config /etc/bordergw/bordergw.yaml")
	p.section("KEYS")
	keys := pflag.NewFlagSet("", pflag.ContinueOnError)
	c := defaultConfig()
	c.bind(keys)
	keys.VisitAll(func(f *pflag.Flag) {
		kind, usage := pflag.UnquoteUsage(f)
		p.tagged(`\fB`+roff(strings.ReplaceAll(f.Name, "-", "_"))+`\fR: \fI`+roff(kind)+`\fR`, roff(usage+shownDefault(f)))
	})
	p.section("EXAMPLES")
	p.example("  listen: 127.0.0.1:9696\n  data_dir: /var/lib/bordergw\n  auth: token\n  token_file: /etc/bordergw/tokens.yaml\n" +
		"  ovsdb_listen: [pssl:6640]\n  tls_ca:\n    ca1: /etc/bordergw/tls/ca1.pem\n  policy:\n    create_gateway_device: admin_only")
	p.section("SEE ALSO")
	p.line(`\fBbordergw\fR(1), \fBbordergw\-serve\fR(1)`)
	return p.String()
}
