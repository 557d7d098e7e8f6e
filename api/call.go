package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"bordergw/model"

	"github.com/sirupsen/logrus"
)

// call is one request on its way, from its route to its answer. One goroutine serves it.
type call struct {
	*Server
	w    http.ResponseWriter
	r    *http.Request
	log  logrus.FieldLogger
	url  requestURL
	body bodyReader
	who  caller
	defs *model.Definitions
	// parent and id are the path's item ids; parent is that of a sub-resource's
	// owner.
	parent, id string
	requestID  string
	warnings   warnings
	// leave gives the slot of a request in progress back early.
	leave func()
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
		c.leave = sync.OnceFunc(func() { <-c.slots })
		defer c.leave()
		defer c.body.release()
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
	p = failure(err, c.who.Identity)
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
	if c.who.Identity, err = c.cfg.Auth.Authenticate(c.r); err == nil {
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
	c.warnings.send(c.w.Header())
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
			return c.send(failure(cause.error, c.who.Identity))
		}
	}
	c.log.WithField("err", err).Debug("answer not delivered")
	panic(http.ErrAbortHandler)
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
