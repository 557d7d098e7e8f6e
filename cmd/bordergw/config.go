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
	"bordergw/store"
	"bordergw/trail"
)

// Authentication modes.
const (
	authNone     = "none"
	authToken    = "token"
	authHeaders  = "headers"
	authKeystone = "keystone"
)

// minInterval keeps the periodic pass from being a busy loop.
const minInterval = time.Second

// config is the configuration of "serve". Its flag set names the keys; the keys of
// the file are the same words with underscores.
type config struct {
	Listen   string // host:port of the REST API
	DataDir  string
	Interval time.Duration // of the periodic pass over all devices
	VNIRange model.VNIRange
	// VNIQuarantine is how long a VNI that was given up is kept from other networks
	// while a switch may still have it.
	VNIQuarantine time.Duration
	LogLevel      logrus.Level
	LogFormat     string
	Auth          string
	TokenFile     string // of auth: token
	Keystone      keystoneConfig
	Policy        policyRules
	Quota         model.Limits  // of projects without limits of their own
	HAHold        time.Duration // before another switch takes over a gateway
	AuditMiB      int           // of the audit records that are kept
	HistoryEvents int           // that are kept
	HistoryDays   int           // how old they may be
	History       string        // "on" or "off"

	OVSDBListen     []string // ptcp:PORT[:IP] or pssl:PORT[:IP]
	TLSCertificate  string   // PEM files of TLS with switches
	TLSPrivateKey   string
	TLSCAs          []string // NAME=FILE
	TLSFingerprints []string // NAME=SHA256
}

func defaultConfig() config {
	return config{
		Listen:        "127.0.0.1:9696",
		DataDir:       defaultDataDir(os.Geteuid()),
		Interval:      time.Minute,
		VNIRange:      model.DefaultVNIRange,
		VNIQuarantine: model.DefaultVNIQuarantine,
		LogLevel:      logrus.InfoLevel,
		LogFormat:     "text",
		Auth:          authNone,
		Keystone:      defaultKeystone(),
		Policy:        policyRules{},
		Quota:         model.Limits{},
		HAHold:        10 * time.Second,
		AuditMiB:      store.DefaultAuditBytes >> 20,
		HistoryEvents: trail.DefaultEvents,
		HistoryDays:   trail.DefaultDays,
		History:       historyOn,
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
	fs.Var(setting[time.Duration]{&c.VNIQuarantine, "duration", parseHold}, "vni-quarantine",
		"how long a VNI that was given up is kept from other networks while a switch may still use it")
	fs.Var(setting[logrus.Level]{&c.LogLevel, "level", parseLevel}, "log-level", "error, warn, info, debug or trace")
	fs.Var(oneOf(&c.LogFormat, "text", "json"), "log-format", "form of the log on standard error")
	fs.Var(oneOf(&c.Auth, authNone, authToken, authHeaders, authKeystone), "auth",
		"who may use the API: everybody as admin, holders of a token, whom a trusted proxy names in headers, holders of a token of Keystone")
	fs.StringVar(&c.TokenFile, "token-file", c.TokenFile, "tokens of --auth token (YAML)")
	c.Keystone.bind(fs)
	fs.Var(c.Policy, "policy", "who may do an action, for instance create_l2_gateway=admin_or_owner (repeatable; a mapping in the file)")
	for _, resource := range model.QuotaResources() {
		name := strings.ReplaceAll(resource, "_", "-")
		fs.Var(limit{c.Quota, resource}, "quota-"+name, "how many "+quotaNoun(resource)+" a project may own unless it has limits of its own; -1 is no limit")
	}
	fs.Var(setting[time.Duration]{&c.HAHold, "duration", parseHold}, "ha-hold", "how long a switch of an active-passive gateway must be away before another takes over")
	fs.Var(setting[int]{&c.AuditMiB, "MiB", parseAuditSize}, "audit-size", fmt.Sprintf("size in MiB of the audit records that are kept, of %d at most", store.DefaultAuditRecords))
	fs.Var(oneOf(&c.History, historyOn, historyOff), "history", "whether events, and where MACs were, are kept")
	fs.Var(setting[int]{&c.HistoryEvents, "number", parseBetween("events", 1000, 1_000_000)}, "history-events", "number of events that are kept")
	fs.Var(setting[int]{&c.HistoryDays, "days", parseBetween("days", 1, 3650)}, "history-days", "days for which events, and where MACs were, are kept")
	c.bindSwitches(fs)
}

// quotaNoun is what a quota counts, as people call it.
func quotaNoun(resource string) string {
	return map[string]string{
		model.QuotaNetwork: "networks", model.QuotaGatewayDevice: "devices", model.QuotaL2Gateway: "gateways", model.QuotaConnection: "connections",
	}[resource]
}

const (
	historyOn  = "on"
	historyOff = "off"
)

// parseBetween reads a number of something.
func parseBetween(what string, least, most int) func(string) (int, error) {
	return func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return 0, fmt.Errorf("%q is not a number of %s in %d..%d", s, what, least, most)
		}
		return n, nil
	}
}

// maxAuditMiB keeps the answer to a request for all of it within reason.
const maxAuditMiB = 4096

func parseAuditSize(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxAuditMiB {
		return 0, fmt.Errorf("%q is not a number of MiB in 1..%d", s, maxAuditMiB)
	}
	return n, nil
}

// bindSwitches registers what concerns the connections with switches.
func (c *config) bindSwitches(fs *pflag.FlagSet) {
	fs.Var(repeated{&c.OVSDBListen, "ptcp|pssl:port[:ip]", checkEndpoint}, "ovsdb-listen", "where switches dial in, plain or with TLS (repeatable; a list in the file)")
	fs.StringVar(&c.TLSCertificate, "tls-certificate", c.TLSCertificate, "our certificate towards switches (PEM)")
	fs.StringVar(&c.TLSPrivateKey, "tls-private-key", c.TLSPrivateKey, "its private key (PEM)")
	fs.Var(repeated{&c.TLSCAs, "name=file", checkNamedFile}, "tls-ca", "CA that switches' certificates are checked by (PEM; repeatable; a mapping in the file)")
	fs.Var(repeated{&c.TLSFingerprints, "name=sha256", checkNamedFingerprint}, "tls-fingerprint", "certificate of a switch that is trusted by itself (repeatable; a mapping in the file)")
}

func parseHold(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is not a positive duration such as 10s", s)
	}
	return d, nil
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
			err = setAgain(keys.Lookup(f.Name), f)
			origin[f.Name] = "--" + f.Name
		}
	})
	if err != nil {
		return c, err
	}
	return c, c.validate(origin)
}

// setAgain gives a key the value of a flag.
func setAgain(key, flag *pflag.Flag) error {
	if list, ok := flag.Value.(pflag.SliceValue); ok {
		return key.Value.(pflag.SliceValue).Replace(list.GetSlice())
	}
	return key.Value.Set(flag.Value.String())
}

// origins says where a key was set: "--listen" or "FILE:3: listen". A key that
// was not set has none.
type origins map[string]string

// errorf says where the key was set, if it was.
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
	case c.Auth == authKeystone:
		return c.Keystone.validate(o)
	case c.Keystone != defaultKeystone():
		return c.Keystone.refuse(o)
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
