package arch_test

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "bordergw/"

// allowed lists, for every package of production code, the packages of this module that
// it may import.
var allowed = map[string][]string{
	"model":               {},
	"boltfile":            {},
	"backup":              {"boltfile"},
	"store":               {"boltfile", "model"},
	"trail":               {"boltfile", "model"},
	"site":                {"model"},
	"api":                 {"site", "model"},
	"api/keystone":        {"api"},
	"vtep/ovsdb":          {"model"},
	"vtep/hwvtep":         {},
	"vtep/transport":      {"vtep/ovsdb", "model"},
	"vtep":                {"vtep/ovsdb", "vtep/hwvtep", "model"},
	"reconcile/damping":   {"vtep", "model"},
	"reconcile/mactable":  {"vtep", "model"},
	"reconcile/topology":  {"reconcile/mactable", "vtep", "model"},
	"reconcile/pathtrace": {"vtep", "model"},
	"reconcile/connector": {"vtep", "vtep/ovsdb", "vtep/transport", "model"},
	"reconcile":           {"reconcile/connector", "reconcile/damping", "reconcile/mactable", "reconcile/pathtrace", "reconcile/topology", "vtep", "vtep/ovsdb", "vtep/transport", "model"},
	"web":                 {"site", "model"},
	"cmd/bordergw":        {"api", "backup", "site", "api/keystone", "reconcile", "store", "trail", "vtep/transport", "web", "model"},
}

// forTests are packages that production code does not import, outside of helps.
var forTests = []string{"api/internal/apidoc", "model/modeltest", "store/storetest", "api/keystone/keystonetest", "vtep/transport/transporttest"}

type goPackage struct {
	ImportPath, Doc, Name string
	Imports               []string
	GoFiles               []string
}

// packages lists the module's packages.
func packages(t *testing.T) (out []goPackage) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Doc,Name,Imports,GoFiles", "./...", "./bench/...", "./e2e/browser/...")
	cmd.Dir = "../.."
	text, err := cmd.Output()
	require.NoError(t, err)
	for d := json.NewDecoder(strings.NewReader(string(text))); ; {
		var p goPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		out = append(out, p)
	}
	require.NotEmpty(t, out)
	return out
}

func top(importPath string) string {
	dir, _, _ := strings.Cut(strings.TrimPrefix(importPath, module), "/")
	return dir
}

// short is an import path within the module.
func short(importPath string) string { return strings.TrimPrefix(importPath, module) }

// helps reports whether a package is a tool or a test helper.
func helps(importPath string) bool {
	return slices.Contains([]string{"internal", "e2e", "bench"}, top(importPath)) || slices.Contains(forTests, short(importPath))
}

// offence says what is wrong with an import, or "".
func offence(from, to string) string {
	own := strings.HasPrefix(to, module)
	switch {
	case top(from) == "model" && !own && strings.Contains(top(to), "."):
		return "model uses the standard library only"
	case !own:
		return ""
	case top(from) == "bench":
		return "the floor that we are measured against shares no code with us"
	case top(to) == "cmd":
		return "nothing imports a command"
	case helps(from):
		return "" // tools and test helpers may use everything else
	case helps(to):
		return "production code does not use tools and test helpers"
	case !slices.Contains(allowed[short(from)], short(to)):
		return "imports point the other way"
	}
	return ""
}

func TestImportsPointOneWay(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range packages(t) {
		seen[short(p.ImportPath)] = true
		if !helps(p.ImportPath) {
			require.Contains(t, allowed, short(p.ImportPath), "a new package needs a rule")
		}
		for _, to := range p.Imports {
			require.Empty(t, offence(p.ImportPath, to), "%s imports %s", p.ImportPath, to)
		}
	}
	for dir := range allowed {
		require.True(t, seen[dir], "rule for %s, which does not exist", dir)
	}
}

func TestOffences(t *testing.T) {
	for imports, bad := range map[string]bool{
		"bordergw/api bordergw/vtep":                        true,
		"bordergw/vtep/ovsdb bordergw/api":                  true,
		"bordergw/reconcile bordergw/store":                 true,
		"bordergw/model github.com/sirupsen/logrus":         true,
		"bordergw/store/etcd bordergw/cmd/bordergw":         true,
		"bordergw/vtep bordergw/internal/ovsdbtest":         true,
		"bordergw/vtep bordergw/vtep/ovsdb":                 false,
		"bordergw/vtep/ovsdb bordergw/vtep":                 true,
		"bordergw/reconcile/topology bordergw/reconcile":    true,
		"bordergw/reconcile/topology bordergw/vtep/ovsdb":   true,
		"bordergw/reconcile bordergw/model/modeltest":       true,
		"bordergw/cmd/bordergw bordergw/store":              false,
		"bordergw/internal/lab bordergw/model":              false,
		"bordergw/site bordergw/store":                      true,
		"bordergw/api bordergw/site":                        false,
		"bordergw/model net/netip":                          false,
		"bordergw/vtep github.com/ovn-org/libovsdb/mapper":  false,
		"bordergw/bench bordergw/vtep/ovsdb":                true,
		"bordergw/bench golang.org/x/sys/unix":              false,
		"bordergw/internal/demo bordergw/cmd/bordergw/this": true,
	} {
		from, to, _ := strings.Cut(imports, " ")
		require.Equal(t, bad, offence(from, to) != "", imports)
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.GoFiles) == 0 {
			continue // tests only
		}
		prefix := "Package " + p.Name + " "
		if p.Name == "main" {
			prefix = "Command "
		}
		require.True(t, strings.HasPrefix(p.Doc, prefix), "%s: package comment %q does not start with %q", p.ImportPath, p.Doc, prefix)
	}
}

// TestConditionsAreLookedAtInTheTestsGoroutine: those helpers of testify look in a
// goroutine of their own, which may still ask a server when the test has stopped it.
func TestConditionsAreLookedAtInTheTestsGoroutine(t *testing.T) {
	forbidden := regexp.MustCompile(`\b(require|assert)\.(Eventually|EventuallyWithT|Never)f?\(`)
	seen := 0
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		require.Empty(t, forbidden.Find(text), "%s: use internal/poll", path)
		seen++
		return err
	}))
	require.Greater(t, seen, 100)
}
