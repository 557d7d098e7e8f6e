package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: argsOfUse, Example: "  bordergw version",
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), "bordergw", programVersion())
			return err
		},
	}
}

// programVersion is the version with what it was built by and for.
func programVersion() string {
	return fmt.Sprint(buildVersion(), " ", runtime.Version(), " ", runtime.GOOS+"/"+runtime.GOARCH)
}

// commit is set by the linker where the build has no git: in the container image.
var commit string

// buildVersion is the module's version, with the commit if the build knew it.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := strings.TrimSpace(info.Main.Version + " " + commit)
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			version += " " + s.Value
		}
	}
	return version
}

// buildInfo shows the version to Prometheus.
func buildInfo() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "bordergw_build_info", Help: "1 for the version of the program.", ConstLabels: prometheus.Labels{"version": buildVersion()},
	}, func() float64 { return 1 })
}
