package reconcile_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"bordergw/reconcile"
)

// counters are the values of a counter's series with a label, by the value of another one, "" if there is none.
func counters(t testing.TB, registry *prometheus.Registry, name, label, value, by string) map[string]float64 {
	families, err := registry.Gather()
	require.NoError(t, err)
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			has, key := label == "", ""
			for _, l := range m.GetLabel() {
				has = has || l.GetName() == label && l.GetValue() == value
				if l.GetName() == by {
					key = l.GetValue()
				}
			}
			if f.GetName() == name && has {
				out[key] = m.GetCounter().GetValue()
			}
		}
	}
	return out
}

// TestCountersBeginAtZero: Prometheus sees a counter grow only from what it was before. So a device has all its counters
// as soon as it is driven, and none once it is gone.
func TestCountersBeginAtZero(t *testing.T) {
	registry := prometheus.NewRegistry()
	s := newSite(t, 1, reconcile.Options{Registry: registry})
	a := s.tors[0]
	of := func(name, by string) map[string]float64 { return counters(t, registry, name, "device", a.id, by) }
	for name, want := range map[string]float64{
		"bordergw_device_repairs_total": 0, "bordergw_device_bad_macs_total": 0, "bordergw_device_untold_changes_total": 0,
		"bordergw_device_sessions_total": 1,
	} {
		require.Equal(t, map[string]float64{"": want}, of(name, ""), name)
	}
	require.Equal(t, map[string]float64{"ok": 0, "rejected": 0}, of("bordergw_device_operations_total", "result"))
	require.Equal(t, map[string]float64{
		"NotConfigured": 0, "UnknownCA": 0, "Expired": 0, "WrongFingerprint": 0, "NotTLS": 0, "NoCertificate": 0, "Refused": 0,
		"limit": 0, "failed": 0,
	}, counters(t, registry, "bordergw_refused_connections_total", "", "", "reason"))

	require.NoError(t, s.store.DeleteGatewayDevice(t.Context(), a.id))
	s.eventually(func() bool {
		return len(of("bordergw_device_repairs_total", "")) == 0 && len(of("bordergw_device_operations_total", "result")) == 0
	}, "the series of the device end")
}
