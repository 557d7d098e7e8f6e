package model_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// TestRegistrations: which devices reach one database.
func TestRegistrations(t *testing.T) {
	ip, other := model.VTEPAddress{192, 0, 2, 1}, model.VTEPAddress{192, 0, 2, 66}
	at := func(name, row string, ips ...model.VTEPAddress) model.SwitchInventory {
		return model.SwitchInventory{Name: name, Fingerprint: row, TunnelIPs: ips}
	}
	gone := at("sw1", "r1", ip)
	gone.Missing = true
	for _, c := range []struct {
		name     string
		one, two model.SwitchInventory
		project  string // of the second
		shared   bool
	}{
		{"one row", at("sw1", "r1", ip), at("sw1", "r1", ip), "", true},
		{"one row, and the address changed in between", at("sw1", "r1", ip), at("sw1", "r1", other), "", true},
		{"one row without an address", at("sw1", "r1"), at("sw1", "r1"), "", true},
		{"stored before there were fingerprints", at("sw1", "", ip), at("sw1", "r1", ip), "", true},
		{"the row was made anew", at("sw1", "r1", ip), at("sw1", "r2", ip), "", true},
		{"a name from the factory", at("sw1", "r1"), at("sw1", "r2"), "", false},
		{"nothing but a name", at("sw1", ""), at("sw1", ""), "", false},
		{"another switch of that name", at("sw1", "r1", ip), at("sw1", "r2", other), "", false},
		{"renamed in between", at("sw1", "r1", ip), at("sw2", "r1", ip), "", true},
		{"renamed, of another project", at("sw1", "r1", ip), at("sw2", "r1", ip), "p2", false},
		{"copies of an image, renamed", at("sw1", "r1", ip), at("sw2", "r1", other), "", false},
		{"another name", at("sw1", "r1", ip), at("sw2", "r2", ip), "", false},
		{"of another project", at("sw1", "r1", ip), at("sw1", "r1", ip), "p2", false},
		{"it has left one", gone, at("sw1", "r1", ip), "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			one := &model.GatewayDevice{Record: model.Record{ID: "one", Seq: 1}, Type: model.HWVTEP}
			two := &model.GatewayDevice{Record: model.Record{ID: "two", Seq: 2, ProjectID: c.project}, Type: model.HWVTEP, Name: "two"}
			d := &model.Definitions{
				Devices: model.NewTable[model.GatewayDevice]([]*model.GatewayDevice{two, one}),
				Inventories: model.NewTable[model.Inventory]([]*model.Inventory{
					{Record: model.Record{ID: "one", Seq: 3}, Switches: []model.SwitchInventory{c.one}},
					{Record: model.Record{ID: "two", Seq: 4}, Switches: []model.SwitchInventory{c.two, at("sw9", "r9")}},
				}),
			}
			r := model.NewRegistrations(d)
			require.Equal(t, c.shared, r.First(two) == one)
			require.Equal(t, one, r.First(one))
			place, ok := r.Resolve(&model.Device{DeviceName: "sw9"})
			require.True(t, ok)
			require.Equal(t, r.First(two), place.Device, "what only one way has shown is of the one database")
			require.Equal(t, "r9", model.NewPlaces(d).Seen(place).Fingerprint)
		})
	}
}
