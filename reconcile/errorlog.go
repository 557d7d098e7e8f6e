package reconcile

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/sirupsen/logrus"

	"bordergw/model"
)

// errorLog logs which connections come to be in error and which no longer are, in a line each: a
// switch that fails may have thousands. What comes and goes faster than logGap is logged as it is
// then. It is Run's own.
type errorLog struct {
	store Store
	log   logrus.FieldLogger
	// again asks for a call of say.
	again func()
	// logged are the connections, by id, that were logged as being in error, noted is when any were.
	logged map[string]bool
	noted  time.Time
	// unsaid are those of which it is to be logged that they came to be in error, or no longer are.
	unsaid map[string]errorChange
}

func newErrorLog(store Store, log logrus.FieldLogger, again func()) errorLog {
	return errorLog{store: store, log: log, again: again, logged: map[string]bool{}, unsaid: map[string]errorChange{}}
}

// errorChange is a connection that has come to be in error, or no longer is.
type errorChange struct {
	connection *model.L2GatewayConnection
	broken     bool
	text       string // why, or what it is now
}

// note notes the status of a connection.
func (e *errorLog) note(id string, c *model.L2GatewayConnection, st *model.ConnectionStatus) {
	switch is := st.State == model.ConnectionError; {
	case is == e.logged[id]:
		delete(e.unsaid, id)
	case is:
		e.unsaid[id] = errorChange{c, true, st.Detail}
	default:
		e.unsaid[id] = errorChange{c, false, st.State}
	}
}

// forget drops a connection that is gone.
func (e *errorLog) forget(id string) {
	delete(e.logged, id)
	delete(e.unsaid, id)
}

// say logs what there is to be logged, or asks to be called again if that is too early.
func (e *errorLog) say() {
	if len(e.unsaid) == 0 {
		return
	}
	now := time.Now()
	if now.Sub(e.noted) < logGap {
		e.again()
		return
	}
	e.noted = now
	var broken, mended []string
	for id, c := range e.unsaid {
		text := model.Clip(connectionName(e.store.Definitions(), c.connection)+": "+c.text, model.MaxItem)
		if c.broken {
			e.logged[id] = true
			broken = append(broken, text)
		} else {
			delete(e.logged, id)
			mended = append(mended, text)
		}
	}
	clear(e.unsaid)
	slices.Sort(broken)
	slices.Sort(mended)
	if len(broken) > 0 {
		e.log.WithField("connections", len(broken)).Warn("in error: " + model.Listed(broken))
	}
	if len(mended) > 0 {
		e.log.WithField("connections", len(mended)).Info("no longer in error: " + model.Listed(mended))
	}
}

// connectionName names a connection for people, with its id beside it. What has no name goes
// by its id.
func connectionName(defs *model.Definitions, c *model.L2GatewayConnection) string {
	gateway, network := c.L2GatewayID, c.NetworkID
	if g, ok := defs.Gateways.Get(gateway); ok {
		gateway = cmp.Or(g.Name, gateway)
	}
	if n, ok := defs.Networks.Get(network); ok {
		network = cmp.Or(n.Name, network)
	}
	return fmt.Sprintf("%s/%s (%s)", gateway, network, c.ID)
}
