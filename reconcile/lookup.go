package reconcile

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"sync/atomic"

	"bordergw/model"
	"bordergw/reconcile/topology"
	"bordergw/vtep"
)

// lookup answers what is asked of rows and MACs as they stand. It reads the View, which never
// changes, and copies little at a time of what is behind a lock: a session's or the MAC table's.
// It is part of the Loop, and asking costs the Loop nothing.
type lookup struct {
	store   Store
	view    *atomic.Pointer[topology.View]
	workers *workers
	macs    *macReports
	// connections say what keeps a network from being carried.
	connections *connectionStatuses
}

// DeviceRows is a page of the logical switches that the database of a registered device holds.
// It fails with ErrNotRead while there is no session.
func (q *lookup) DeviceRows(id, after string, limit int) (model.RowsPage, error) {
	w, s, err := q.read(id)
	if err != nil {
		return model.RowsPage{}, err
	}
	names := s.LogicalSwitches()
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(rowsKey(a), rowsKey(b)) })
	from, err := base64.RawURLEncoding.DecodeString(after)
	if err != nil {
		return model.RowsPage{}, model.ErrBadMarker()
	}
	i, _ := slices.BinarySearchFunc(names, string(from), func(name, key string) int {
		return cmp.Or(strings.Compare(rowsKey(name), key), -1) // the one of the marker was in the page before
	})
	if after == "" {
		i = 0
	}
	page := model.RowsPage{LogicalSwitches: []model.LogicalSwitchRows{}}
	for ; i < len(names); i++ {
		if len(page.LogicalSwitches) == limit {
			page.Next = base64.RawURLEncoding.EncodeToString([]byte(rowsKey(names[i-1])))
			break
		}
		if rows, stands := rowsOf(s, q.wantOf(w), names[i]); stands {
			page.LogicalSwitches = append(page.LogicalSwitches, rows)
		}
	}
	return page, nil
}

// NetworkRows are the logical switches of a network, by id, that the database of a registered device holds: two of a
// border that stitches. It fails as DeviceRows does.
func (q *lookup) NetworkRows(id, network string) ([]model.LogicalSwitchRows, error) {
	w, s, err := q.read(id)
	if err != nil {
		return nil, err
	}
	out := []model.LogicalSwitchRows{}
	for _, name := range []string{network, network + vtep.BorderSuffix} {
		if rows, stands := rowsOf(s, q.wantOf(w), name); stands {
			out = append(out, rows)
		}
	}
	return out, nil
}

// read is the session with the database of a registered device, and the worker that drives it. It
// fails with ErrNotRead while there is none.
func (q *lookup) read(id string) (*worker, *vtep.Session, error) {
	gd, registered := q.store.Definitions().Devices.Get(id)
	if !registered {
		return nil, nil, model.ErrGatewayDeviceNotFound(id)
	}
	w := q.workers.driver(id)
	if w == nil {
		return nil, nil, model.ErrNotRead(gd.DisplayName(), "not connected yet")
	}
	s := w.current()
	if s == nil {
		return nil, nil, model.ErrNotRead(w.device.Load().DisplayName(), w.away())
	}
	return w, s, nil
}

// Trace follows frames between two hosts of a network, both ways, through the rows that switches
// hold now. It fails if the network or a switch that is named does not exist, or when ctx ends.
func (q *lookup) Trace(ctx context.Context, network string, from, to model.TraceEnd) (model.Trace, error) {
	return traced(ctx, q, network, from, to)
}

// wantOf is what a device is to hold. Before that is known only the mark tells whose rows are.
func (q *lookup) wantOf(w *worker) *vtep.Want {
	if want := w.board.wanted(); want != nil {
		return want
	}
	return &vtep.Want{Mark: q.store.Definitions().StoreID}
}

// maxRowsKey bounds what a marker has of a name, in bytes: a switch may use names of any length.
const maxRowsKey = 128

// rowsKey orders names and fits into a marker.
func rowsKey(name string) string {
	if len(name) < maxRowsKey {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return name[:maxRowsKey] + string(sum[:])
}

// rowsOf is what is shown of the rows of a logical switch, false if there is none of that name.
func rowsOf(s *vtep.Session, want *vtep.Want, name string) (model.LogicalSwitchRows, bool) {
	rows, stands := s.Rows(want, name)
	if !stands {
		return model.LogicalSwitchRows{}, false
	}
	return shownRows(&rows, s.FloodMissing(want, &rows)), true
}

// shownRows is what is shown of the rows of a logical switch, the flood list of which lacks some members.
func shownRows(r *vtep.Rows, missing []vtep.Locator) model.LogicalSwitchRows {
	out := model.LogicalSwitchRows{
		Name: model.Shown(r.Name), Key: r.Key, Bindings: []model.BoundPort{}, BindingsTotal: len(r.Bindings),
		LocalMACs: r.LocalMACs, RemoteMACs: r.RemoteMACs, Flood: shownLocators(r.Flood), FloodTotal: len(r.Flood),
		FloodMissing: shownLocators(missing), Owner: r.Ownership.String(),
	}
	for _, b := range r.Bindings[:min(len(r.Bindings), model.ShownRows)] {
		out.Bindings = append(out.Bindings, boundPort(b))
	}
	return out
}

// shownLocators are the first of several, as they are shown.
func shownLocators(list []vtep.Locator) []string {
	out := []string{}
	for _, l := range list[:min(len(list), model.ShownRows)] {
		out = append(out, l.String())
	}
	return out
}

// boundPort is a slot as it is shown: its names are those that a switch uses.
func boundPort(s vtep.Slot) model.BoundPort {
	return model.BoundPort{Switch: model.Shown(s.Switch), Port: model.Shown(s.Port), VLAN: s.VLAN}
}
