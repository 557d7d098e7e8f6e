package vtep_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/vtep"
)

// TestStandingSwitch: what is foreign is copied whole and in order, with what can not be asked for.
func TestStandingSwitch(t *testing.T) {
	server := seed(t, ovsdbtest.Installed, `
switch sw1 10.0.0.1
port sw1 eth1
port sw1 eth2
ls theirs key 900 description red
ls marked key 901 config bordergw=them
ls ours key 902 config bordergw=us
ls left key 903 config bordergw=us
ls taken key 904
bind sw1 eth2 7 theirs
bind sw1 eth1 12 theirs
bind sw1 eth1 2 theirs
remote theirs 02:00:00:00:00:02 10.0.0.9 ip 192.168.0.2
remote theirs 02:00:00:00:00:01 10.0.0.8#77
remote theirs 02:00:00:00:00:03 10.0.0.9
remote theirs 02:00:00:00:00:03 10.0.0.8
remote theirs rubbish 10.0.0.9
local theirs 02:00:00:00:00:0a 10.0.0.1
flood theirs unknown-dst 10.0.0.9 10.0.0.8
flood theirs 01:00:5e:00:00:01 10.0.0.9
localflood theirs unknown-dst 10.0.0.1`)
	s := open(t, server, nil)
	want := parseWant(t, "segment ours 902\nsegment taken 905\n")
	foreign := s.Foreign(want)
	slices.Sort(foreign)
	require.Equal(t, []string{"marked", "taken", "theirs"}, foreign)

	at := func(n byte, key model.VNI) model.StandingLocator {
		return model.StandingLocator{Addr: model.VTEPAddress{10, 0, 0, n}, Key: key}
	}
	mac := func(n byte) model.MAC { return model.MAC{2, 0, 0, 0, 0, n} }
	got, stands := s.StandingSwitch(want, "theirs")
	require.True(t, stands)
	require.Contains(t, []model.StandingLocator{at(9, 0), at(8, 0)}, got.Remote[2].At, "the row of the lower UUID")
	got.Remote[2].At = at(9, 0)
	require.Equal(t, model.StandingSwitch{
		Name: "theirs", Description: "red", Key: 900, Owner: model.RowsForeign,
		Bindings: []model.BoundPort{{Switch: "sw1", Port: "eth1", VLAN: 2}, {Switch: "sw1", Port: "eth1", VLAN: 12}, {Switch: "sw1", Port: "eth2", VLAN: 7}},
		Remote:   []model.StandingMAC{{MAC: mac(1), At: at(8, 77)}, {MAC: mac(2), At: at(9, 0), IP: model.IPv4{192, 168, 0, 2}}, {MAC: mac(3), At: at(9, 0)}},
		Local:    []model.StandingMAC{{MAC: mac(10), At: at(1, 0)}},
		Flood:    []model.StandingLocator{at(8, 0), at(9, 0)}, Floods: true, FloodedAt: []model.VTEPAddress{{10, 0, 0, 1}},
		Unusable: []model.UnusableRows{
			{What: "group MACs in Mcast_Macs_Remote beside unknown-dst", Count: 1},
			{What: "rows of Ucast_Macs_Remote whose MAC is none", Count: 1},
			{What: "further rows of Ucast_Macs_Remote for a MAC that has one", Count: 1},
		},
	}, got)

	marked, _ := s.StandingSwitch(want, "marked")
	require.True(t, marked.Marked)
	taken, _ := s.StandingSwitch(want, "taken")
	require.True(t, taken.Wanted)
	left, _ := s.StandingSwitch(want, "left")
	require.Equal(t, model.RowsLeft, left.Owner)
	ours, _ := s.StandingSwitch(want, "ours")
	require.Equal(t, model.RowsOurs, ours.Owner)
	_, stands = s.StandingSwitch(want, "none")
	require.False(t, stands)
}

// TestMarksOnly: a change of a logical switch's mark and description is told from any other.
func TestMarksOnly(t *testing.T) {
	text, vni := "x", model.VNI(7)
	for _, c := range []struct {
		op   vtep.Op
		want bool
	}{
		{vtep.Op{Kind: vtep.SetLogicalSwitch, Detail: &vtep.Detail{Switch: &vtep.LogicalSwitchRow{Mark: &text, Description: &text}}}, true},
		{vtep.Op{Kind: vtep.SetLogicalSwitch, Detail: &vtep.Detail{Switch: &vtep.LogicalSwitchRow{Mark: &text, ReplicationMode: &text}}}, false},
		{vtep.Op{Kind: vtep.SetLogicalSwitch, Detail: &vtep.Detail{Switch: &vtep.LogicalSwitchRow{TunnelKey: &vni}}}, false},
		{vtep.Op{Kind: vtep.AddLogicalSwitch, Detail: &vtep.Detail{Switch: &vtep.LogicalSwitchRow{Mark: &text}}}, false},
		{vtep.Op{Kind: vtep.DeleteMAC}, false},
	} {
		require.Equal(t, c.want, c.op.MarksOnly(), "%s", c.op.String())
	}
}

// TestStandingBeside: ACLs of bindings and logical routers are seen, and no plan writes because of them.
func TestStandingBeside(t *testing.T) {
	server := seed(t, ovsdbtest.Installed, "switch sw1 10.0.0.1\nport sw1 eth1\nls theirs key 900\nls other key 901\nbind sw1 eth1 7 theirs\nbind sw1 eth1 8 theirs\nbind sw1 eth1 9 other\n")
	ls := server.VtepCtl("--columns=_uuid", "--bare", "find", "Logical_Switch", "name=theirs")
	server.Transact(`[{"op":"insert","table":"ACL_entry","uuid-name":"entry","row":{"sequence":1,"action":"permit","direction":"ingress"}},
		{"op":"insert","table":"ACL","uuid-name":"acl","row":{"acl_name":"a","acl_entries":["named-uuid","entry"]}},
		{"op":"update","table":"Physical_Port","where":[["name","==","eth1"]],"row":{"acl_bindings":["map",[[7,["named-uuid","acl"]],[9,["named-uuid","acl"]]]]}},
		{"op":"insert","table":"Logical_Router","row":{"name":"r1","switch_binding":["map",[["10.0.0.1/24",["uuid","` + ls + `"]],["10.0.1.1/24",["uuid","` + ls + `"]]]]}}]`)
	s := open(t, server, nil)
	want := parseWant(t, "")
	got, _ := s.StandingSwitch(want, "theirs")
	require.Equal(t, 1, got.ACLs)
	require.Equal(t, []string{"r1"}, got.Routers)
	other, _ := s.StandingSwitch(want, "other")
	require.Equal(t, 1, other.ACLs)
	require.Empty(t, other.Routers)
	require.Empty(t, s.Plan(want, vtep.Whole).Ops)
}
