package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Where the texts for status, conditions, warnings and the log come from. Errors of
// requests carry Neutron's own texts and are held by the golden tests of package api.
var speakers = []string{"reconcile", "reconcile/connector", "reconcile/damping", "reconcile/mactable", "reconcile/topology", "vtep", "vtep/transport/verify.go", "vtep/transport/conn.go", "api/warning.go"}

// verb is a value in a format string, which is "…" in the guide.
var (
	verb = regexp.MustCompile(`(%[-+#0-9.]*[a-zA-Z])+`)
	word = regexp.MustCompile(`[A-Za-z]{2,}`)
)

// TestGuideHasEveryText: whatever the product may say of a device, a connection or a
// request stands in the operator's reference, with dots for the values.
func TestGuideHasEveryText(t *testing.T) {
	guide := guideText(t)
	texts := map[string]string{}
	for _, where := range speakers {
		for _, file := range goFiles(t, where) {
			for _, text := range textsOf(t, file) {
				texts[text] = file
			}
		}
	}
	require.Greater(t, len(texts), 50, "the texts are found")
	var missing []string
	for text, file := range texts {
		if !strings.Contains(guide, text) {
			missing = append(missing, file+": "+text)
		}
	}
	slices.Sort(missing)
	require.Empty(t, missing, "docs/reference.md lacks texts: add them to its table")
}

// TestTextsAreFound: the test above would see a new text, however it is made.
func TestTextsAreFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.go")
	require.NoError(t, os.WriteFile(path, []byte(`package x
const a = "port %s has no %d end"
func f() error { return errors.New("two words " + "are joined here") }
func (o *Op) String() string { return "what a plan prints" }
var c = Opts{Help: "of a metric it is"}
type s struct { A int `+"`json:\"a b c d\"`"+` }
`), 0o600))
	require.Equal(t, []string{"port … has no … end", "are joined here"}, textsOf(t, path))
}

func guideText(t *testing.T) string {
	text, err := os.ReadFile("../../docs/reference.md")
	require.NoError(t, err)
	return strings.Join(strings.Fields(string(text)), " ")
}

func goFiles(t *testing.T, where string) (out []string) {
	root := filepath.Join("../..", where)
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root:
			return filepath.SkipDir
		case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
			out = append(out, path)
		}
		return nil
	}))
	require.NotEmpty(t, out, where)
	return out
}

// textsOf gives the string literals of three words and more. Plans, debugging and the
// help of metrics are not for the guide's table.
func textsOf(t *testing.T, path string) (out []string) {
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec, *ast.Field:
			return false
		case *ast.FuncDecl:
			return n.Name.Name != "String" && n.Name.Name != "bindingString" && !strings.HasPrefix(n.Name.Name, "standing")
		case *ast.KeyValueExpr:
			key, _ := n.Key.(*ast.Ident)
			return key == nil || key.Name != "Help"
		case *ast.CallExpr:
			called, _ := n.Fun.(*ast.SelectorExpr)
			return called == nil || called.Sel.Name != "Debug" && called.Sel.Name != "NewDesc"
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && isText(text) {
				out = append(out, strings.Join(strings.Fields(verb.ReplaceAllString(text, "…")), " "))
			}
		}
		return true
	})
	return out
}

// isText distinguishes what people read from names and formats of values.
func isText(s string) bool {
	return len(strings.Fields(s)) > 2 && len(word.FindAllString(verb.ReplaceAllString(s, ""), 3)) == 3
}
