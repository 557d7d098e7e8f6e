package site

import (
	"fmt"
	"strings"

	"github.com/gofrs/uuid/v5"

	"bordergw/model"
)

// namespace is that of the ids of objects that site files define. It never changes.
var namespace = uuid.Must(uuid.FromString("6d2f5f57-27e8-5f6c-9a4b-5e1f7c0f2b16"))

// derivedID is the id of a new object: the same one when a store is lost and the file is
// applied again, so that the rows on the switches keep their names. used says which ids are
// or were in use.
func derivedID(used func(string) bool, kind, project, site string, name ...string) string {
	from := strings.Join(append([]string{kind, project, site}, name...), "/")
	for n := 1; ; n++ {
		id := uuid.NewV5(namespace, from).String()
		if !used(id) {
			return id
		}
		from = fmt.Sprintf("%s#%d", from, n)
	}
}

// usedNetwork and the others report whether an id is in use, or may still be on a switch.
func usedNetwork(d *model.Definitions) func(string) bool {
	return func(id string) bool {
		_, is := d.Networks.Get(id)
		_, left := d.Tombstones.Get(id)
		return is || left
	}
}

func usedSwitch(d *model.Definitions) func(string) bool {
	return func(id string) bool {
		_, is := d.Devices.Get(id)
		_, left := d.Retired.Get(id)
		return is || left
	}
}

func usedGateway(d *model.Definitions) func(string) bool {
	return func(id string) bool {
		_, is := d.Gateways.Get(id)
		return is
	}
}

func usedConnection(d *model.Definitions) func(string) bool {
	return func(id string) bool {
		_, is := d.Connections.Get(id)
		return is
	}
}
