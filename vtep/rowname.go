package vtep

import (
	"cmp"
	"encoding/json"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// nameRow has a Suspect say, for people, which row it is: by what is known of it, or by
// what the switch says of one that is not known. A row that neither names goes by its
// UUID.
func (t *surveyTables) nameRow(of *Suspect) error {
	row := of.known
	if row == nil {
		err := ovsdb.EachRow([]byte(of.has), func(columns json.RawMessage) (err error) {
			row, err = t.byName[of.Table].decoded(columns)
			return err
		})
		if err != nil {
			return err
		}
	}
	of.name = model.Shown(cmp.Or(t.rowName(row), of.id.String()))
	return nil
}

// rowName is the name of a row, or what it is known by; "" for nothing.
func (t *surveyTables) rowName(row any) string {
	switch r := row.(type) {
	case *hwvtep.PhysicalSwitch:
		return r.Name
	case *hwvtep.PhysicalPort:
		return r.Name
	case *hwvtep.LogicalSwitch:
		return r.Name
	case *hwvtep.LogicalRouter:
		return r.Name
	case *hwvtep.PhysicalLocator:
		return r.DstIP
	case *hwvtep.PhysicalLocatorSet:
		return t.locators.addresses(r.Locators...)
	case *hwvtep.Tunnel:
		return t.locators.addresses(r.Local, r.Remote)
	case *hwvtep.McastMacsRemote:
		return r.MAC + " of " + t.logical.name(r.LogicalSwitch)
	case *hwvtep.McastMacsLocal:
		return r.MAC + " of " + t.logical.name(r.LogicalSwitch)
	case macExtra:
		return r.name() + " of " + t.logical.name(r.ls.String())
	}
	return ""
}

// name is the MAC, "?" where the column holds none.
func (e macExtra) name() string {
	if e.bad {
		return "?"
	}
	return e.mac.String()
}
