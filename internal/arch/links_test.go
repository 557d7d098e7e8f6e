package arch_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

var (
	// link is the target of an inline link or picture.
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	fenced  = regexp.MustCompile("(?ms)^```.*?^```$")
)

// TestLinksOfDocsLead checks that every relative link of every Markdown page in
// the repository names a file that exists, and that its anchor is a heading there.
func TestLinksOfDocsLead(t *testing.T) {
	pages := markdown(t)
	require.Greater(t, len(pages), 8)
	for _, page := range pages {
		for _, target := range links(t, page) {
			require.Empty(t, dead(page, target), "%s links to %s", page, target)
		}
	}
}

func TestDeadLinksAreFound(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "a.md")
	text := "# A page's `head`\n\n[x](b.md) [y](#a-pages-head) [z](#none) [w](https://example.org)\n"
	require.NoError(t, os.WriteFile(page, []byte(text), 0o600))
	require.Equal(t, []string{"b.md", "#a-pages-head", "#none"}, links(t, page))
	require.NotEmpty(t, dead(page, "b.md"))
	require.Empty(t, dead(page, "#a-pages-head"))
	require.Empty(t, dead(page, "a.md#a-pages-head"))
	require.NotEmpty(t, dead(page, "#none"))
}

// markdown lists the Markdown pages of the repository.
func markdown(t *testing.T) (pages []string) {
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != "..":
			return filepath.SkipDir
		case strings.HasSuffix(path, ".md"):
			pages = append(pages, path)
		}
		return nil
	}))
	return pages
}

// links lists the relative link targets of a page.
func links(t *testing.T, page string) (out []string) {
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	for _, found := range link.FindAllStringSubmatch(fenced.ReplaceAllString(string(text), ""), -1) {
		if !strings.Contains(found[1], "://") {
			out = append(out, found[1])
		}
	}
	return out
}

// dead says why a target of a page leads nowhere, or "".
func dead(page, target string) string {
	name, anchor, _ := strings.Cut(target, "#")
	file := page
	if name != "" {
		file = filepath.Join(filepath.Dir(page), name)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	if anchor == "" {
		return ""
	}
	for _, h := range heading.FindAllStringSubmatch(string(text), -1) {
		if anchorOf(h[1]) == anchor {
			return ""
		}
	}
	return "no heading has the anchor " + anchor
}

// anchorOf is the anchor that GitHub gives a heading: lower case, spaces as
// dashes, and no other signs.
func anchorOf(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, title)
}
