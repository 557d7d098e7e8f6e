package vtep

import (
	"encoding/json"

	"bordergw/vtep/ovsdb"
)

// remoteMACs is the table Ucast_Macs_Remote. Each MAC whose row changes becomes dirty;
// rows of which the content is not known yet do not.
type remoteMACs struct {
	macs  macTable
	dirty *dirtySet
}

// update takes over a change that the server reports.
func (r *remoteMACs) update(u ovsdb.RowUpdate) error {
	if u.Kind == ovsdb.KindInsert && len(u.Row) == len(`{}`) {
		r.macs.inserted(u.UUID) // most often a managed row: the reply comes soon
		return nil
	}
	if r.dirty.all {
		r.dirty.changes++
		return r.macs.update(u)
	}
	before, had := r.macs.get(u.UUID)
	if err := r.macs.update(u); err != nil {
		return err
	}
	if had {
		r.dirty.addMAC(before)
	}
	if after, ok := r.macs.get(u.UUID); ok {
		r.dirty.addMAC(after)
	}
	return nil
}

// added takes a managed row from the reply to its transaction.
func (r *remoteMACs) added(id ovsdb.UUID, row macExtra) {
	if r.macs.added(id, row) {
		r.dirty.addMAC(row)
	}
}

// read takes the result of reading one row.
func (r *remoteMACs) read(id ovsdb.UUID, result json.RawMessage) error {
	var rows []json.RawMessage
	if err := json.Unmarshal(result, &rows); err != nil {
		return err
	}
	if err := r.macs.read(id, rows); err != nil {
		return err
	}
	if row, ok := r.macs.get(id); ok {
		r.dirty.addMAC(row)
	}
	return nil
}
