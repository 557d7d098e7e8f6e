package e2e_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
)

// TestBorderCall makes the calls of the border gateway's specification.
func TestBorderCall(t *testing.T) {
	t.Parallel()
	const net = "6a1dd1e2-53d3-4a3c-9a3a-2a4e3ff3a7a1"
	s := ovsdbtest.Start(t)
	s.AddSwitch("edge", "192.0.2.1", "p1")
	before := inventory(s)
	c := start(t)
	dev := c.register("edge", s)
	c.addMAC(dev, "00:AA:00:00:00:01", "198.51.100.7", 7000)
	c.addMAC(dev, "00:aa:00:00:00:02", "198.51.100.8", 7000)
	c.addMAC(dev, "00:aa:00:00:00:03", "198.51.100.9", 7001)
	c.create(networks, object{"id": net, "name": "stretched"})

	gw, conn := borderCall(t, c, dev, net)
	want := []string{
		"ls " + net + " key 7000",
		"flood " + net + " 198.51.100.7 198.51.100.8",
		"mac " + net + " 00:aa:00:00:00:01 198.51.100.7",
		"mac " + net + " 00:aa:00:00:00:02 198.51.100.8",
	}
	holds(t, s, want...)
	require.Equal(t, "stretched", s.Rows("Logical_Switch", "description")[0]["description"])
	c.reaches(patience, connections, conn, "ACTIVE")
	var shown struct {
		Network struct {
			VNI int `json:"provider:segmentation_id"`
		}
	}
	c.do(http.StatusOK, http.MethodGet, networks+"/"+net, nil, &shown)
	require.Equal(t, 7000, shown.Network.VNI)

	c.addMAC(dev, "00:aa:00:00:00:04", "198.51.100.7", 7000)
	holds(t, s, append(want, "mac "+net+" 00:aa:00:00:00:04 198.51.100.7")...)

	c.remove(connections, conn)
	holds(t, s)
	require.Empty(t, s.Rows("Physical_Locator"))
	c.remove(gateways, gw)
	c.remove(devices, dev)
	c.remove(networks, net)
	require.Equal(t, before, inventory(s))
}

// borderCall makes the gateway and connects it.
func borderCall(t *testing.T, c *controller, dev, net string) (gw, conn string) {
	a, err := c.try("POST", "/v2/l2-gateways",
		`{"l2_gateway":{"name":"bgw","devices":[{"device_id":"`+dev+`","segmentation-id":7000}]}}`)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, a.status, a.text)
	var list struct {
		Gateways []struct{ ID string } `json:"l2_gateways"`
	}
	c.do(http.StatusOK, http.MethodGet, gateways+"?name=bgw", nil, &list)
	require.Len(t, list.Gateways, 1)
	gw = list.Gateways[0].ID
	require.JSONEq(t, `{"l2_gateway":{"id":"`+gw+`","name":"bgw",
		"devices":[{"device_id":"`+dev+`","segmentation_id":"7000","segmentation-id":7000}],
		"ha_mode":"active-active","preempt":false,"tenant_id":"default","project_id":"default"}}`, a.text)
	again, err := c.try("GET", gateways+"/"+gw, nil)
	require.NoError(t, err)
	require.JSONEq(t, a.text, again.text)

	a, err = c.try("POST", connections, object{"l2_gateway_connection": object{"l2_gateway_id": gw, "network_id": net}})
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, a.status, a.text)
	var made struct {
		Connection struct{ ID string } `json:"l2_gateway_connection"`
	}
	require.NoError(t, json.Unmarshal([]byte(a.text), &made))
	conn = made.Connection.ID
	require.Contains(t, a.text, `"network_id":"`+net+`"`)
	require.Contains(t, a.text, `"l2_gateway_id":"`+gw+`"`)
	require.Contains(t, a.text, `"segmentation_id":""`)
	return gw, conn
}
