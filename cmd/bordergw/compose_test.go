package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"bordergw/internal/monitoring"
)

// composed is what is looked at of docker-compose.yml.
type composed struct {
	Services map[string]struct {
		Image     string
		DependsOn []string `yaml:"depends_on"`
		Ports     []string
		Volumes   []string
	}
	Volumes map[string]any
}

func readCompose(t *testing.T) (c composed) {
	text, err := os.ReadFile("../../docker-compose.yml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &c))
	return c
}

// The compose file brings up all five with files that there are, images whose versions do not move, and ports that only
// this machine reaches. (make compose-test brings it up.)
func TestComposeFile(t *testing.T) {
	c := readCompose(t)
	require.Equal(t, []string{"controller", "grafana", "prometheus", "sw1", "sw2"}, slices.Sorted(maps.Keys(c.Services)))
	for name, s := range c.Services {
		image := regexp.MustCompile(`^\$\{[A-Z_]+:-(.+):(.+)\}$`).FindStringSubmatch(s.Image)
		require.NotNil(t, image, "%s: the image can be chosen, and has a version", name)
		require.Equal(t, image[1] == "bordergw", image[2] == "latest", "%s: only what is built here is the latest", name)
		for _, port := range s.Ports {
			require.Regexp(t, `^127\.0\.0\.1:\$\{[A-Z]+_PORT:-\d+\}:\d+$`, port, name)
		}
		for _, volume := range s.Volumes {
			from, _, _ := strings.Cut(volume, ":")
			if !strings.HasPrefix(from, "./") {
				require.Contains(t, c.Volumes, from, name)
				continue
			}
			require.FileExists(t, filepath.Join("../..", from), name)
			require.True(t, strings.HasSuffix(volume, ":ro"), volume)
		}
		for _, other := range s.DependsOn {
			require.Contains(t, c.Services, other, name)
		}
	}
}

// Prometheus in the compose file is that of the example, but for the address, and for how often.
func TestComposedPrometheus(t *testing.T) {
	type config struct {
		Global    map[string]string
		RuleFiles []string `yaml:"rule_files"`
		Scrape    []struct {
			Job    string                       `yaml:"job_name"`
			Static []struct{ Targets []string } `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	for file, target := range map[string]string{"dist/prometheus/prometheus.yaml": "localhost:9696", "dist/compose/prometheus.yaml": "controller:9696"} {
		var c config
		readYAML(t, &c, file)
		require.Equal(t, []string{"bordergw.rules.yaml"}, c.RuleFiles, file)
		require.Len(t, c.Scrape, 1, file)
		require.Equal(t, monitoring.Job, c.Scrape[0].Job, file)
		require.Equal(t, []struct{ Targets []string }{{[]string{target}}}, c.Scrape[0].Static, file)
	}
}
