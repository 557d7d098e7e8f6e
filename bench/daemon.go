package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// daemon is the program under test, reached by its API only.
type daemon struct {
	process
	url  string
	dir  string
	args []string
	log  *os.File
}

// start runs it on the store that is there.
func (d *daemon) start(binary string) (err error) {
	if d.log, err = os.Create(filepath.Join(d.dir, "log")); err != nil {
		return err
	}
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--log-level", "warn", "--data-dir", d.dir}, d.args...)
	d.process = process{command(binary, args...)}
	d.Stderr = d.log
	out, err := d.StdoutPipe()
	if err != nil {
		return err
	}
	if err := d.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return fmt.Errorf("bordergw serve: %w, see %s", err, d.log.Name())
	}
	d.url = strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	return nil
}

// end stops it as an operator does.
func (d *daemon) end() error {
	if err := d.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return d.Wait()
}

// client bounds the wait for an answer.
var client = &http.Client{Timeout: callLimit}

// do makes a request and decodes the answer into result, if there is one.
func (d *daemon) do(method, path string, body, result any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequest(method, d.url+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err
	case resp.StatusCode >= 300:
		return fmt.Errorf("%s %s: %s: %.500s", method, path, resp.Status, answer)
	case result == nil:
		return nil
	}
	return json.Unmarshal(answer, result)
}

const (
	devicesPath     = "/v2.0/gw/gateway_devices"
	gatewaysPath    = "/v2.0/l2-gateways"
	connectionsPath = "/v2.0/l2-gateway-connections"
	networksPath    = "/v2.0/networks"
)

type object map[string]any

// create makes one object and returns its id.
func (d *daemon) create(path, kind string, attributes object) (string, error) {
	var answer map[string]struct{ ID string }
	if err := d.do(http.MethodPost, path, object{kind: attributes}, &answer); err != nil {
		return "", err
	}
	return answer[kind].ID, nil
}

func (d *daemon) createNetwork(id string, vni int) error {
	_, err := d.create(networksPath, "network", object{"id": id, "name": id, "provider:segmentation_id": vni})
	return err
}

func (d *daemon) register(name, tunnelIP string, s *server) (string, error) {
	return d.create(devicesPath, "gateway_device", object{
		"name": name, "management_ip": "127.0.0.1", "management_port": s.port, "tunnel_ips": []string{tunnelIP},
	})
}

// createGateway makes an L2 gateway of one port of a switch.
func (d *daemon) createGateway(device, port string, vlans ...int) (string, error) {
	iface := object{"name": port}
	if len(vlans) > 0 {
		iface["segmentation_id"] = vlans
	}
	return d.create(gatewaysPath, "l2_gateway", object{
		"name": device, "tenant_id": "default", "devices": []object{{"device_name": device, "interfaces": []object{iface}}},
	})
}

func (d *daemon) connect(gateway, network string, vlan int) (string, error) {
	attributes := object{"l2_gateway_id": gateway, "network_id": network}
	if vlan != 0 {
		attributes["segmentation_id"] = vlan
	}
	return d.create(connectionsPath, "l2_gateway_connection", attributes)
}

func (d *daemon) remove(paths ...string) error {
	for _, p := range paths {
		if err := d.do(http.MethodDelete, p, nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// inSync waits until all of n registered devices, or the one given, are.
func (d *daemon) inSync(n int, query string) error {
	var last []byte
	err := poll(pollEvery+time.Duration(n-1)*pollMore, func() (bool, error) {
		var answer struct {
			Devices []struct{ Status string } `json:"gateway_devices"`
		}
		if err := d.do(http.MethodGet, devicesPath+"?fields=status"+query, nil, &answer); err != nil {
			return false, err
		}
		ready := 0
		for _, dev := range answer.Devices {
			if dev.Status == "IN_SYNC" {
				ready++
			}
		}
		last = fmt.Appendf(nil, "%d of %d devices are in sync", ready, n)
		return ready == n, nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", last, err)
	}
	return nil
}

// Asking for the status so seldom costs the daemon about a hundredth of a core.
const (
	pollEvery = 10 * time.Millisecond
	pollMore  = 400 * time.Microsecond // for each device more
)
