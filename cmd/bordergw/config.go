package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spf13/pflag"

	"bordergw/model"
)

// Authentication modes.
const (
	authNone    = "none"
	authToken   = "token"
	authHeaders = "headers"
)

// minInterval keeps the periodic pass from being a busy loop.
const minInterval = time.Second

// config is what "serve" can be told. Its flag set names the keys; the keys of
// the file are the same words with underscores.
type config struct {
	Listen    string // host:port of the REST API
	DataDir   string
	Interval  time.Duration // of the periodic pass over all devices
	VNIRange  model.VNIRange
	LogLevel  logrus.Level
	LogFormat string
	Auth      string
	TokenFile string // of auth: token
}

func defaultConfig() config {
	return config{
		Listen:    "127.0.0.1:9696",
		DataDir:   defaultDataDir(os.Geteuid()),
		Interval:  time.Minute,
		VNIRange:  model.DefaultVNIRange,
		LogLevel:  logrus.InfoLevel,
		LogFormat: "text",
		Auth:      authNone,
	}
}

// defaultDataDir follows the FHS for root and the XDG base directories for
// others. It is empty if there is no home to put it in.
func defaultDataDir(uid int) string {
	if uid == 0 {
		return "/var/lib/bordergw"
	}
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "bordergw")
	}
	if home := os.Getenv("HOME"); home != "" {
		return filepath.Join(home, ".local", "state", "bordergw")
	}
	return ""
}

// bind registers a flag for every key, with the present values as defaults.
func (c *config) bind(fs *pflag.FlagSet) {
	fs.SetNormalizeFunc(canonicalFlag)
	fs.Var(setting[string]{&c.Listen, "host:port", parseListen}, "listen", "address of the REST API; port 0 takes a free one")
	fs.StringVar(&c.DataDir, "data-dir", c.DataDir, "directory of the store, created if missing")
	fs.Var(setting[time.Duration]{&c.Interval, "duration", parseInterval}, "interval", "time between two passes over all devices")
	fs.Var(setting[model.VNIRange]{&c.VNIRange, "first-last", model.ParseVNIRange}, "vni-range", "VNIs given to networks that have none")
	fs.Var(setting[logrus.Level]{&c.LogLevel, "level", parseLevel}, "log-level", "error, warn, info, debug or trace")
	fs.Var(oneOf(&c.LogFormat, "text", "json"), "log-format", "form of the log on standard error")
	fs.Var(oneOf(&c.Auth, authNone, authToken, authHeaders), "auth", "who may use the API: everybody as admin, holders of a token, whom a trusted proxy names in headers")
	fs.StringVar(&c.TokenFile, "token-file", c.TokenFile, "tokens of --auth token (YAML)")
}

func parseListen(s string) (string, error) {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return "", fmt.Errorf("%q is not HOST:PORT", s)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", fmt.Errorf("%q: the port is not in 0..65535", s)
	}
	return s, nil
}

func parseLevel(s string) (logrus.Level, error) {
	level, err := logrus.ParseLevel(s)
	if err != nil || level < logrus.ErrorLevel {
		return 0, fmt.Errorf("%q is not one of error, warn, info, debug, trace", s)
	}
	return level, nil
}

func parseInterval(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is not a duration such as 60s", s)
	case d < minInterval:
		return 0, fmt.Errorf("%s is below %s", d, minInterval)
	}
	return d, nil
}

// loadConfig joins defaults, the file if there is one, and the flags that were
// given, the last of which wins. A bad value in the file is an error even where
// a flag overrides it.
func loadConfig(path string, given *pflag.FlagSet) (config, error) {
	c := defaultConfig()
	keys := pflag.NewFlagSet("config", pflag.ContinueOnError)
	c.bind(keys)
	origin := origins{}
	if path != "" {
		if err := readConfigFile(path, keys, origin); err != nil {
			return c, err
		}
	}
	var err error
	given.Visit(func(f *pflag.Flag) {
		if keys.Lookup(f.Name) != nil && err == nil {
			err = keys.Set(f.Name, f.Value.String())
			origin[f.Name] = "--" + f.Name
		}
	})
	if err != nil {
		return c, err
	}
	return c, c.validate(origin)
}

// origins says where a key was set: "--listen" or "FILE:3: listen". A key that
// was not set has none.
type origins map[string]string

// errorf tells where the key was set, if it was.
func (o origins) errorf(key, format string, args ...any) error {
	where, ok := o[key]
	if !ok {
		where = "--" + key
	}
	return fmt.Errorf("%s: %w", where, fmt.Errorf(format, args...))
}

// validate checks what concerns more than one key.
func (c *config) validate(o origins) error {
	_, explicit := o["auth"]
	switch {
	case c.DataDir == "":
		return o.errorf("data-dir", "a directory must be given")
	case c.Auth == authToken && c.TokenFile == "":
		return o.errorf("auth", "token needs a token file (--token-file)")
	case c.Auth != authToken && c.TokenFile != "":
		return o.errorf("token-file", "is of use with --auth token only")
	case c.Auth == authNone && !explicit && !isLoopback(c.Listen):
		return o.errorf("listen", "%s is reachable from other machines: choose an --auth, or write --auth none to let everybody in", c.Listen)
	}
	return nil
}

func isLoopback(listen string) bool {
	host, _, _ := net.SplitHostPort(listen)
	a, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && a.Unmap().IsLoopback()
}

// checkDataDir refuses a path that can not become the data directory, without
// creating it.
func checkDataDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", dir)
	}
	return nil
}
