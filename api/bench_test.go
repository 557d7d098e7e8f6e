package api_test

import (
	"fmt"
	"testing"

	"bordergw/api"
	"bordergw/model"

	"github.com/stretchr/testify/require"
)

// standing is a store that only shows a snapshot.
type standing struct {
	api.Store
	defs *model.Definitions
}

func (s standing) Definitions() *model.Definitions { return s.defs }

// BenchmarkListGateways answers a list of 10,000 gateways of two devices.
func BenchmarkListGateways(b *testing.B) {
	var xs []*model.L2Gateway
	for i := range 10_000 {
		g := &model.L2Gateway{Record: model.Record{ID: fmt.Sprintf("g%05d", i), Seq: uint64(i), ProjectID: "p"}, Name: fmt.Sprint("gateway ", i)}
		for d := range 2 {
			g.Devices = append(g.Devices, model.Device{ID: fmt.Sprintf("d%05d%d", i, d), DeviceName: fmt.Sprint("sw", d),
				Interfaces: []model.Interface{{Name: "eth1", VLANs: []model.VLAN{model.VLAN(i % 4095)}}}})
		}
		xs = append(xs, g)
	}
	defs := &model.Definitions{Gateways: model.NewTable(xs)}
	benchList(b, defs, gatewaysPath, "?limit=100&marker=g05000", "?name=gateway+5000")
}

// benchList lists the whole, a page and one.
func benchList(b *testing.B, defs *model.Definitions, path, page, filter string) {
	s := newService(b, func(c *api.Config) { c.Store = standing{c.Store, defs} })
	for name, query := range map[string]string{"whole": "", "page": page, "filter": filter} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				require.Equal(b, 200, s.served("GET", path+query, "").Code)
			}
		})
	}
}

// BenchmarkList answers a list of 10,000 connections, whole and by the page.
func BenchmarkList(b *testing.B) {
	var xs []*model.L2GatewayConnection
	for i := range 10_000 {
		xs = append(xs, &model.L2GatewayConnection{
			Record:      model.Record{ID: fmt.Sprintf("c%05d", i), Seq: uint64(i), ProjectID: "p"},
			L2GatewayID: "g", NetworkID: fmt.Sprintf("n%05d", i), SegmentationID: model.VLANID(model.VLAN(i % 4095)),
		})
	}
	defs := &model.Definitions{Connections: model.NewTable(xs)}
	benchList(b, defs, connectionsPath, "?limit=100&marker=c05000", "?network_id=n05000")
}
