package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Replication is how a switch copies flooded frames to several end points.
type Replication string

const (
	// SourceNode: the switch itself sends a copy to every member.
	SourceNode Replication = "source_node"
	// ServiceNode: the switch sends one copy to one member, which replicates.
	ServiceNode Replication = "service_node"
	// SingleLocator: the switch honours one member only and does not replicate.
	SingleLocator Replication = "single"
)

// Profile is what is known of a make of switch and what its schema does not
// say.
type Profile struct {
	Name        string
	Replication Replication
	// KeyedLocators: the switch honours Physical_Locator.tunnel_key.
	KeyedLocators bool
	// BFD: the switch runs BFD on its tunnels when Tunnel.bfd_params says so.
	BFD bool
	// TunnelRows: the controller makes the Tunnel rows; else the switch does.
	TunnelRows bool
	// NoRelay: the switch never passes a frame from one tunnel to another.
	NoRelay bool
	// MaxFlood bounds the members of a flood list; 0 is no bound.
	MaxFlood int
}

// Relays reports whether the switch may be able to pass flooded frames from one tunnel
// to several others (BorderRelay).
func (p *Profile) Relays() bool { return !p.NoRelay && p.Replication == SourceNode }

// DefaultProfile is used when a device names none.
const DefaultProfile = "auto"

var profiles = map[string]Profile{
	DefaultProfile:   {Replication: SourceNode},
	"ovs-vtep":       {Replication: SourceNode, NoRelay: true},
	"arista-cvx":     {Replication: SourceNode},
	"service-node":   {Replication: ServiceNode},
	"cumulus":        {Replication: ServiceNode},
	"junos-qfx":      {Replication: ServiceNode},
	"dell-os10":      {Replication: ServiceNode},
	"single-locator": {Replication: SingleLocator},
}

// features may be added to a profile by name.
var features = map[string]func(*Profile){
	"keyed-locators": func(p *Profile) { p.KeyedLocators = true },
	"bfd":            func(p *Profile) { p.BFD = true },
	"tunnel-rows":    func(p *Profile) { p.TunnelRows = true },
}

// ParseProfile reads NAME[+FEATURE...], for example "ovs-vtep+bfd"; "" is the
// default profile.
func ParseProfile(s string) (Profile, error) {
	if s == "" {
		s = DefaultProfile
	}
	name, added, more := strings.Cut(s, "+")
	p, ok := profiles[name]
	if !ok {
		return Profile{}, fmt.Errorf("%q is not one of the profiles %s", name, names(profiles))
	}
	p.Name = s
	for f := ""; more; {
		f, added, more = strings.Cut(added, "+")
		add, ok := features[f]
		if !ok {
			return Profile{}, fmt.Errorf("%q is not one of the profile features %s", f, names(features))
		}
		add(&p)
	}
	return p, nil
}

// Profiles are the names of the profiles, and of the features that may be added to one, joined by commas.
func Profiles() (all, added string) { return names(profiles), names(features) }

func names[T any](m map[string]T) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}
