package model_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

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

// TestRegistrationsOfAnyLooks: whatever switches show, it is found to be what comparing
// all of them finds.
func TestRegistrationsOfAnyLooks(t *testing.T) {
	for seed := range uint64(2000) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		d := anyLooks(rnd, 1+rnd.IntN(12))
		is, want := model.NewRegistrations(d), newOracle(d)
		refs := []model.Device{{}, {DeviceID: "none"}, {DeviceName: "none"}}
		for gd := range d.Devices.All() {
			require.Equal(t, want.Sharing(gd), is.Sharing(gd), "seed %d, device %s", seed, gd.ID)
			require.Equal(t, want.Switches(gd), is.Switches(gd), "seed %d, device %s", seed, gd.ID)
			refs = append(refs, model.Device{DeviceID: gd.ID}, model.Device{DeviceName: gd.Name})
		}
		for _, name := range names {
			refs = append(refs, model.Device{DeviceName: name})
			require.Len(t, is.Holders(name), len(want.Holders(name)))
			for i, h := range is.Holders(name) {
				require.Same(t, want.Holders(name)[i].Switch, h.Switch)
			}
		}
		for _, ref := range refs {
			at, found := is.Resolve(&ref)
			wantAt, wantFound := want.Resolve(&ref)
			require.Equal(t, wantFound, found, "seed %d, %v", seed, ref)
			require.Equal(t, wantAt, at, "seed %d, %v", seed, ref)
		}
	}
}

var names = []string{"sw1", "sw2", "sw3"}

// anyLooks are devices of few projects that were seen with switches of few names, rows
// and addresses.
func anyLooks(rnd *rand.Rand, n int) *model.Definitions {
	var devices []*model.GatewayDevice
	var inventories []*model.Inventory
	for i := range n {
		gd := &model.GatewayDevice{Record: model.Record{ID: fmt.Sprint(i), Seq: uint64(i + 1), ProjectID: []string{"", "p"}[rnd.IntN(5)/4]}, Type: model.HWVTEP}
		gd.Name = append(names, "", gd.ID)[rnd.IntN(5)]
		if rnd.IntN(9) == 0 {
			gd.Type = model.RouterVTEP
		}
		devices = append(devices, gd)
		inv := &model.Inventory{Record: gd.Record, SeenAt: time.Unix(int64(rnd.IntN(6)), 0)}
		for range rnd.IntN(4) {
			sw := model.SwitchInventory{Name: names[rnd.IntN(3)], Fingerprint: []string{"", "r1", "r2", "r3", "r4"}[rnd.IntN(5)], Missing: rnd.IntN(5) == 0}
			for range rnd.IntN(3) {
				sw.TunnelIPs = append(sw.TunnelIPs, model.VTEPAddress{192, 0, 2, byte(rnd.IntN(8))})
			}
			if _, has := inv.Switch(sw.Name); !has {
				inv.Switches = append(inv.Switches, sw)
			}
		}
		if rnd.IntN(7) > 0 {
			inventories = append(inventories, inv)
		}
	}
	return &model.Definitions{Devices: model.NewTable(devices), Inventories: model.NewTable(inventories)}
}

// BenchmarkRegistrations: devices whose switches have a name and a row of their own, or
// that of the factory.
func BenchmarkRegistrations(b *testing.B) {
	for _, n := range []int{500, 5000} {
		for _, look := range []string{"own", "factory-name", "image"} {
			b.Run(fmt.Sprintf("%s/%d", look, n), func(b *testing.B) {
				d := looks(look, n)
				for b.Loop() {
					model.NewRegistrations(d)
				}
			})
		}
	}
}

func looks(look string, n int) *model.Definitions {
	var devices []*model.GatewayDevice
	var inventories []*model.Inventory
	for i := range n {
		gd := &model.GatewayDevice{Record: model.Record{ID: fmt.Sprint(i), Seq: uint64(i + 1)}, Type: model.HWVTEP}
		sw := model.SwitchInventory{Name: fmt.Sprint("sw", i), Fingerprint: fmt.Sprint("r", i), TunnelIPs: []model.VTEPAddress{{10, 0, byte(i >> 8), byte(i)}}}
		if look == "factory-name" {
			sw.Name = "switch"
		} else if look == "image" {
			sw.Fingerprint = "r"
		}
		devices = append(devices, gd)
		inventories = append(inventories, &model.Inventory{Record: gd.Record, Switches: []model.SwitchInventory{sw}})
	}
	return &model.Definitions{Devices: model.NewTable(devices), Inventories: model.NewTable(inventories)}
}

// Registrations are made once for the devices and inventories that there are.
func TestRegistrationsAreMadeOnce(t *testing.T) {
	d := model.NewDefinitions("", 1)
	d.Devices, d.Inventories = looks("own", 3).Devices, looks("own", 3).Inventories
	is := d.Registrations()
	other := *d
	other.Networks = other.Networks.With(&model.Network{})
	require.Same(t, is, other.Registrations(), "networks do not matter")
	other.PartRegistrations()
	other.Devices = other.Devices.Without("1")
	require.NotSame(t, is, other.Registrations())
	require.Same(t, other.Registrations(), other.Registrations())
	require.Same(t, is, d.Registrations())
	d.Inventories = d.Inventories.Without("2")
	require.NotSame(t, is, d.Registrations(), "whoever has changed it")
}
