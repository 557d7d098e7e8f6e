package arch_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pure lists the packages that compute and do nothing else: the same input gives the
// same output.
var pure = []string{"reconcile/damping", "reconcile/mactable", "reconcile/pathtrace", "reconcile/topology", "site"}

// impureImports give a clock's, a caller's or another machine's say in the outcome.
var impureImports = []string{"context", "net", "net/http", "os", "os/exec", "sync", "sync/atomic", "math/rand", "math/rand/v2", "log", "github.com/sirupsen/logrus"}

// clocks are the functions of package time that read or wait for the time.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// impurities lists what a file has that a pure package must not.
func impurities(path string, src any) (out []string, err error) {
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, path, src, 0)
	if err != nil {
		return nil, err
	}
	found := func(at ast.Node, what string) {
		out = append(out, fmt.Sprintf("%s: %s", files.Position(at.Pos()), what))
	}
	for _, imp := range f.Imports {
		if name, _ := strconv.Unquote(imp.Path.Value); slices.Contains(impureImports, name) {
			found(imp, "imports "+name)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found(n, "starts a goroutine")
		case *ast.SelectorExpr:
			if pkg, ok := n.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains(clocks, n.Sel.Name) {
				found(n, "uses time."+n.Sel.Name)
			}
		}
		return true
	})
	return out, nil
}

func TestPurePackages(t *testing.T) {
	for _, dir := range pure {
		files, err := filepath.Glob(filepath.Join("../..", dir, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files, dir)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			bad, err := impurities(file, nil)
			require.NoError(t, err)
			require.Empty(t, bad, "package %s is pure", dir)
		}
	}
}

// TestImpuritiesAreFound: the test above would see each of them.
func TestImpuritiesAreFound(t *testing.T) {
	for text, bad := range map[string]string{
		`import "context"`:                                     "imports context",
		`import "net"`:                                         "imports net",
		`import "time"; var began = time.Now()`:                "uses time.Now",
		`import "time"; func f() { time.Sleep(1) }`:            "uses time.Sleep",
		`func f() { go f() }`:                                  "starts a goroutine",
		`import "time"; func f(t time.Time) { t.Add(1) }`:      "",
		`import "net/netip"; func f(a netip.Addr) { a.Is4() }`: "",
	} {
		found, err := impurities("x.go", "package x\n"+text)
		require.NoError(t, err)
		require.Equal(t, bad != "", len(found) > 0, text)
		if bad != "" {
			require.Contains(t, found[0], bad)
		}
	}
}
