package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
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
	slots chan struct{}
	// largeSlots are taken by those with large bodies.
	largeSlots chan struct{}
	// bodies is the number of bytes of the bodies that were read and not answered.
	bodies atomic.Int64
	turns  turns
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
	s.slots, s.turns = make(chan struct{}, cfg.MaxRequests), newTurns()
	s.largeSlots = make(chan struct{}, maxLargeBodies)
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

// call is one request on its way.
type call struct {
	*Server
	w    http.ResponseWriter
	r    *http.Request
	log  logrus.FieldLogger
	who  Identity
	defs *model.Definitions
	// parent and id are the path's item ids; parent is that of a sub-resource's
	// owner.
	parent, id string
	requestID  string
	// warnings are remarks on a request that is carried out.
	warnings []string
	// large: it has a slot for large bodies.
	large bool
	// taken is its part of Server.bodies.
	taken int64
}

// plainBody is a body that is sent as plain text; any other body is sent as JSON.
type plainBody string

// reply is an answer. One with status 0 has been written already.
type reply struct {
	status int
	body   any
	header [2]string
}

func (p reply) with(name, value string) reply {
	p.header = [2]string{name, value}
	return p
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	requestID := "req-" + uuid.Must(uuid.NewV4()).String()
	w.Header().Set("X-Openstack-Request-Id", requestID)
	c := &call{Server: s, w: w, r: r, log: s.cfg.Log.WithField("request", requestID), requestID: requestID}
	e := s.resolve(c)
	status := c.answer(e)
	took := time.Since(start)
	s.metrics.observe(e.route, r.Method, status, took)
	c.logAccess(status, took)
}

// answer refuses a request at once while as many as may be are in progress: a
// client that waits unanswered can not distinguish that from a network that is down.
// Health, readiness and metrics are answered all the same. A request is in
// progress until its answer has been taken.
func (c *call) answer(e endpoint) int {
	if e.probe {
		return c.send(c.run(e))
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
		defer c.giveLarge()
		defer func() { c.bodies.Add(-c.taken) }()
		return c.send(c.run(e))
	default:
		return c.send(c.busy())
	}
}

// busy also frees the connection.
func (c *call) busy() reply {
	c.w.Header().Set("Connection", "close")
	return refusal(http.StatusServiceUnavailable, "ServiceUnavailable", "Too many requests are in progress. Try again in a second.").
		with("Retry-After", "1")
}

func (c *call) run(e endpoint) reply {
	p, err := c.serve(e)
	if err == nil {
		return p
	}
	if errors.Is(c.r.Context().Err(), context.Canceled) {
		return refusal(statusClientGone, "HTTPClientDisconnect", "The client went away.")
	}
	p = failure(err, c.who)
	if p.status >= http.StatusInternalServerError {
		c.log.WithField("err", err).Error("request failed")
	}
	return p
}

func (c *call) serve(e endpoint) (reply, error) {
	if !e.open {
		if err := c.authenticate(); err != nil {
			return reply{}, err
		}
	}
	c.defs = c.cfg.Store.Definitions()
	return e.serve(c)
}

// authenticate finds out who asks, for the rules and for the audit.
func (c *call) authenticate() (err error) {
	if c.who, err = c.cfg.Auth.Authenticate(c.r); err == nil {
		actor := model.Actor{User: c.who.User, Project: c.who.Project, RequestID: c.requestID}
		c.r = c.r.WithContext(model.WithActor(c.r.Context(), actor))
		return nil
	}
	if errors.Is(err, ErrUnauthenticated) {
		return err
	}
	return fmt.Errorf("%w: %w", model.ErrUnavailable("Authentication is not possible now."), err)
}

// send writes the answer and returns its status.
func (c *call) send(p reply) int {
	if p.status == 0 {
		return http.StatusOK
	}
	c.setWarnings()
	if body, isStream := p.body.(streamed); isStream {
		return c.sendStream(p.status, body)
	}
	body, contentType := encode(p.body)
	h := c.w.Header()
	if p.header[1] != "" {
		h.Set(p.header[0], p.header[1])
	}
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	c.w.WriteHeader(p.status)
	if _, err := c.w.Write(body); err != nil && len(body) > 0 {
		c.log.WithField("err", err).Debug("answer not delivered")
	}
	return p.status
}

// sendStream answers with an error as long as nothing of the list has been sent.
// Later it cuts the connection off, so that nobody takes a part for the whole.
func (c *call) sendStream(status int, body streamed) int {
	c.turns.take()
	defer c.turns.give()
	out := &turnWriter{ResponseWriter: c.w, turns: c.turns, status: status, contentType: body.contentType(), end: time.Now().Add(answerTime)}
	err := body.writeTo(out)
	if err == nil {
		return status
	}
	if cause := (sourceError{}); errors.As(err, &cause) {
		c.log.WithField("err", err).Error("request failed")
		if !out.begun {
			return c.send(failure(cause.error, c.who))
		}
	}
	c.log.WithField("err", err).Debug("answer not delivered")
	panic(http.ErrAbortHandler)
}

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

// logAccess writes one line a request: changes at Info, reads at Debug.
func (c *call) logAccess(status int, took time.Duration) {
	l := c.log.WithFields(logrus.Fields{
		"method": c.r.Method, "path": c.r.URL.Path, "status": status,
		"user": c.who.User, "project": c.who.Project, "took": took.Round(time.Microsecond).String(), // with its unit, also in JSON
	})
	if c.r.Method == http.MethodGet || c.r.Method == http.MethodHead {
		l.Debug("request")
		return
	}
	l.Info("request")
}
