package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// step is an item of a walk: the function that a reader opens.
var step = regexp.MustCompile("(?m)^[0-9]+\\. `([A-Za-z.]+)`")

// TestWalks: the functions that ARCHITECTURE.md leads through exist, and are few enough
// to be opened one after the other.
func TestWalks(t *testing.T) {
	text, err := os.ReadFile("../../ARCHITECTURE.md")
	require.NoError(t, err)
	for title, most := range map[string]int{"## The walk of one MAC": 15, "## The walk of one POST": 12} {
		_, section, found := strings.Cut(string(text), title)
		require.True(t, found, title)
		section, _, _ = strings.Cut(section, "\n## ")
		steps := step.FindAllStringSubmatch(section, -1)
		require.NotEmpty(t, steps, title)
		require.LessOrEqual(t, len(steps), most, title)
		for _, s := range steps {
			require.True(t, functionExists(t, s[1]), "%s: there is no function %s", title, s[1])
		}
	}
	require.False(t, functionExists(t, "topology.Input.Compile"))
	require.False(t, functionExists(t, "vtep.Apply"))
}

// functionExists looks for "package.Function" or "package.Type.Method".
func functionExists(t *testing.T, name string) bool {
	parts := strings.Split(name, ".")
	dir := parts[0]
	if _, err := os.Stat(filepath.Join("../..", dir)); err != nil {
		dir = filepath.Join("reconcile", dir)
	}
	files, err := filepath.Glob(filepath.Join("../..", dir, "*.go"))
	require.NoError(t, err)
	for _, path := range files {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && strings.Join(parts[1:], ".") == receiver(fn)+fn.Name.Name {
				return true
			}
		}
	}
	return false
}

// receiver is the type of a method and a dot, "" for a function.
func receiver(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return ""
	}
	name := ""
	ast.Inspect(fn.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name // its type parameters come after it
		}
		return true
	})
	return name + "."
}
