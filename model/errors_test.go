package model_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

func TestKindOf(t *testing.T) {
	require.Equal(t, model.Internal, model.KindOf(nil))
	require.Equal(t, model.Internal, model.KindOf(errors.New("disk")))
	require.Equal(t, model.NotFound, model.KindOf(fmt.Errorf("show: %w", model.ErrNetworkNotFound("n"))))
	require.Equal(t, model.Conflict, model.KindOf(errors.Join(errors.New("x"), model.ErrL2GatewayInUse("g"))))
}

// Texts that clients match, as the real servers print them.
func TestMessages(t *testing.T) {
	c := &model.L2GatewayConnection{NetworkID: "n", L2GatewayID: "g", SegmentationID: model.VLANID(7)}
	for want, err := range map[string]*model.Error{
		"InvalidInput: Invalid input for operation: Segmentation id is out of range.":                                                                         model.ErrInvalidInput("Segmentation id is out of range"),
		"NetworkNotFound: Network n could not be found.":                                                                                                      model.ErrNetworkNotFound("n"),
		"L2GatewayConnectionNotFound: The connection  not found on the l2 gateway":                                                                            model.ErrConnectionNotFound(),
		"HwVtepTypeInvalid: Gateway device hw_vtep must be specified with management_port and management_ip":                                                  model.ErrDeviceTypeInvalid(model.HWVTEP, "management_port and management_ip"),
		"NetworkVlanTypeInvalid: Gateway device network_vlan must be specified with resource_id":                                                              model.ErrDeviceTypeInvalid(model.NetworkVLAN, "resource_id"),
		"L2GatewayInUse: L2 Gateway 'g' still has active mappings with one or more neutron networks.":                                                         model.ErrL2GatewayInUse("g"),
		"DuplicateRemoteMacEntry: Request contains duplicate remote mac address entry: mac_address 02:00:00:00:00:01.":                                        model.ErrRemoteMACDuplicate(model.MAC{2, 0, 0, 0, 0, 1}),
		"L2GatewayConnectionExists: The specified mapping '{'network_id': 'n', 'l2_gateway_id': 'g', 'segmentation_id': '7'}' exists on network gateway 'g'.": model.ErrConnectionExists(c),
	} {
		require.Equal(t, want, err.Type+": "+err.Error())
	}
}

// What a message names is its owners' to know: of a list, each what is his.
func TestMessagesForOwners(t *testing.T) {
	r := &model.Released{Record: model.Record{ProjectID: "p"}, WireID: model.WireID{VNI: 7}, NetworkID: "n",
		Pending: []model.ReleasedOn{{DeviceID: "p", Switch: "sw1"}, {DeviceID: "q", Switch: "sw2"}, {DeviceID: "", Switch: "sw3"}}}
	err := model.ErrVNIQuarantined(r, false, time.Time{}, func(device string) string { return device })
	rest := ". It is free when the switch was seen without it, at the latest at 0001-01-01T00:00:00Z."
	for project, want := range map[string]string{
		"p": "VNI 7 belonged to network n and may still be in use on switch sw1 and 2 of other projects",
		"q": "VNI 7 belonged to a network of another project and may still be in use on switch sw2 and 2 of other projects",
		"x": "VNI 7 belonged to a network of another project and may still be in use on a switch of another project",
	} {
		require.Equal(t, want+rest, err.For(func(p string) bool { return p == project }))
	}
	require.Equal(t, "VNI 7 belonged to network n and may still be in use on switch sw1, sw2, sw3"+rest, err.Error())
}
