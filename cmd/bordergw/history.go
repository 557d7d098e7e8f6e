package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"bordergw/api"
	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/store"
	"bordergw/trail"
)

// history is the history that runs, or none: the daemon does its work without.
type history struct {
	events reconcile.Events
	shown  api.History
	copied copied
	// close ends it when nothing is to come any more.
	close func()
}

// openHistory opens the history and runs it.
func (d *daemon) openHistory(db *store.Store, registry prometheus.Registerer) history {
	none := history{close: func() {}}
	if d.cfg.History == historyOff {
		return none
	}
	t, err := trail.Open(trail.Options{
		Path: filepath.Join(d.cfg.DataDir, "history.db"), Audit: db, Log: d.log, Registry: registry, Version: buildVersion(),
		Events: d.cfg.HistoryEvents, Age: time.Duration(d.cfg.HistoryDays) * 24 * time.Hour,
	})
	if err != nil {
		d.log.WithField("err", model.Plain(err)).Error("the history can not be opened: no events are kept until the next start")
		return none
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := t.Run(ctx); err != nil {
			d.log.WithField("err", model.Plain(err)).Warn("closing the history")
		}
	}()
	return history{events: t, shown: t, copied: t, close: func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(historyStop): // the disk hangs
		}
	}}
}

// historyStop bounds the time that the history may take to write what is left.
const historyStop = 2 * time.Second
