package site

import (
	"strings"

	"bordergw/model"
)

// Suppose adds the notes on what would follow from the file, but for what other notes say.
func (a *Adoption) Suppose(s model.Supposition) {
	for i := range s.Rows {
		a.supposeRows(&s.Rows[i])
	}
	for _, text := range s.Texts {
		a.note(NoteRefused, "site "+a.File.Site, "%s", text)
	}
}

// Refuse adds the note that the file can not be applied as it is.
func (a *Adoption) Refuse(why string) {
	a.note(NoteRefused, "site "+a.File.Site, "%s", why)
}

func (a *Adoption) supposeRows(r *model.SupposedRows) {
	object := "network " + a.found[r.LogicalSwitch].name + " on " + r.Device.DisplayName()
	steps := strings.Join(r.Steps, "; ")
	if r.Count > len(r.Steps) {
		steps += "; …"
	}
	macs := countOf(r.Count, "MAC")
	switch r.Change {
	case model.MACsDeleted:
		a.supposeDeleted(r, object, macs, steps)
	case model.MACsMoved:
		if !inexpressible(r.At) {
			a.note(NoteWrites, object, "%s at %s would be changed (%s)", macs, r.At, steps)
		}
	case model.MACsAdded:
		a.note(NoteWrites, object, "%s would be added (%s)", macs, steps)
	default:
		a.note(NoteWrites, object, "%s would be made: %s", countOf(r.Count, "change"), steps)
	}
}

// inexpressible reports whether definitions can not ask for a locator: NoteRows has it.
func inexpressible(l model.StandingLocator) bool { return l.Key != 0 || l.Addr == model.VTEPAddress{} }

// supposeDeleted says why MACs would go.
func (a *Adoption) supposeDeleted(r *model.SupposedRows, object, macs, steps string) {
	switch at := a.addresses[r.At.Addr]; {
	case inexpressible(r.At):
	case at == nil:
		a.note(NoteWrites, object, "%s at %s would be deleted (%s)", macs, r.At, steps)
	case at.ID == r.Device.ID:
		a.note(NoteUnlearned, object, "%s at %s, its own address, would be deleted (%s)", macs, r.At, steps)
	case a.carries(r.LogicalSwitch, at):
		a.note(NoteUnlearned, object, "%s at %s would be deleted: %s has not learned them now (%s)", macs, r.At, at.DisplayName(), steps)
	default:
		a.note(NoteUnlearned, object, "%s at %s would be deleted: %s is registered and does not carry the network; adopt it together with %s (%s)",
			macs, r.At, at.DisplayName(), r.Device.DisplayName(), steps)
	}
}

// carries reports whether a network was found on a device.
func (a *Adoption) carries(network string, gd *model.GatewayDevice) bool {
	for _, p := range a.found[network].parts {
		if p.device.ID == gd.ID {
			return true
		}
	}
	return false
}
