package api

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	handler  http.Handler
	// plans are of site files and rollbacks, applied are outcomes of these.
	plans   *prometheus.HistogramVec
	applied *prometheus.CounterVec
	// slots are taken by scrapes in progress, each of which holds all series.
	slots chan struct{}
}

const (
	maxScrapes = 16
	// metricsTimeout bounds the wait for a slot, and the time to take the answer. The time
	// that the answer is made in counts for neither: it is long on a busy machine.
	metricsTimeout = 5 * time.Second
)

// What is planned and applied.
const (
	ofSite     = "site"
	ofRollback = "rollback"
)

// What became of a site file that was to be applied, or of a rollback.
const (
	applyChanged = "changed"
	applyNothing = "nothing_to_do"
	applyStale   = "stale"
	applyUnsafe  = "refused"
	applyFailed  = "failed"
)

var applyResults = []string{applyChanged, applyNothing, applyStale, applyUnsafe, applyFailed}

func newMetrics(r Registry) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bordergw_http_requests_total",
			Help: "Requests answered, by route template, method and status code.",
		}, []string{"route", "method", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "bordergw_http_request_duration_seconds",
			Help:    "Time to answer a request, by route template and method.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}, []string{"route", "method"}),
		plans: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bordergw_plan_seconds", Help: "Time to compare a site file, or what definitions were, with the definitions.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
		}, []string{"of"}),
		applied: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bordergw_apply_total", Help: "Site files and rollbacks that were to be applied, by result.",
		}, []string{"of", "result"}),
		handler: promhttp.HandlerFor(r, promhttp.HandlerOpts{}),
		slots:   make(chan struct{}, maxScrapes),
	}
	for _, of := range []string{ofSite, ofRollback} {
		m.plans.WithLabelValues(of)
		for _, result := range applyResults {
			m.applied.WithLabelValues(of, result)
		}
	}
	r.MustRegister(m.requests, m.seconds, m.plans, m.applied)
	return m
}

// countStreams shows how many streams of events are open.
func countStreams(r Registry, s *streams) {
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "bordergw_event_streams", Help: "Open streams of events."},
		func() float64 { return float64(len(s.slots)) }))
}

var knownMethods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete}

// observe counts a request. A client can not grow the label sets: routes are
// templates, and rare methods share one label.
func (m *metrics) observe(route, method string, status int, took time.Duration) {
	if !slices.Contains(knownMethods, method) {
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route, method).Observe(took.Seconds())
}

// timedWriter gives the client a time to take the answer, which begins with the first write.
type timedWriter struct {
	http.ResponseWriter
	timeout time.Duration
	begun   bool
}

func (w *timedWriter) Write(p []byte) (int, error) {
	if !w.begun {
		w.begun = true
		// A writer that knows no deadlines has no client.
		_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(w.timeout))
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (w *timedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
