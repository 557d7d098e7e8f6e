package web_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheScriptKnowsAllEvents: a browser tells a page only of the types that it has asked for, which are those of the reference.
func TestTheScriptKnowsAllEvents(t *testing.T) {
	script, err := os.ReadFile("static/app.js")
	require.NoError(t, err)
	list := regexp.MustCompile(`(?s)const eventTypes = \[(.*?)\];`).FindSubmatch(script)
	require.NotNil(t, list)
	var asked []string
	for _, found := range regexp.MustCompile(`'([a-z.-]+)'`).FindAllSubmatch(list[1], -1) {
		asked = append(asked, string(found[1]))
	}
	reference, err := os.ReadFile("../docs/reference.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(reference), "| type | when |")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	documented := []string{"gap"} // what the stream says of itself
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			names := regexp.MustCompile("`([a-z]+[.-]?[a-z]*)`").FindAllStringSubmatch(cells[1], -1)
			for _, name := range append(names, regexp.MustCompile("`([a-z]+\\.[a-z]+)`").FindAllStringSubmatch(cells[2], -1)...) {
				documented = append(documented, name[1])
			}
		}
	}
	slices.Sort(asked)
	slices.Sort(documented)
	documented = slices.Compact(documented)
	require.Greater(t, len(documented), 20)
	require.Equal(t, documented, asked)
	require.LessOrEqual(t, strings.Count(string(script), "\n"), 300, "a page that needs more than that is made otherwise")
}

// TestColoursAreThoseOfBothSchemes: every colour that is given for light is given for dark, by choice and by the system.
func TestColoursAreThoseOfBothSchemes(t *testing.T) {
	sheet, err := os.ReadFile("static/app.css")
	require.NoError(t, err)
	times := map[string]int{}
	for _, name := range regexp.MustCompile(`(--[a-z]+): #`).FindAllSubmatch(sheet, -1) {
		times[string(name[1])]++
	}
	require.NotEmpty(t, times)
	for name, n := range times {
		require.Equal(t, 3, n, name)
	}
	for _, name := range regexp.MustCompile(`var\((--[a-z]+)\)`).FindAllSubmatch(sheet, -1) {
		require.Contains(t, times, string(name[1]))
	}
	require.NotContains(t, string(sheet), "url(")
}
