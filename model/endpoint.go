package model

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Bounds of what one EndpointSet holds. A network of Neutron has a /16 of addresses at most.
const (
	MaxEndpointMACs = 65_536
	MaxEndpoints    = 4_096
	// MaxEndpointSources bounds the sources of one network.
	MaxEndpointSources = 16
)

// Endpoint is a tunnel end point, such as a hypervisor, with the MACs behind it. No
// registered switch has its address.
type Endpoint struct {
	VTEPAddress VTEPAddress
	MACs        []EndpointMAC
}

// EndpointMAC says at which end point a MAC is. IP is the address of its host, for the
// suppression of ARP (vtep(5), Ucast_Macs_Remote.ipaddr); the zero value for none.
type EndpointMAC struct {
	MAC         MAC
	VTEPAddress VTEPAddress
	IP          netip.Addr
}

// EndpointSet is everything that one source answers for in one network. A source that
// stops speaking keeps its set.
type EndpointSet struct {
	// Record.ID is EndpointSetID. Seq numbers the set among all records, as it does a
	// gateway device's database.
	Record
	NetworkID string `json:"network_id"`
	Source    string `json:"source"`
	// Site is where the end points are, in a network whose borders relay between sites.
	Site string `json:"site,omitempty"`
	// Addresses of all end points, with and without MACs, sorted.
	Addresses []VTEPAddress `json:"addresses"`
	// MACs are sorted, each once.
	MACs EndpointMACs `json:"macs"`
	// Audited is the last change that has an audit record.
	Audited AuditedChange `json:"audited,omitzero"`
}

// AuditedChange says when something was changed, and by whom.
type AuditedChange struct {
	At time.Time `json:"at"`
	By string    `json:"by,omitempty"`
}

// EndpointSetID is the id of what a source answers for in a network.
func EndpointSetID(network, source string) string { return network + "/" + source }

// EndpointMACs is a list of MACs with a compact form for the store.
type EndpointMACs []EndpointMAC

// NewEndpointSet puts end points into the form in which they are kept: sorted, and each
// address once. A set without end points is in no site: nothing is kept of it. The error
// names the entry that is refused by its index.
func NewEndpointSet(network, source, site string, endpoints []Endpoint) (*EndpointSet, error) {
	if len(endpoints) == 0 {
		site = ""
	}
	s := &EndpointSet{Record: Record{ID: EndpointSetID(network, source)}, NetworkID: network, Source: source, Site: site}
	if len(endpoints) > MaxEndpoints {
		return nil, ErrInvalidEndpoints("endpoints", "%d end points are more than %d", len(endpoints), MaxEndpoints)
	}
	total := 0
	for _, e := range endpoints {
		total += len(e.MACs)
	}
	if total > MaxEndpointMACs {
		return nil, ErrInvalidEndpoints("endpoints", "%d MAC addresses are more than %d", total, MaxEndpointMACs)
	}
	s.MACs = make(EndpointMACs, 0, total)
	for _, e := range endpoints {
		s.Addresses = append(s.Addresses, e.VTEPAddress)
		for _, m := range e.MACs {
			m.IP = m.IP.Unmap() // one form of an IPv4 address
			s.MACs = append(s.MACs, m)
		}
	}
	slices.SortFunc(s.Addresses, VTEPAddress.Compare)
	s.Addresses = slices.Compact(s.Addresses)
	slices.SortStableFunc(s.MACs, func(a, b EndpointMAC) int { return a.MAC.Compare(b.MAC) })
	for i := 1; i < len(s.MACs); i++ {
		if mac := s.MACs[i].MAC; mac == s.MACs[i-1].MAC {
			return nil, errMACTwice(mac, endpoints)
		}
	}
	return s, nil
}

// errMACTwice says where a MAC stands for the second time.
func errMACTwice(mac MAC, endpoints []Endpoint) error {
	first := ""
	for i, e := range endpoints {
		for j, m := range e.MACs {
			switch path := fmt.Sprintf("endpoints[%d].macs[%d]", i, j); {
			case m.MAC != mac:
			case first != "":
				return ErrInvalidEndpoints(path, "%s is given a second time, first in %s; a MAC address is at one place", mac, first)
			default:
				first = path
			}
		}
	}
	return nil
}

// ErrInvalidEndpoints refuses an entry; path leads to it, for example endpoints[3].macs[0].
func ErrInvalidEndpoints(path, format string, args ...any) *Error {
	return ErrBadRequest("Invalid input for %s. Reason: %s.", path, fmt.Sprintf(format, args...))
}

// Equal reports whether two sets say the same.
func (s *EndpointSet) Equal(o *EndpointSet) bool {
	return s == o || s != nil && o != nil && s.Site == o.Site && slices.Equal(s.Addresses, o.Addresses) && slices.Equal(s.MACs, o.MACs)
}

