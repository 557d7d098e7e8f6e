package model

import (
	"fmt"
	"strings"
	"time"
)

// DefaultVNIQuarantine is how long what was given up is kept from others while a
// switch may still have it.
const DefaultVNIQuarantine = 24 * time.Hour

// WireID is the number that identifies the frames of a network on the wire:
// either a VNI or the VLAN on the cable of a stitched border device.
type WireID struct {
	VNI        VNI  `json:"vni,omitempty"`
	StitchVLAN VLAN `json:"stitch_vlan,omitempty"`
}

func (w WireID) String() string {
	if w.VNI != 0 {
		return "VNI " + w.VNI.String()
	}
	return "stitch VLAN " + w.StitchVLAN.String()
}

// Released remembers that switches may still use a WireID for a network that has
// given it up there. The number is not given to another network until every one
// of them was seen without it, or the quarantine is over.
type Released struct {
	// Record.ID is ReleasedID. ProjectID is the network's.
	Record
	WireID
	NetworkID   string `json:"network_id"`
	NetworkName string `json:"network_name,omitempty"`
	// ReleasedAt is when the last device gave the number up, or the network did.
	ReleasedAt time.Time `json:"released_at"`
	// Pending are the devices that have not been seen without it yet, by id. A
	// device that was purged stays listed: nobody knows what its switch does.
	Pending []ReleasedOn `json:"pending"`
}

// ReleasedOn is a device that may still use a WireID.
type ReleasedOn struct {
	DeviceID string `json:"device_id"`
	// Switch is the name of its switch at that time, for people.
	Switch string `json:"switch"`
}

// ReleasedID is the id of the record of a network's number.
func ReleasedID(w WireID, network string) string {
	return fmt.Sprintf("%d/%d/%s", w.VNI, w.StitchVLAN, network)
}

// On finds the entry of a device, nil for none.
func (r *Released) On(device string) *ReleasedOn {
	for i := range r.Pending {
		if r.Pending[i].DeviceID == device {
			return &r.Pending[i]
		}
	}
	return nil
}

// Quarantined is a number that is kept from other networks, and why.
type Quarantined struct {
	Released
	// NetworkDeleted says that the network itself is gone.
	NetworkDeleted bool `json:"network_deleted"`
	// FreeAt is when the quarantine is over at the latest, unless StillSeen.
	FreeAt time.Time `json:"free_at"`
	// StillSeen says that a switch is seen to use the number for that network now. As
	// long as it is, time does not free the number.
	StillSeen bool `json:"still_seen"`
}

// mostNamed is how many switches an error names.
const mostNamed = 5

// Switches names those that may still have the number.
func (r *Released) Switches() string { return namedSwitches(r.Pending) }

func namedSwitches(on []ReleasedOn) string {
	var names []string
	for _, p := range on[:min(len(on), mostNamed)] {
		names = append(names, p.Switch)
	}
	text := "switch " + strings.Join(names, ", ")
	if more := len(on) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// ownedSwitches are the switches of a Released record. Each is its project's to know.
type ownedSwitches struct {
	on []ReleasedOn
	// projectOf finds a device's project, "" for one that is no more.
	projectOf func(device string) string
}

func (s ownedSwitches) String() string { return namedSwitches(s.on) }

func (s ownedSwitches) For(sees func(project string) bool) string {
	var own []ReleasedOn
	for _, p := range s.on {
		if sees(s.projectOf(p.DeviceID)) {
			own = append(own, p)
		}
	}
	switch others := len(s.on) - len(own); {
	case others == 0:
		return namedSwitches(own)
	case len(own) == 0:
		return "a switch of another project"
	default:
		return fmt.Sprintf("%s and %d of other projects", namedSwitches(own), others)
	}
}

// network names the network that had the number; deleted says that it is gone.
func (r *Released) network(deleted bool) string {
	kind := "network"
	if deleted {
		kind = "the deleted network"
	}
	return kind + " " + calledName(r.NetworkName, r.NetworkID)
}

// ErrVNIQuarantined refuses a VNI that a switch may still use for a network that
// has given it up. Until is when the quarantine is over; projectOf finds the project
// of a gateway device, "" for one that is no more.
func ErrVNIQuarantined(r *Released, deleted bool, until time.Time, projectOf func(device string) string) *Error {
	return refuse(Conflict, "VNIQuarantined",
		"VNI %s belonged to %s and may still be in use on %s. It is free when the switch was seen without it, at the latest at %s.",
		r.VNI, ownedName{r.ProjectID, r.network(deleted), "a network of another project"}, ownedSwitches{r.Pending, projectOf}, until.UTC().Format(time.RFC3339))
}

// ErrQuarantineFull refuses to give up one more number while as many are in quarantine as
// are kept: entries counts them, one for each device that may still have one.
func ErrQuarantineFull(entries int) *Error {
	return refuse(Conflict, "QuarantineFull",
		"This gives up a VNI or VLAN that a switch may still use, and %d of these are in quarantine already. "+
			"Try again when switches were seen without some of them, or their quarantine is over.", entries)
}

// ErrNotInQuarantine refuses to end a quarantine that is not.
func ErrNotInQuarantine(w WireID, network string) *Error {
	of := ""
	if network != "" {
		of = " of network " + network
	}
	return refuse(NotFound, "NotInQuarantine", "%s%s is not in quarantine.", w, of)
}
