package store

import (
	"encoding/json"
	"fmt"
	"net/url"

	"bordergw/model"
)

// holdingTable ties holdings to their place in a snapshot and in the backend.
type holdingTable struct{}

var holdings holdingTable

func (holdingTable) name() string { return "holdings" }

func holdingID(h *model.Holding) string {
	return url.PathEscape(h.DeviceID) + "/" + url.PathEscape(h.Name)
}

func (holdingTable) put(t *txn, all ...*model.Holding) {
	t.next.Holdings = t.next.Holdings.With(all...)
	for _, h := range all {
		t.changed(change{table: holdings.name(), id: holdingID(h), record: h})
	}
}

func (holdingTable) remove(t *txn, all ...*model.Holding) {
	t.next.Holdings = t.next.Holdings.Without(all...)
	for _, h := range all {
		t.changed(change{table: holdings.name(), id: holdingID(h)})
	}
}

// load fills the snapshot.
func (holdingTable) load(d *model.Definitions, records map[string][]byte) error {
	all := make([]*model.Holding, 0, len(records))
	for id, record := range records {
		h := &model.Holding{}
		if err := json.Unmarshal(record, h); err != nil {
			return fmt.Errorf("record %q: %w", id, err)
		}
		if holdingID(h) != id {
			return fmt.Errorf("record %q says that it is %q", id, holdingID(h))
		}
		all = append(all, h)
	}
	d.Holdings = model.NewHoldings(all)
	return nil
}

// holdingRules keep what was written on which switch.
type holdingRules struct{ tx *txn }

// set notes the VNIs of logical switches that are about to be written on a device, by name, and forgets those
// that it was seen without. Of a device that is gone nothing is kept.
func (r *holdingRules) set(deviceID string, held map[string]model.VNI, gone []string) error {
	r.tx.reports = true
	if !r.tx.next.mayHold(deviceID) {
		return nil
	}
	var made, ended []*model.Holding
	for name, vni := range held {
		was := r.tx.next.Holdings.Of(deviceID, name)
		switch {
		case was == nil:
			made = append(made, &model.Holding{DeviceID: deviceID, Name: name, VNIs: []model.VNI{vni}})
		case was.VNIs[0] != vni:
			made = append(made, was.Given(vni))
		}
	}
	for _, name := range gone {
		if h := r.tx.next.Holdings.Of(deviceID, name); h != nil {
			ended = append(ended, h)
		}
	}
	holdings.put(r.tx, made...)
	holdings.remove(r.tx, ended...)
	return nil
}

// passOn gives what one device holds to another that reaches the same switch; to none for "".
func (r *holdingRules) passOn(deviceID, heir string) {
	var ended, made []*model.Holding
	for h := range r.tx.next.Holdings.On(deviceID) {
		ended = append(ended, h)
		if heir == "" {
			continue
		}
		given := &model.Holding{DeviceID: heir, Name: h.Name, VNIs: h.VNIs}
		if has := r.tx.next.Holdings.Of(heir, h.Name); has != nil {
			for i := range h.VNIs {
				has = has.Given(h.VNIs[len(h.VNIs)-1-i])
			}
			given = has
		}
		made = append(made, given)
	}
	holdings.remove(r.tx, ended...)
	holdings.put(r.tx, made...)
}