// ETag is a hash of what the set says; that of a set without end points for nil.
func (s *EndpointSet) ETag() string {
	if s == nil {
		s = &EndpointSet{}
	}
	b := append([]byte(s.Site), 0)
	for _, a := range s.Addresses {
		b = append(b, a[:]...)
	}
	for i := range s.MACs {
		m := &s.MACs[i]
		b = append(append(append(b, m.MAC[:]...), m.VTEPAddress[:]...), m.IP.AsSlice()...)
		b = append(b, byte(m.IP.BitLen()))
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// Endpoints are the end points of the set with their MACs, by address.
func (s *EndpointSet) Endpoints() []Endpoint {
	out := make([]Endpoint, len(s.Addresses))
	at := make(map[VTEPAddress]*Endpoint, len(out))
	for i, a := range s.Addresses {
		out[i].VTEPAddress, at[a] = a, &out[i]
	}
	for _, m := range s.MACs {
		if e := at[m.VTEPAddress]; e != nil {
			e.MACs = append(e.MACs, m)
		}
	}
	return out
}

// MovedSince lists the MACs that are elsewhere than they were in an earlier set, which may
// be nil; those that are gone have no VTEPAddress.
func (s *EndpointSet) MovedSince(old *EndpointSet) (out []EndpointMAC) {
	var was EndpointMACs
	if old != nil {
		was = old.MACs
	}
	for _, m := range s.MACs {
		for len(was) > 0 && was[0].MAC.Compare(m.MAC) < 0 {
			out, was = append(out, EndpointMAC{MAC: was[0].MAC}), was[1:]
		}
		stood := len(was) > 0 && was[0].MAC == m.MAC
		if !stood || was[0].VTEPAddress != m.VTEPAddress {
			out = append(out, m)
		}
		if stood {
			was = was[1:]
		}
	}
	for _, m := range was {
		out = append(out, EndpointMAC{MAC: m.MAC})
	}
	return out
}

// MarshalJSON writes one string for each MAC: "MAC VTEP-ADDRESS[ IP]". A set has ten
// thousand of them, and all are written when one changes.
func (l EndpointMACs) MarshalJSON() ([]byte, error) {
	b := append(make([]byte, 0, 2+len(l)*52), '[')
	for i := range l {
		m := &l[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(m.MAC.Append(append(b, '"')), ' ')
		b = netip.AddrFrom4(m.VTEPAddress).AppendTo(b)
		if m.IP.IsValid() {
			b = m.IP.AppendTo(append(b, ' '))
		}
		b = append(b, '"')
	}
	return append(b, ']'), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (l *EndpointMACs) UnmarshalJSON(b []byte) error {
	var texts []string
	if err := json.Unmarshal(b, &texts); err != nil {
		return err
	}
	*l = make(EndpointMACs, len(texts))
	for i, text := range texts {
		if err := (*l)[i].parse(text); err != nil {
			return fmt.Errorf("MAC %d of the set: %w", i, err)
		}
	}
	return nil
}

func (m *EndpointMAC) parse(text string) (err error) {
	mac, rest, _ := strings.Cut(text, " ")
	addr, ip, withIP := strings.Cut(rest, " ")
	if m.MAC, err = ParseMAC(mac); err != nil {
		return err
	}
	if m.VTEPAddress, err = ParseVTEPAddress(addr); err != nil || !withIP {
		return err
	}
	if m.IP, err = netip.ParseAddr(ip); err == nil && m.IP.Zone() != "" {
		err = fmt.Errorf("%q has a zone", ip)
	}
	return err
}

// IPv4Of is the address of a MAC's host, if it has one of IPv4: only ARP is suppressed by it.
// A nil set has none.
func (s *EndpointSet) IPv4Of(mac MAC) (ip IPv4) {
	if s == nil {
		return ip
	}
	if m, found := s.Find(mac); found && m.IP.Is4() {
		ip = m.IP.As4()
	}
	return ip
}

// Find returns what the set says of a MAC.
func (s *EndpointSet) Find(mac MAC) (m EndpointMAC, found bool) {
	i, found := slices.BinarySearchFunc(s.MACs, mac, func(m EndpointMAC, mac MAC) int { return m.MAC.Compare(mac) })
	if found {
		m = s.MACs[i]
	}
	return m, found
}

// IPv4 is the address of a host. The zero value stands for none.
type IPv4 [4]byte

// String is the dotted quad, "" for none.
func (ip IPv4) String() string {
	if ip == (IPv4{}) {
		return ""
	}
	return netip.AddrFrom4(ip).String()
}

// IfMatch is the condition of a change: that the set still has one of the ETags that the
// caller has seen. The zero value is always met.
type IfMatch struct {
	Given bool
	ETags []string
}

// Check refuses a change of a set, nil for none, that has changed since.
func (m IfMatch) Check(s *EndpointSet) error {
	if m.Given && !slices.Contains(m.ETags, s.ETag()) {
		return refuse(PreconditionFailed, "EndpointsChanged", "The end points have changed meanwhile: their ETag is \"%s\". Read them again.", s.ETag())
	}
	return nil
}

// EndpointReach is what the end points of a network need: where they send frames for
// everybody.
type EndpointReach struct {
	Members []EndpointMember `json:"members"`
	// Far are end points beyond borders that are reached directly.
	Far []VTEPAddress `json:"far"`
}

// ETag is a hash of where frames go; whether a database is connected is not in it.
func (r *EndpointReach) ETag() string {
	var b []byte
	for _, m := range r.Members {
		b = append(append(append(b, m.DeviceID...), 0), m.TunnelIP[:]...)
	}
	b = append(b, 0)
	for _, a := range r.Far {
		b = append(b, a[:]...)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// EndpointMember is a switch that carries a network.
type EndpointMember struct {
	DeviceID string `json:"device_id"`
	Name     string `json:"name"`
	// Switch is the Physical_Switch, "" while it is not known.
	Switch string `json:"switch"`
	// TunnelIP is "" while it is not known: then ask again.
	TunnelIP VTEPAddress `json:"tunnel_ip"`
	// Reachable says that its database is connected now. The switch forwards all the same.
	Reachable bool `json:"reachable"`
}
