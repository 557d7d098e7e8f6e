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
	// maxMethodFiles is in how many files the methods of one type may stand.
	maxMethodFiles = 4
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

// TestMethodsLiveTogether: a type whose methods stand in many files is several types.
func TestMethodsLiveTogether(t *testing.T) {
	in := map[string]map[string]bool{} // files, by directory and type
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv != nil {
				name := filepath.Dir(path) + ": " + receiver(fn)
				if in[name] == nil {
					in[name] = map[string]bool{}
				}
				in[name][filepath.Base(path)] = true
			}
		}
		return nil
	}))
	require.Greater(t, len(in), 300)
	for name, files := range in {
		require.LessOrEqual(t, len(files), maxMethodFiles, "%s has methods in %v", name, files)
	}
}
