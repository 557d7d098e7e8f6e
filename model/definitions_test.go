package model_test

import (
	"strings"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

func TestResolve(t *testing.T) {
	box := func(id, name string, seq uint64, typ model.DeviceType) *model.GatewayDevice {
		return &model.GatewayDevice{Record: model.Record{ID: id, Seq: seq}, Name: name, Type: typ}
	}
	seen := func(id string, switches ...string) *model.Inventory {
		inv := &model.Inventory{Record: model.Record{ID: id}}
		for _, s := range switches {
			name, missing := strings.CutPrefix(s, "-")
			inv.Switches = append(inv.Switches, model.SwitchInventory{Name: name, Missing: missing})
		}
		return inv
	}
	d := &model.Definitions{
		Devices: model.NewTable[model.GatewayDevice]([]*model.GatewayDevice{
			box("second", "other", 2, model.HWVTEP),
			box("first", "box", 1, model.HWVTEP),
			box("several", "sw3", 3, model.HWVTEP),
			box("unnamed", "", 4, model.HWVTEP),
			box("unread", "later", 5, model.HWVTEP),
			box("router", "sw5", 6, model.RouterVTEP),
			box("namesake", "sw1", 7, model.HWVTEP),
			box("crowd", "crowd", 8, model.HWVTEP),
			box("left", "left", 9, model.HWVTEP),
			box("joined", "joined", 10, model.HWVTEP),
		}),
		Inventories: model.NewTable[model.Inventory]([]*model.Inventory{
			seen("first", "sw1"), seen("second", "sw1"), seen("several", "sw2", "sw3"), seen("unnamed", "sw4"),
			seen("router", "sw6"), seen("crowd", "sw7", "sw8"),
			seen("left", "-moved", "-left", "sw10"), seen("joined", "moved", "-gone"),
		}),
	}
	for _, c := range []struct {
		name     string
		dev      model.Device
		id, swch string
		known    bool
	}{
		{"by id", model.Device{DeviceID: "second"}, "second", "sw1", true},
		{"by id, of several the one of its name", model.Device{DeviceID: "several"}, "several", "sw3", true},
		{"by id, of several none of its name", model.Device{DeviceID: "crowd"}, "crowd", "", true},
		{"by id, never read", model.Device{DeviceID: "unread"}, "unread", "", true},
		{"by id, unknown", model.Device{DeviceID: "x"}, "", "", false},
		{"an id is not a name", model.Device{DeviceID: "sw1"}, "", "", false},
		{"switch of the earliest, before a device of that name", model.Device{DeviceName: "sw1"}, "first", "sw1", true},
		{"switch of several", model.Device{DeviceName: "sw2"}, "several", "sw2", true},
		{"switch of an unnamed device", model.Device{DeviceName: "sw4"}, "unnamed", "sw4", true},
		{"name of a device", model.Device{DeviceName: "box"}, "first", "sw1", true},
		{"name of a device never read", model.Device{DeviceName: "later"}, "unread", "", true},
		{"switch of what is not driven", model.Device{DeviceName: "sw6"}, "", "", false},
		{"switch that moved", model.Device{DeviceName: "moved"}, "joined", "moved", true},
		{"switch that has gone", model.Device{DeviceName: "gone"}, "joined", "gone", true},
		{"by id, its switch has gone", model.Device{DeviceID: "left"}, "left", "left", true},
		{"by id, the only one that is there", model.Device{DeviceID: "joined"}, "joined", "moved", true},
		{"unknown", model.Device{DeviceName: "sw9"}, "", "", false},
		{"neither", model.Device{}, "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, ok := d.Resolve(&c.dev)
			require.Equal(t, c.known, ok)
			if !ok {
				require.Zero(t, p)
				return
			}
			require.Equal(t, c.id, p.Device.ID)
			require.Equal(t, c.swch, p.Switch)
			sw := model.NewPlaces(d).Seen(p)
			require.Equal(t, c.swch != "", sw != nil)
			if sw != nil {
				require.Equal(t, c.swch, sw.Name)
			}
		})
	}
	require.Nil(t, model.NewPlaces(d).Seen(model.Place{}))
}
