package reconcile

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"bordergw/model"
	"bordergw/reconcile/connector"
)

// metrics of the Loop. No label grows with MACs or networks.
type metrics struct {
	sessions *prometheus.CounterVec
	ops      *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	refused  *prometheus.CounterVec
	// disbelieved counts a row each time that it is reported.
	disbelieved *prometheus.CounterVec
	unreported  *prometheus.CounterVec
	repairs     *prometheus.CounterVec
}

// Results of operations.
const (
	opsOK       = "ok"
	opsRejected = "rejected"
)

func newMetrics(r prometheus.Registerer, l *Loop) *metrics {
	m := &metrics{
		sessions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bordergw_device_sessions_total", Help: "Sessions that read a switch database in full.",
		}, []string{"device"}),
		ops: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bordergw_device_operations_total", Help: "Plan operations sent, by result.",
		}, []string{"device", "result"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bordergw_device_apply_seconds", Help: "Time to apply one plan.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
		}, []string{"device"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bordergw_refused_connections_total", Help: "Connections of switches that came to nothing, by reason.",
		}, []string{"reason"}),
		disbelieved: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bordergw_device_bad_macs_total", Help: "Learned rows that were reported and not believed: no unicast MAC, or not behind the switch itself.",
		}, []string{"device"}),
		unreported: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bordergw_device_untold_changes_total", Help: "Times that a switch was found not to have reported changes of its database.",
		}, []string{"device"}),
	}
	m.repairs = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "bordergw_device_repairs_total", Help: "Rows that an external writer changed and that were put right.",
	}, []string{"device"})
	// increase() sees a counter grow only from what it was before: all begin at zero.
	for _, reason := range connector.Refusals() {
		m.refused.WithLabelValues(reason)
	}
	if r != nil {
		r.MustRegister(m.sessions, m.ops, m.seconds, m.refused, m.disbelieved, m.unreported, m.repairs, &deviceCollector{loop: l})
	}
	return m
}

// begin shows the counters of a device at zero, for the same reason.
func (m *metrics) begin(device string) {
	for _, c := range []*prometheus.CounterVec{m.sessions, m.disbelieved, m.unreported, m.repairs} {
		c.WithLabelValues(device)
	}
	m.ops.WithLabelValues(device, opsOK)
	m.ops.WithLabelValues(device, opsRejected)
}

// applied counts operations of which the switch has rejected some; of a plan that could
// not be written as a whole, all.
func (m *metrics) applied(device string, ops, rejected int, d time.Duration) {
	m.ops.WithLabelValues(device, opsOK).Add(float64(ops - rejected))
	m.ops.WithLabelValues(device, opsRejected).Add(float64(rejected))
	m.seconds.WithLabelValues(device).Observe(d.Seconds())
}

// forget ends the series of a device.
func (m *metrics) forget(device string) {
	of := prometheus.Labels{"device": device}
	m.sessions.DeletePartialMatch(of)
	m.ops.DeletePartialMatch(of)
	m.seconds.DeletePartialMatch(of)
	m.disbelieved.DeletePartialMatch(of)
	m.unreported.DeletePartialMatch(of)
	m.repairs.DeletePartialMatch(of)
}

// deviceCollector reads the state of the devices when it is asked.
type deviceCollector struct{ loop *Loop }

var (
	phaseDesc  = prometheus.NewDesc("bordergw_device_phase", "1 for the phase that a device is in.", []string{"device", "phase"}, nil)
	rowsDesc   = prometheus.NewDesc("bordergw_device_rows", "Rows in a device's tables.", []string{"device", "table"}, nil)
	expiryDesc = prometheus.NewDesc("bordergw_tls_certificate_expiry_seconds",
		"Unix time at which a certificate expires: own, ca/NAME, device/ID.", []string{"name"}, nil)
	discoveredDesc  = prometheus.NewDesc("bordergw_discovered_sessions", "Sessions of switches that dialled in and are not driven.", nil, nil)
	problemsDesc    = prometheus.NewDesc("bordergw_device_problems", "Parts of the definitions that a device does not hold.", []string{"device"}, nil)
	connectionsDesc = prometheus.NewDesc("bordergw_connections", "L2 gateway connections, by status.", []string{"status"}, nil)
	claimedDesc     = prometheus.NewDesc("bordergw_device_claimed_macs", "MACs that a device has learned although they are configured elsewhere.", []string{"device"}, nil)
	deletedDesc     = prometheus.NewDesc("bordergw_deleted_devices", "Deleted devices that are still to be cleaned.", nil, nil)
	infoDesc        = prometheus.NewDesc("bordergw_device_info", "1 for each device that is driven: what its id stands for.", []string{"device", "name", "site"}, nil)
	readyDesc       = prometheus.NewDesc("bordergw_ready", "1 when every registered device was read or found unreachable since the start.", nil, nil)
	settledDesc     = prometheus.NewDesc("bordergw_settled", "1 when what nothing explains is removed: some minutes after the start.", nil, nil)
	frozenDesc      = prometheus.NewDesc("bordergw_frozen_macs", "MACs that stand still because they moved too often.", nil, nil)
)

// devicePhases are those of a device that is driven.
var devicePhases = []string{
	model.DeviceUnreachable, model.DeviceReading, model.DeviceSyncing, model.DeviceInSync, model.DeviceDegraded, model.DeviceDrivenElsewhere,
}

// Describe implements prometheus.Collector.
func (c *deviceCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- phaseDesc
	ch <- rowsDesc
	ch <- problemsDesc
	ch <- expiryDesc
	ch <- discoveredDesc
	ch <- claimedDesc
	ch <- deletedDesc
	ch <- connectionsDesc
	ch <- frozenDesc
	ch <- infoDesc
	ch <- readyDesc
	ch <- settledDesc
}

// Collect implements prometheus.Collector.
func (c *deviceCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for name, at := range c.loop.opts.TLS.Expiries() {
		gauge(expiryDesc, float64(at.Unix()), name)
	}
	gauge(deletedDesc, float64(c.loop.store.Definitions().Retired.Len()))
	gauge(discoveredDesc, float64(len(c.loop.acceptor.Unplaced())))
	for status, n := range c.loop.recorder.counts() {
		gauge(connectionsDesc, float64(n), status)
	}
	gauge(frozenDesc, float64(c.loop.macs.countFrozen()))
	gauge(readyDesc, indicator(c.loop.Ready() == nil))
	gauge(settledDesc, indicator(c.loop.settled.Load()))
	claimed := c.loop.view.Load().ContestedOf()
	for id, w := range c.loop.workers.all() {
		gd := w.device.Load()
		gauge(infoDesc, 1, id, gd.DisplayName(), gd.Site)
		gauge(claimedDesc, float64(claimed[id]), id)
		st := w.state()
		if at := st.peer.NotAfter(); !at.IsZero() {
			gauge(expiryDesc, float64(at.Unix()), "device/"+id)
		}
		for _, p := range devicePhases {
			gauge(phaseDesc, indicator(st.phase == p), id, p)
		}
		gauge(problemsDesc, float64(len(st.problems)), id)
		if f := st.facts; f != nil {
			gauge(rowsDesc, float64(f.Counts.LogicalSwitches), id, "Logical_Switch")
			gauge(rowsDesc, float64(f.Counts.RemoteMACs), id, "Ucast_Macs_Remote")
			gauge(rowsDesc, float64(f.Counts.LocalMACs), id, "Ucast_Macs_Local")
		}
	}
}

// indicator is the value of what is or is not so.
func indicator(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
