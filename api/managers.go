package api

import (
	"net/http"
	"sync"
	"time"

	"bordergw/model"

	"github.com/prometheus/client_golang/prometheus"
)

const managerRoute = "/v1/managers/{name}"

// maxManagers bounds the programs whose comparisons are remembered.
const maxManagers = 64

// managers are programs that keep the definitions that they manage (managed_by) equal to
// their own, such as a Neutron server. Of each it is remembered when it last compared them,
// so that several of its processes share the work. A restart forgets it: then one comparison
// too many is made.
type managers struct {
	mu     sync.Mutex
	synced map[string]time.Time
}

// newManagers registers the metric that shows them.
func newManagers(r prometheus.Registerer) *managers {
	m := &managers{synced: map[string]time.Time{}}
	r.MustRegister(m)
	return m
}

var managerSynced = prometheus.NewDesc("bordergw_manager_synced_seconds",
	"Unix time at which a manager's last comparison of its definitions with those here began.", []string{"manager"}, nil)

// Describe implements prometheus.Collector.
func (m *managers) Describe(out chan<- *prometheus.Desc) { out <- managerSynced }

// Collect implements prometheus.Collector.
func (m *managers) Collect(out chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, at := range m.synced {
		out <- prometheus.MustNewConstMetric(managerSynced, prometheus.GaugeValue, float64(at.UnixMilli())/1e3, name)
	}
}

func (m *managers) get(name string) (time.Time, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, ok := m.synced[name]
	return at, ok
}

func (m *managers) put(name string, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.synced[name]; !known && len(m.synced) >= maxManagers {
		return model.ErrBadRequest("Invalid input for name. Reason: %d managers are known already; delete one that is no longer used.", maxManagers)
	}
	m.synced[name] = at
	return nil
}

// forget reports whether there was one.
func (m *managers) forget(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, known := m.synced[name]
	delete(m.synced, name)
	return known
}

// managerView is a manager as a request gives it and an answer shows it.
type managerView struct {
	Name     string    `json:"name,omitempty"`
	SyncedAt time.Time `json:"synced_at"`
}

func serveManager(c *call) (reply, error) {
	if !sourceName.MatchString(c.id) {
		return reply{}, inputError("name", errNoSource(c.id))
	}
	switch c.r.Method {
	case http.MethodGet:
		at, known := c.managers.get(c.id)
		if !known {
			return reply{}, errManagerNotFound(c.id)
		}
		return ok(managerView{c.id, at})
	case http.MethodPut:
		return stampManager(c)
	case http.MethodDelete:
		if !c.managers.forget(c.id) {
			return reply{}, errManagerNotFound(c.id)
		}
		return reply{status: http.StatusNoContent}, nil
	}
	return reply{}, errMethod("GET, PUT, DELETE")
}

func errManagerNotFound(name string) error {
	return &model.Error{Kind: model.NotFound, Type: "ManagerNotFound", Message: "Manager " + printed(name) + " could not be found."}
}

func stampManager(c *call) (reply, error) {
	body, err := c.body.decode(c.cfg.MaxBody)
	if err != nil {
		return reply{}, err
	}
	given, _ := body.(object)
	text, _ := given["synced_at"].(string)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return reply{}, inputError("synced_at", reasonf("'%s' is not a time as 2026-01-31T12:00:00Z", printed(text)))
	}
	if err := c.managers.put(c.id, at.UTC()); err != nil {
		return reply{}, err
	}
	return ok(managerView{c.id, at.UTC()})
}

// managerPaths describes them.
func managerPaths() []fixedEndpoint {
	view := schemaOf[managerView]()
	return []fixedEndpoint{
		{method: "GET", path: managerRoute, summary: "when a program last compared the definitions that it manages with its own", status: 200, body: view},
		{method: "PUT", path: managerRoute, summary: "note when it did", status: 200, body: view, request: view},
		{method: "DELETE", path: managerRoute, summary: "forget a program that is no longer used", status: 204},
	}
}
