package arch_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// maxLines bounds a Go file, maxWorkerFields the type that drives a switch: past these
// nobody reads them as a whole.
const (
	maxLines        = 400
	maxWorkerFields = 15
)

func TestFilesAreShort(t *testing.T) {
	seen := 0
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen++
		require.LessOrEqual(t, bytes.Count(text, []byte("\n")), maxLines, path)
		return nil
	}))
	require.Greater(t, seen, 400)
}

func TestWorkerHasFewFields(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "../../reconcile/worker.go", nil, 0)
	require.NoError(t, err)
	fields := 0
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != "worker" {
			return true
		}
		for _, field := range spec.Type.(*ast.StructType).Fields.List {
			fields += max(1, len(field.Names))
		}
		return false
	})
	require.Positive(t, fields)
	require.LessOrEqual(t, fields, maxWorkerFields)
}
