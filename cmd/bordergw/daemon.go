package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/sirupsen/logrus"

	"bordergw/api"
	"bordergw/model"
	"bordergw/reconcile"
	"bordergw/store"
	"bordergw/web"
)

// stopTimeout bounds the time from the signal to the end of the process. The
// API may use half of it to finish its requests.
const stopTimeout = 10 * time.Second

var errNotStopped = errors.New("not everything stopped in time")

// loop is what drives the switches: a *reconcile.Loop.
type loop interface {
	api.Status
	// Run returns when ctx ends and all sessions are closed.
	Run(ctx context.Context) error
	// Alive returns nil when Run looks for something to do, and fails when ctx ends before.
	Alive(ctx context.Context) error
}

// daemon is one "bordergw serve". Its fields are not changed once it runs.
type daemon struct {
	cfg config
	log logrus.FieldLogger
	// out gets the one line that says where the API listens.
	out io.Writer
	// newLoop builds the loop over the opened store.
	newLoop func(*store.Store, prometheus.Registerer, reconcile.Events) loop
	// hangup delivers SIGHUP.
	hangup <-chan os.Signal
	// reload reads the TLS files again.
	reload func() error
	// notify is who wants to know when the daemon is ready, and whether it lives.
	notify notifier
	// stopTimeout is how long stopping may take.
	stopTimeout time.Duration
}

// Run serves until ctx ends or a part fails. Parts start in the order store,
// history, socket, loop, API and stop in the order API, loop, history, store.
func (d *daemon) Run(ctx context.Context) error {
	auth, err := d.cfg.authenticator()
	if err != nil {
		return usageError{err}
	}
	db, err := d.openStore()
	if err != nil {
		return err
	}
	err = d.runOn(ctx, db, auth)
	if errors.Is(err, errNotStopped) {
		return err // whoever still runs may hold the store
	}
	return errors.Join(err, db.Close())
}

func (d *daemon) openStore() (*store.Store, error) {
	if err := os.MkdirAll(d.cfg.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("making the data directory: %w", model.Plain(err))
	}
	return store.Open(filepath.Join(d.cfg.DataDir, "bordergw.db"), store.Options{
		VNIRange: d.cfg.VNIRange, VNIQuarantine: d.cfg.VNIQuarantine, Quota: d.cfg.Quota, AuditBytes: d.cfg.AuditMiB << 20,
	})
}

func (d *daemon) runOn(ctx context.Context, db *store.Store, auth api.Authenticator) error {
	policy, err := api.NewPolicy(d.cfg.Policy)
	if err != nil {
		return usageError{err}
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), buildInfo())
	history := d.openHistory(db, registry)
	defer history.close()
	l := d.newLoop(db, registry, history.events)
	connections := connectionLimit()
	handler := api.New(api.Config{
		Store: db, Status: l, Log: d.log, Registry: registry, Auth: auth, Policy: policy, Version: buildVersion(),
		MaxRequests: connections / 2, History: history.shown,
		Backups: &backups{dir: d.cfg.DataDir, store: db, history: history.copied},
	})
	pages := web.New(web.Config{
		API: handler, Log: d.log, Version: buildVersion(), Login: d.cfg.Auth == authToken || d.cfg.Auth == authKeystone,
	})
	server := newHTTPServer(pages, d.log)
	server.RegisterOnShutdown(handler.EndStreams)
	socket, err := net.Listen("tcp", d.cfg.Listen)
	if err != nil {
		return fmt.Errorf("opening the API's socket %s: %w", d.cfg.Listen, model.Plain(err))
	}
	fmt.Fprintf(d.out, "listening on http://%s\n", socket.Addr())
	d.log.WithFields(logrus.Fields{"listen": socket.Addr().String(), "data_dir": d.cfg.DataDir, "auth": d.cfg.Auth}).Info("started")
	return d.serve(ctx, l, server, limitConnections(socket, connections))
}

// serve runs loop and API until ctx ends or one of them does, then stops both.
func (d *daemon) serve(ctx context.Context, l loop, server *http.Server, socket net.Listener) error {
	var watching sync.WaitGroup
	defer watching.Wait()
	loopCtx, stopLoop := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLoop()
	ended := make(chan error, 2)
	go func() { ended <- part("reconcile", l.Run(loopCtx)) }()
	go func() { ended <- part("api", server.Serve(socket)) }()
	status := "listening on http://" + socket.Addr().String()
	d.notify.ready(status)
	watching.Go(func() { d.notify.watch(loopCtx, l.Alive) })

	cause := d.await(ctx, ended, status)
	d.log.Info("stopping")
	d.notify.stopping()
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.stopTimeout)
	defer cancel()
	shutDown(limit, server, d.stopTimeout/2)
	_ = socket.Close() // is open still if Serve had not begun
	stopLoop()
	running := cap(ended)
	if cause != nil {
		running--
	}
	for range running {
		select {
		case <-ended:
		case <-limit.Done():
			return errors.Join(cause, errNotStopped)
		}
	}
	d.log.Info("stopped")
	return cause
}

// await returns nil when ctx ends, and an error when a part ends before.
func (d *daemon) await(ctx context.Context, ended <-chan error, status string) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-ended:
			return err
		case <-d.hangup:
			d.notify.reloading()
			d.notify.ready(d.reread(status))
		}
	}
}

// reread reads the TLS files again, and returns the status that follows from it.
func (d *daemon) reread(status string) string {
	if err := d.reload(); err != nil {
		d.log.WithField("err", err).Error("SIGHUP: the TLS files can not be used, those read before stay in use")
		return status + "; the TLS files can not be used, those read before stay in use"
	}
	d.log.Info("SIGHUP: the TLS files have been read again")
	return status
}

// part names what ended; nothing is supposed to end by itself.
func part(name string, err error) error {
	if err == nil {
		err = errors.New("ended unexpectedly")
	}
	return fmt.Errorf("%s: %w", name, err)
}
