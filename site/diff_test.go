package site_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/site"
)

func TestDiff(t *testing.T) {
	require.Empty(t, site.Diff([]byte("a\n"), []byte("a\n"), "x", "y"))
	require.Equal(t, "--- x\n+++ y\n@@ -1,5 +1,5 @@\n a\n-b\n+B\n c\n d\n e\n",
		string(site.Diff([]byte("a\nb\nc\nd\ne\nf\n"), []byte("a\nB\nc\nd\ne\nf\n"), "x", "y")))
}

// TestDiffPatches: patch makes one text of the other.
func TestDiffPatches(t *testing.T) {
	_, err := exec.LookPath("patch")
	require.NoError(t, err, "make deps installs it")
	r := rand.New(rand.NewPCG(3, 3))
	text := func() string {
		var b strings.Builder
		for range r.IntN(40) + 1 {
			b.WriteString(string(rune('a'+r.IntN(12))) + "\n")
		}
		return b.String()
	}
	for range 40 {
		from, to := text(), text()
		file := filepath.Join(t.TempDir(), "f")
		require.NoError(t, os.WriteFile(file, []byte(from), 0o600))
		patch := exec.Command("patch", "-s", file)
		patch.Stdin = strings.NewReader(string(site.Diff([]byte(from), []byte(to), "f", "f")))
		if from == to {
			continue
		}
		out, err := patch.CombinedOutput()
		require.NoError(t, err, "%s\n%s\n%s", out, from, to)
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, to, string(got))
	}
}
