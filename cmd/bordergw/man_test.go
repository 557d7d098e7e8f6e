package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

const pageDay = "2026-12-01"

func TestEveryCommandHasAManPage(t *testing.T) {
	pages := manPages(newTree(), pageDay)
	names := []string{"bordergw.yaml.5"}
	everyCommand(newTree(), func(c *cobra.Command) {
		name := pageName(c) + ".1"
		names = append(names, name)
		text := pages[name]
		for _, section := range []string{"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "SEE ALSO"} {
			require.Contains(t, text, "\n.SH "+section+"\n", name)
		}
		require.Contains(t, text, roff(c.Short), name)
		c.Flags().VisitAll(func(f *pflag.Flag) {
			require.Equal(t, !f.Hidden, strings.Contains(text, `\fB`+roff("--"+f.Name)+`\fR`), "%s: --%s", name, f.Name)
		})
		for line := range strings.SplitSeq(strings.Trim(c.Example, "\n"), "\n") {
			require.Contains(t, text, "\n"+roff(line)+"\n", name)
		}
	})
	require.ElementsMatch(t, names, slices.Collect(maps.Keys(pages)), "no page without a command")
}

func TestManPageOfTheConfigurationHasEveryKey(t *testing.T) {
	text := configPage(pageDay)
	keys := pflag.NewFlagSet("", pflag.ContinueOnError)
	c := defaultConfig()
	c.bind(keys)
	keys.VisitAll(func(f *pflag.Flag) {
		require.Contains(t, text, "\n"+`\fB`+strings.ReplaceAll(f.Name, "-", "_")+`\fR: \fI`)
	})
	_, example, _ := strings.Cut(text, ".SH EXAMPLES\n.EX\n")
	example, _, _ = strings.Cut(example, ".EE")
	example = strings.ReplaceAll(strings.ReplaceAll(example, `\-`, "-"), "\n  ", "\n")
	file := filepath.Join(t.TempDir(), "bordergw.yaml")
	require.NoError(t, os.WriteFile(file, []byte(strings.TrimPrefix(example, "  ")), 0o600))
	_, err := loadConfig(file, pflag.NewFlagSet("", pflag.ContinueOnError))
	require.NoError(t, err, "the example is understood")
}

// Who builds a package, and where, is not to be seen in it.
func TestManPagesAreTheSameForEverybody(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", "/home/a/state")
	one := manPages(newTree(), pageDay)
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("HOME", "/home/b")
	t.Setenv("BORDERGW_URL", "http://192.0.2.1:1")
	require.Equal(t, one, manPages(newTree(), pageDay))
}

func TestManWritesItsPages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "below", "man")
	t.Setenv("SOURCE_DATE_EPOCH", "86400")
	require.Equal(t, exitOK, runArgs(t.Context(), "man", dir).code)
	text, err := os.ReadFile(filepath.Join(dir, "bordergw-device-create.1"))
	require.NoError(t, err)
	require.Contains(t, string(text), `.TH BORDERGW\-DEVICE\-CREATE 1 1970-01-02 bordergw`)
	_, err = os.Stat(filepath.Join(dir, "bordergw-man.1"))
	require.ErrorIs(t, err, os.ErrNotExist, "it is not for users")

	got := runArgs(t.Context(), "man", filepath.Join(dir, "bordergw.1", "below"))
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.errOut, "bordergw: writing the man pages: ")
	t.Setenv("SOURCE_DATE_EPOCH", "yesterday")
	got = runArgs(t.Context(), "man", dir)
	require.Equal(t, exitUsage, got.code)
	require.Equal(t, "bordergw: SOURCE_DATE_EPOCH: \"yesterday\" is not a number of seconds since 1970\n", got.errOut)
}

func TestPageDateIsOfTheBuildOrToday(t *testing.T) {
	day, err := pageDate("", time.Date(2026, 12, 1, 23, 0, 0, 0, time.FixedZone("", -3600*5)))
	require.NoError(t, err)
	require.Equal(t, "2026-12-02", day)
}

// Text that roff would take for its own comes out as it was.
func TestRoffIsGivenPlainText(t *testing.T) {
	for text, want := range map[string]string{
		".SH evil":       `\&.SH evil`,
		"one\n.two":      "one\n" + `\&.two`,
		"'quoted' -x":    `\(aqquoted\(aq \-x`,
		`back\slash`:     `back\eslash`,
		"~/.local `x` ^": `\(ti/.local \(gax\(ga \(ha`,
	} {
		require.Equal(t, want, roff(text))
	}
	p := &manPage{}
	p.prose("One.\n\n  shown\n\tas it is\n\nTwo.\n")
	require.Equal(t, "One.\n.PP\n.EX\n  shown\n    as it is\n.EE\n.PP\nTwo.\n", p.String())
}
