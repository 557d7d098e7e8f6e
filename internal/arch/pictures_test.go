package arch_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A picture that was not drawn anew after its source changed is found by the
// checksum that it carries.
func TestPicturesAreOfTheirSource(t *testing.T) {
	sources, err := filepath.Glob("../../docs/pictures/*.dot")
	require.NoError(t, err)
	require.NotEmpty(t, sources)
	for _, source := range sources {
		text, err := os.ReadFile(source)
		require.NoError(t, err)
		svg, err := os.ReadFile(strings.TrimSuffix(source, ".dot") + ".svg")
		require.NoError(t, err)
		require.Contains(t, string(svg), fmt.Sprintf("sha256:%x", sha256.Sum256(text)), "%s changed: run make pictures", source)
	}
}
