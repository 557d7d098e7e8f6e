package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"

	"bordergw/reconcile"
	"bordergw/store"
)

// serveCommand runs the daemon.
func serveCommand() *cobra.Command {
	var path string
	var check bool
	c := &cobra.Command{
		Use: "serve", Short: "Run the daemon: the REST API and the loop that drives the switches", Args: argsOfUse,
		Long: "Run the daemon: the REST API and the loop that drives the switches.\n\n" +
			"Every flag but --config and --check is also a key of the configuration file, spelled with\n" +
			"underscores: --log-level is log_level. A flag wins over the file.",
		Example: "  bordergw serve --data-dir /tmp/bordergw\n  bordergw serve --config /etc/bordergw/bordergw.yaml\n  bordergw serve --check --config /etc/bordergw/bordergw.yaml",
	}
	shown := defaultConfig()
	shown.bind(c.Flags())
	c.Flags().StringVar(&path, "config", "", "configuration file (YAML)")
	c.Flags().BoolVar(&check, "check", false, "check the configuration and exit")
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := loadConfig(path, c.Flags())
		if err != nil {
			return usageError{err}
		}
		if check {
			return checkConfig(c, cfg)
		}
		return serve(c, cfg)
	}
	return c
}

// checkConfig also reads what the configuration names, and writes nothing.
func checkConfig(c *cobra.Command, cfg config) error {
	if _, err := cfg.authenticator(); err != nil {
		return usageError{err}
	}
	if _, err := cfg.transport(newLogger(c, cfg)); err != nil {
		return usageError{err}
	}
	if err := checkDataDir(cfg.DataDir); err != nil {
		return usageError{err}
	}
	_, err := fmt.Fprintln(c.OutOrStdout(), "the configuration is valid")
	return err
}

func serve(c *cobra.Command, cfg config) error {
	ctx, end := context.WithCancel(c.Context())
	defer end()
	go tuneGC(ctx)
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	log := newLogger(c, cfg)
	secure, err := cfg.transport(log)
	if err != nil {
		return usageError{err}
	}
	listeners, err := openSockets(secure, cfg.OVSDBListen, log)
	if err != nil {
		return err
	}
	defer listeners.Close()
	d := &daemon{
		cfg: cfg, log: log, out: c.OutOrStdout(), hangup: hangup, reload: secure.Reload, stopTimeout: stopTimeout,
		notify: newNotifier(os.Getenv, log),
		newLoop: func(db *store.Store, registry prometheus.Registerer, events reconcile.Events) loop {
			return reconcile.New(db, reconcile.Options{
				Interval: cfg.Interval, HAHold: cfg.HAHold, Log: log, Registry: registry, Listeners: listeners, TLS: secure, Events: events,
			})
		},
	}
	return d.Run(ctx)
}

func newLogger(c *cobra.Command, cfg config) *logrus.Logger {
	log := logrus.New()
	log.SetOutput(c.ErrOrStderr())
	log.SetLevel(cfg.LogLevel)
	log.SetFormatter(&logrus.TextFormatter{FullTimestamp: true})
	if cfg.LogFormat == "json" {
		log.SetFormatter(&logrus.JSONFormatter{})
	}
	return log
}
