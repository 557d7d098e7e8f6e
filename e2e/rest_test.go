package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
)

const (
	networks    = "/v2.0/networks"
	gateways    = "/v2.0/l2-gateways"
	connections = "/v2.0/l2-gateway-connections"
	devices     = "/v2.0/gw/gateway_devices"
)

// singular is the key of a resource in a body, by collection.
var singular = map[string]string{
	networks: "network", gateways: "l2_gateway", connections: "l2_gateway_connection", devices: "gateway_device",
}

type object = map[string]any

var client = &http.Client{Timeout: patience}

// answer is what the API replied.
type answer struct {
	status int
	text   string
}

// refusal is the body of an error.
func (a answer) refusal() (typ, message string) {
	var body struct {
		NeutronError struct{ Type, Message string }
	}
	if json.Unmarshal([]byte(a.text), &body) != nil {
		return "", a.text
	}
	return body.NeutronError.Type, body.NeutronError.Message
}

// try makes a request. A body that is no string is sent as JSON.
func (c *controller) try(method, path string, body any) (answer, error) {
	text, isText := body.(string)
	if body != nil && !isText {
		encoded, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		text = string(encoded)
	}
	req, err := http.NewRequest(method, c.url()+path, strings.NewReader(text))
	if err != nil {
		return answer{}, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, string(content)}, err
}

// do makes a request that must be answered with status, and decodes the answer.
func (c *controller) do(status int, method, path string, body, into any) {
	c.t.Helper()
	a, err := c.try(method, path, body)
	require.NoError(c.t, err)
	require.Equal(c.t, status, a.status, "%s %s: %s", method, path, a.text)
	if into != nil {
		require.NoError(c.t, json.Unmarshal([]byte(a.text), into), a.text)
	}
}

// create makes a resource and returns its id.
func (c *controller) create(collection string, attributes object) string {
	c.t.Helper()
	var made map[string]struct{ ID string }
	key := singular[collection]
	c.do(http.StatusCreated, http.MethodPost, collection, object{key: attributes}, &made)
	require.NotEmpty(c.t, made[key].ID)
	return made[key].ID
}

func (c *controller) update(collection, id string, attributes object) {
	c.t.Helper()
	c.do(http.StatusOK, http.MethodPut, collection+"/"+id, object{singular[collection]: attributes}, nil)
}

func (c *controller) remove(collection, id string) {
	c.t.Helper()
	c.do(http.StatusNoContent, http.MethodDelete, collection+"/"+id, nil, nil)
}

// register makes a switch database known under a name.
func (c *controller) register(name string, s *ovsdbtest.Server) string {
	c.t.Helper()
	return c.create(devices, object{"name": name, "type": "hw_vtep", "management_ip": "127.0.0.1", "management_port": s.Port()})
}

// addMAC adds a MAC of another site to a device.
func (c *controller) addMAC(device, mac, vtep string, vni int) {
	c.t.Helper()
	c.do(http.StatusCreated, http.MethodPost, devices+"/"+device+"/remote_mac_entries", object{
		"remote_mac_entry": object{"mac_address": mac, "vtep_address": vtep, "segmentation_id": vni},
	}, nil)
}

// connect joins a network to a gateway; extra is nil or more attributes.
func (c *controller) connect(gateway, network string, extra object) string {
	c.t.Helper()
	attributes := object{"l2_gateway_id": gateway, "network_id": network}
	for k, v := range extra {
		attributes[k] = v
	}
	return c.create(connections, attributes)
}

// onSwitch is a device of a gateway in networking-l2gw's form.
func onSwitch(name string, interfaces ...object) object {
	return object{"device_name": name, "interfaces": interfaces}
}

// port is an interface of a device; without VLANs the connection gives one.
func port(name string, vlans ...int) object {
	p := object{"name": name}
	if len(vlans) > 0 {
		p["segmentation_id"] = vlans
	}
	return p
}

// condition is one entry of conditions.
type condition struct {
	Type    string
	Status  bool
	Reason  string
	Message string
}

// status is what devices and connections show of their state.
type status struct {
	ID         string
	Name       string
	Status     string
	Detail     string `json:"status_detail"`
	Conditions []condition
}

func (s status) condition(typ string) condition {
	for _, c := range s.Conditions {
		if c.Type == typ {
			return c
		}
	}
	return condition{}
}

func (c *controller) status(collection, id string) status {
	c.t.Helper()
	var shown map[string]status
	c.do(http.StatusOK, http.MethodGet, collection+"/"+id, nil, &shown)
	return shown[singular[collection]]
}

// reaches waits for a status whose detail has all the words.
func (c *controller) reaches(within time.Duration, collection, id, want string, words ...string) {
	c.t.Helper()
	eventually(c.t, within, func() error {
		s := c.status(collection, id)
		if s.Status != want {
			return fmt.Errorf("status is %s (%s), not %s", s.Status, s.Detail, want)
		}
		for _, w := range words {
			if !strings.Contains(s.Detail, w) {
				return fmt.Errorf("status %s does not mention %q: %s", s.Status, w, s.Detail)
			}
		}
		return nil
	})
}

// settled waits until all devices are in sync and nothing is planned.
func (c *controller) settled() {
	c.t.Helper()
	eventually(c.t, patience, func() error {
		var shown struct {
			List []status `json:"gateway_devices"`
		}
		c.do(http.StatusOK, http.MethodGet, devices, nil, &shown)
		for _, d := range shown.List {
			if d.Status != "IN_SYNC" {
				return fmt.Errorf("device %s is %s: %s", d.Name, d.Status, d.Detail)
			}
		}
		return c.nothingPlanned(len(shown.List))
	})
}

// nothingPlanned asks `bordergw plan`.
func (c *controller) nothingPlanned(devices int) error {
	out, errOut, code := c.cli("plan")
	switch {
	case code != 0:
		return fmt.Errorf("bordergw plan: exit code %d: %s", code, errOut)
	case devices == 0 && out == "no device is registered\n":
	case strings.Count(out, "\n") != devices || strings.Count(out, ": nothing to do\n") != devices:
		return errors.New("planned: " + out)
	}
	return nil
}
