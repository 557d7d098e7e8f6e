package vtep

import (
	"cmp"
	"encoding/json"
	"strings"

	"bordergw/model"
	"bordergw/vtep/hwvtep"
	"bordergw/vtep/ovsdb"
)

// nameRow has a Suspect say, for people, which row it is: by what is known of it, or by
// what the switch says of one that is not known. A row that neither names goes by its
// UUID.
func (s *State) nameRow(of *Suspect) error {
	row := of.known
	if row == nil {
		err := ovsdb.EachRow([]byte(of.has), func(columns json.RawMessage) (err error) {
			row, err = s.known(of.Table).decoded(columns)
			return err
		})
		if err != nil {
			return err
		}
	}
	of.name = model.Shown(cmp.Or(s.rowName(row), of.id.String()))
	return nil
}

// rowName is the name of a row, or what it is known by; "" for nothing.
func (s *State) rowName(row any) string {
	switch r := row.(type) {
	case *hwvtep.PhysicalSwitch:
		return r.Name
	case *hwvtep.PhysicalPort:
		return r.Name
	case *hwvtep.LogicalSwitch:
		return r.Name
	case *hwvtep.PhysicalLocator:
		return r.DstIP
	case *hwvtep.PhysicalLocatorSet:
		return s.locatorNames(r.Locators...)
	case *hwvtep.Tunnel:
		return s.locatorNames(r.Local, r.Remote)
	case *hwvtep.McastMacsRemote:
		return r.MAC + " of " + s.logicalName(r.LogicalSwitch)
	case *hwvtep.McastMacsLocal:
		return r.MAC + " of " + s.logicalName(r.LogicalSwitch)
	case macExtra:
		return r.name() + " of " + s.logicalName(r.ls.String())
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

// logicalName is the name of the logical switch that a row refers to.
func (s *State) logicalName(ref string) string {
	id, err := ovsdb.ParseUUID(ref)
	if row := s.logical[id]; err == nil && row != nil {
		return row.Name
	}
	return "logical switch " + ref
}

// locatorNames are the addresses of locators, as far as they are known.
func (s *State) locatorNames(refs ...string) string {
	var addresses []string
	for _, ref := range refs {
		id, err := ovsdb.ParseUUID(ref)
		if row := s.locatorRows[id]; err == nil && row != nil && len(addresses) < maxSuspects {
			addresses = append(addresses, row.DstIP)
		}
	}
	return strings.Join(addresses, " ")
}
