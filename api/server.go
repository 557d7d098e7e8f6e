package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"bordergw/model"

	"github.com/gofrs/uuid/v5"
	"github.com/sirupsen/logrus"
)

const (
	// DefaultMaxBody bounds a request body, in bytes.
	DefaultMaxBody = 1 << 20
	// DefaultMaxRequests bounds the requests in progress.
	DefaultMaxRequests = 512
	// DefaultMaxBodies bounds the bodies of all requests in progress, in bytes: two
	// imports, and 32 MiB of others. Decoded, a body may take twenty times its size.
	DefaultMaxBodies = 2*maxImport + 32<<20
)

// Config is what a Server needs. Store, Status, Log and Registry must be set.
type Config struct {
	Store  Store
	Status Status
	Log    logrus.FieldLogger
	// Registry takes the metrics of one Server and is shown at /metrics.
	Registry Registry
	// Auth is NoAuth when nil.
	Auth Authenticator
	// Policy says who may do what; nil is upstream's, see NewPolicy.
	Policy Policy
	// MaxBody bounds a request body in bytes; DefaultMaxBody when 0.
	MaxBody int64
	// MaxRequests bounds the requests in progress, those for health, readiness
	// and metrics aside; DefaultMaxRequests when 0.
	MaxRequests int
	// MaxBodies bounds the bodies of all requests in progress, in bytes; DefaultMaxBodies
	// when 0.
	MaxBodies int64
	// History is what happened; nil when that is not kept.
	History History
	// Backups makes backups; nil when there are none to be had.
	Backups Backups
	// Version of the daemon, shown at /v1/version.
	Version string
}

// Server is the http.Handler of the service.
type Server struct {
	cfg         Config
	metrics     *metrics
	collections map[string]collection // by folded path segment
	order       []string              // of the resource index
	remoteMACs  collection
	quotas      *resource[quotaView]
	// slots are taken by requests in progress.
	slots  chan struct{}
	bodies *bodies
	turns  turns
	// streams are those of events.
	streams *streams
	// backups are taken by backups in progress, pasts by readers of the way back, previews by plans that look at
	// switches.
	backups, pasts, previews chan struct{}
	// managers are the programs that keep definitions here equal to their own.
	managers *managers
	// document describes the service (OpenAPI).
	document schema
}

// New builds a Server and registers its metrics.
func New(cfg Config) *Server {
	if cfg.Auth == nil {
		cfg.Auth = NoAuth{}
	}
	if cfg.Policy == nil {
		cfg.Policy = defaultPolicy()
	}
	cfg.MaxBody = cmp.Or(cfg.MaxBody, DefaultMaxBody)
	cfg.MaxRequests = cmp.Or(cfg.MaxRequests, DefaultMaxRequests)
	cfg.MaxBodies = cmp.Or(cfg.MaxBodies, DefaultMaxBodies)
	s := newTables()
	s.cfg, s.metrics = cfg, newMetrics(cfg.Registry)
	s.managers = newManagers(cfg.Registry)
	s.slots, s.turns = make(chan struct{}, cfg.MaxRequests), newTurns()
	s.bodies = newBodies(cfg.MaxBody, cfg.MaxBodies)
	s.streams, s.backups = newStreams(cfg.MaxRequests), make(chan struct{}, maxBackups)
	s.pasts, s.previews = make(chan struct{}, maxPasts), make(chan struct{}, maxPreviews)
	countStreams(cfg.Registry, s.streams)
	countQuarantine(cfg.Registry, cfg.Store)
	s.document = s.describe()
	return s
}

// newTables builds what a Server serves, without what it needs to do so.
func newTables() *Server {
	limits := quotas()
	return &Server{
		collections: map[string]collection{
			"networks":               networks(),
			"l2_gateways":            l2Gateways(),
			"l2_gateway_connections": connections(),
			"gateway_devices":        gatewayDevices(),
			"agents":                 agents(),
			"quotas":                 limits,
		},
		order:      []string{"networks", "l2_gateways", "l2_gateway_connections", "gateway_devices", "agents", "quotas"},
		remoteMACs: remoteMACs(),
		quotas:     limits,
	}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	requestID := "req-" + uuid.Must(uuid.NewV4()).String()
	w.Header().Set("X-Openstack-Request-Id", requestID)
	c := &call{
		Server: s, w: w, r: r, log: s.cfg.Log.WithField("request", requestID), requestID: requestID,
		url: requestURL{r}, body: bodyReader{all: s.bodies, w: w, r: r}, who: caller{rules: s.cfg.Policy},
	}
	e := s.resolve(c)
	status := c.answer(e)
	took := time.Since(start)
	s.metrics.observe(e.route, r.Method, status, took)
	c.logAccess(status, took)
}

// EndStreams ends all streams of events, and lets no more begin.
func (s *Server) EndStreams() { s.streams.end() }

// plainType is the type of a plain text.
const plainType = "text/plain; charset=utf-8"

func encode(body any) (data []byte, contentType string) {
	switch b := body.(type) {
	case nil:
		return nil, ""
	case plainBody:
		return []byte(model.PrintableLines(string(b))), plainType
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	// Bodies are built from strings, numbers, booleans, lists and structs of
	// these, which always encode.
	_ = enc.Encode(body)
	return printableJSON(buf.Bytes()), "application/json"
}

// printableJSON escapes what a terminal would act on, as answers are looked at with
// curl. Most have no such byte and stay as they are.
func printableJSON(document []byte) []byte {
	suspect := func(b byte) bool { return b >= 0x7f || b < ' ' && b != '\n' }
	if !slices.ContainsFunc(document, suspect) {
		return document
	}
	return []byte(model.PrintableLines(string(document)))
}
