package trail

import (
	"os"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct{ events, dropped prometheus.Counter }

func newMetrics(r prometheus.Registerer, t *Trail) *metrics {
	m := &metrics{
		events:  prometheus.NewCounter(prometheus.CounterOpts{Name: "bordergw_history_events_total", Help: "Events written to the history."}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{Name: "bordergw_history_dropped_total", Help: "Events that the history lacks, as they did not fit or could not be written."}),
	}
	size := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "bordergw_history_bytes", Help: "Size of the history's file."}, func() float64 {
		info, err := os.Stat(t.opts.Path)
		if err != nil {
			return 0
		}
		return float64(info.Size())
	})
	if r != nil {
		r.MustRegister(m.events, m.dropped, size)
	}
	return m
}
