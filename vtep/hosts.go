package vtep

import (
	"slices"

	"bordergw/model"
	"bordergw/vtep/ovsdb"
)

const (
	// maxHosts bounds the rows that are found by their IP addresses, for each database.
	maxHosts = 1 << 16
	// maxHostsOfIP bounds those of one address.
	maxHostsOfIP = 64
)

// hostIndex finds rows of Ucast_Macs_Local by the IPv4 address in their ipaddr. It takes some 50
// bytes a row that has one, and nothing for others: most switches report none.
type hostIndex struct {
	rows map[model.IPv4][]ovsdb.UUID
	// size counts the rows.
	size int
}

func (x *hostIndex) add(id ovsdb.UUID, ip model.IPv4) {
	if ip == (model.IPv4{}) || x.size >= maxHosts || len(x.rows[ip]) >= maxHostsOfIP {
		return
	}
	if x.rows == nil {
		x.rows = map[model.IPv4][]ovsdb.UUID{}
	}
	x.rows[ip] = append(x.rows[ip], id)
	x.size++
}

func (x *hostIndex) remove(id ovsdb.UUID, ip model.IPv4) {
	i := slices.Index(x.rows[ip], id)
	if i < 0 {
		return
	}
	x.size--
	if x.rows[ip] = slices.Delete(x.rows[ip], i, i+1); len(x.rows[ip]) == 0 {
		delete(x.rows, ip)
	}
}

// LocalHost is a MAC that a switch has learned, with its logical switch.
type LocalHost struct {
	LogicalSwitch string
	MAC           model.MAC
}

// hostsOf are the learned MACs of an IP address.
func (l *localMACs) hostsOf(ip model.IPv4) (out []LocalHost) {
	for _, id := range l.hosts.rows[ip] {
		row, ok := l.macs.get(id)
		if ls := l.logical.rows[row.ls]; ok && ls != nil {
			out = append(out, LocalHost{ls.Name, row.mac})
		}
	}
	return out
}
