package damping

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// docs/faults.md tells operators when something is written again.
func TestDocsQuoteTheTimings(t *testing.T) {
	text, err := os.ReadFile("../../docs/faults.md")
	require.NoError(t, err)
	for _, row := range [][]any{
		{"| The switch refuses an operation |", firstRetry, maxRetry},
		{"| An external writer undoes an operation |", firstRepeat, maxRepeat},
		{"| A plan gets nowhere |", firstPause, maxPause},
		{"| The switch accepts an operation and does not show it |", samePause},
	} {
		_, rest, found := strings.Cut(string(text), row[0].(string))
		require.True(t, found, row[0])
		line, _, _ := strings.Cut(rest, "\n")
		for _, d := range row[1:] {
			require.Contains(t, line, strings.Replace(d.(time.Duration).String(), "m0s", "m", 1), row[0])
		}
	}
}
