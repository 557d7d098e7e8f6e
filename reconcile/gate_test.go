package reconcile_test

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/vtep/transport"
)

// gate is a Loop that switches dial in to.
type gate struct {
	*site
	addresses []string // of the listeners
	registry  *prometheus.Registry
	logs      *logtest.Hook
}

// newGate runs a Loop with those listeners until the test ends.
func newGate(t *testing.T, secure *transport.TLS, specs ...string) *gate {
	t.Helper()
	log, logs := logtest.NewNullLogger()
	g := &gate{registry: prometheus.NewRegistry(), logs: logs}
	opts := reconcile.Options{Log: log, Registry: g.registry, TLS: secure}
	for _, spec := range specs {
		l, err := secure.Listen(spec)
		require.NoError(t, err)
		opts.Listeners = append(opts.Listeners, l)
		g.addresses = append(g.addresses, l.Addr().String())
	}
	g.site = newSite(t, 0, opts)
	return g
}

func newPlainGate(t *testing.T) *gate {
	return newGate(t, &transport.TLS{}, "ptcp:0:127.0.0.1", "ptcp:0:127.0.0.1")
}

// register makes a device and returns its id.
func (g *gate) register(gd model.GatewayDevice) string {
	g.t.Helper()
	gd.Type = model.HWVTEP
	out, err := g.store.CreateGatewayDevice(g.t.Context(), gd)
	require.NoError(g.t, err)
	return out.ID
}

func listener(name string) model.GatewayDevice {
	return model.GatewayDevice{Name: name, ManagementProtocol: model.ProtocolOVSDBListen}
}

func (g *gate) reaches(id, phase string) {
	g.t.Helper()
	g.eventually(func() bool { return g.loop.DeviceStatus(id).Phase == phase }, "device is %s", phase)
}

// sessions counts those that a device has had.
func (g *gate) sessions(id string) int {
	return int(g.metric("bordergw_device_sessions_total", id))
}

// metric is a counter or gauge by its label, "" for one without.
func (g *gate) metric(name, label string) float64 { return metric(g.t, g.registry, name, label) }

// warns waits for a warning. What it is about may be counted before it is logged.
func (g *gate) warns(text string) (found *logrus.Entry) {
	g.eventually(func() bool {
		for _, e := range g.logs.AllEntries() {
			if e.Level == logrus.WarnLevel && strings.Contains(e.Message, text) {
				found = e
			}
		}
		return found != nil
	}, "a warning: %s", text)
	return found
}

func metric(t testing.TB, registry *prometheus.Registry, name, label string) float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (label == "" || m.GetLabel()[0].GetValue() == label) {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return 0
}

// unregistered are the reports of switches that are not driven.
func (g *gate) unregistered() (out []model.DeviceReport) {
	for _, r := range g.loop.DeviceReports() {
		if r.ID == "" {
			out = append(out, r)
		}
	}
	return out
}

// discovers waits for one switch that is not driven, for a reason.
func (g *gate) discovers(name, reason string) model.DeviceReport {
	g.t.Helper()
	var got []model.DeviceReport
	g.eventually(func() bool {
		got = g.unregistered()
		return len(got) == 1 && got[0].Name == name && strings.Contains(got[0].Status.Detail, reason)
	}, "%s is discovered: %s", name, reason)
	return got[0]
}

func (g *gate) report(id string) model.DeviceReport {
	for _, r := range g.loop.DeviceReports() {
		if r.ID == id {
			return r
		}
	}
	return model.DeviceReport{}
}

func newSwitch(t *testing.T, name, tunnelIP string, opts ...ovsdbtest.Option) *ovsdbtest.Server {
	t.Helper()
	s := ovsdbtest.Start(t, opts...)
	s.AddSwitch(name, tunnelIP, "p1")
	return s
}

// call has the switch dial in, every second if need be.
func call(s *ovsdbtest.Server, targets ...string) {
	args := append([]string{"set-manager"}, targets...)
	s.VtepCtl(append(args, "--", "set", "Manager", targets[0], "max_backoff=1000")...)
}
