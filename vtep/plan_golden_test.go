package vtep_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bordergw/vtep"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the expected plans in testdata")

// TestPlanScenarios compares plans with testdata/plan: "want" and "have" are in
// the notations of parseWant and database, "version" is the schema's, 1.7.0 by
// default, "plan" and "problems" are expected.
func TestPlanScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/plan/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { planScenario(t, file) })
	}
}

func planScenario(t *testing.T, file string) {
	ar, err := txtar.ParseFile(file)
	require.NoError(t, err)
	in := map[string]string{"version": "1.7.0"}
	for _, f := range ar.Files {
		in[f.Name] = string(f.Data)
	}
	d := parseDatabase(t, capsOf(t, strings.TrimSpace(in["version"])), nil, in["have"])
	want := parseWant(t, in["want"])
	plan := vtep.Diff(want, d.state(t))
	if *update {
		rewrite(t, file, ar, map[string]string{"plan": plan.String(), "problems": problemText(plan)})
		return
	}
	require.Equal(t, in["plan"], plan.String())
	require.Equal(t, in["problems"], problemText(plan))
	settle(t, want, d)
}

func problemText(p *vtep.Plan) string {
	var b strings.Builder
	for _, pr := range p.Problems {
		fmt.Fprintf(&b, "%s %s: %s\n", pr.Reason, pr.LogicalSwitch, pr.Message)
	}
	return b.String()
}

func rewrite(t *testing.T, file string, ar *txtar.Archive, out map[string]string) {
	kept := ar.Files[:0]
	for _, f := range ar.Files {
		if _, ok := out[f.Name]; !ok {
			kept = append(kept, f)
		}
	}
	ar.Files = kept
	for _, name := range []string{"plan", "problems"} {
		ar.Files = append(ar.Files, txtar.File{Name: name, Data: []byte(out[name])})
	}
	require.NoError(t, os.WriteFile(file, txtar.Format(ar), 0o644))
}
