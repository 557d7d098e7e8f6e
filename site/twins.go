package site

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"

	"bordergw/model"
)

// state is the definitions of one time, with how a file of all of them writes them.
type state struct {
	*model.Definitions
	*writer
}

func newState(d *model.Definitions) *state {
	w := &writer{choice: Choice{Everything: true}, names: newNames(d)}
	w.keys = newFileKeys(w.names, w.chosen(deviceRecords(d)), w.chosen(networkRecords(d)), w.chosen(gatewayRecords(d)))
	return &state{d, w}
}

// twins are a record now and then; nil where there is none.
type twins[P any] struct{ now, then P }

// defined is the common part of a record as far as it is defined.
func defined(r model.Record) model.Record {
	return model.Record{ID: r.ID, ProjectID: r.ProjectID, ManagedBy: r.ManagedBy}
}

// The records of each kind without what nobody defines.
func plainNetwork(n model.Network) model.Network { n.Record = defined(n.Record); return n }

func plainSwitch(gd model.GatewayDevice) model.GatewayDevice {
	gd.Record, gd.Accepted = defined(gd.Record), 0
	return gd
}

func plainGateway(g model.L2Gateway) model.L2Gateway {
	g.Record, g.Active = defined(g.Record), ""
	return g
}

func plainConnection(c model.L2GatewayConnection) model.L2GatewayConnection {
	c.Record, c.StitchVLANs = defined(c.Record), nil
	return c
}

func plainQuota(q model.Quota) model.Quota { q.Record = defined(q.Record); return q }

// differing finds the records of a table that differ, in the order in which they are made. What
// nobody defines is left out of the comparison by plain.
func differing[T any, P model.Recorder[T]](r *returner, now, then model.Table[T, P], plain func(T) T) (out []twins[P]) {
	for _, c := range then.Changes(now) {
		var was, is any
		if c.Was != nil {
			was = plain(*c.Was)
		}
		if c.Now != nil {
			is = plain(*c.Now)
		}
		if !same(was, is) {
			out = append(out, twins[P]{c.Was, c.Now})
		}
	}
	order := func(t twins[P]) model.Order {
		if t.then != nil {
			return t.then.Meta().Order()
		}
		return t.now.Meta().Order()
	}
	slices.SortFunc(out, func(a, b twins[P]) int { return order(a).Compare(order(b)) })
	for _, t := range out {
		if t.now != nil {
			r.was = append(r.was, plain(*t.now))
		}
		if t.then != nil {
			r.is = append(r.is, plain(*t.then))
		}
	}
	return out
}

// same compares records as they are stored: lists that are empty and such that are nil are equal.
func same(a, b any) bool {
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(x, y)
}

// restore notes what has to become of a record.
func restore[T any, P model.Recorder[T]](into *model.Restored[P], t twins[P]) {
	if t.then != nil {
		into.Put = append(into.Put, t.then)
	} else {
		into.Delete = append(into.Delete, t.now.Meta().ID)
	}
}

func changedText(name, from, to string) []Field {
	if from == to {
		return nil
	}
	return []Field{{name, cmp.Or(scalar(from), `""`), cmp.Or(scalar(to), `""`)}}
}

// metaOf is the common part of a record, nil for none.
func metaOf[T any, P model.Recorder[T]](p P) *model.Record {
	if p == nil {
		return nil
	}
	return p.Meta()
}

// fieldsOf are the attributes in which an object differs, with its name. One that is new differs
// from the defaults.
func fieldsOf[T interface {
	comparable
	named
}](table []attribute[T], was, is T) []Field {
	var none T
	if was == none {
		return differences(table, nil, is)
	}
	return slices.Concat(renamed(was.object(), is.object()), differences(table, &was, is))
}
