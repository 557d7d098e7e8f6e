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
// tell.
type Profile struct {
	Name        string
	Replication Replication
	// KeyedLocators: the switch honours Physical_Locator.tunnel_key.
	KeyedLocators bool
	// MaxFlood bounds the members of a flood list; 0 is no bound.
	MaxFlood int
}

// DefaultProfile is used when a device names none.
const DefaultProfile = "auto"

var profiles = map[string]Profile{
	DefaultProfile:   {Replication: SourceNode},
	"ovs-vtep":       {Replication: SourceNode},
	"keyed-locators": {Replication: SourceNode, KeyedLocators: true},
	"service-node":   {Replication: ServiceNode},
	"single-locator": {Replication: SingleLocator, MaxFlood: 1},
	"cumulus":        {Replication: ServiceNode},
	"junos-qfx":      {Replication: ServiceNode},
	"dell-os10":      {Replication: ServiceNode},
	"arista-cvx":     {Replication: SourceNode},
}

// ParseProfile finds a profile by name; "" is the default one.
func ParseProfile(name string) (Profile, error) {
	if name == "" {
		name = DefaultProfile
	}
	p, ok := profiles[name]
	if !ok {
		names := slices.Sorted(maps.Keys(profiles))
		return Profile{}, fmt.Errorf("%s is not one of %s", name, strings.Join(names, ", "))
	}
	p.Name = name
	return p, nil
}
