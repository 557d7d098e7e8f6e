package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// borderVNI is what the sites have agreed on.
const borderVNI = "7000"

// border joins a network to another site, of whose switch the controller knows the address and a host behind it.
func (d *demo) border(ctx context.Context) error {
	return d.each(ctx,
		[]string{"network", "create", "net3"},
		[]string{"gateway", "create", "bgw", "--device", "device_id=sw2,segmentation_id=" + borderVNI},
		[]string{"connection", "create", "bgw", "net3"},
		[]string{"mac", "create", "sw2", "--mac-address", d.lab.Host("u3").MAC,
			"--vtep-address", d.lab.Switch("far").TunnelIP().String(), "--segmentation-id", borderVNI},
		[]string{"gateway", "create", "gw3", "--device", "name=sw1,interface_names=p2|200"},
		[]string{"connection", "create", "gw3", "net3"},
		[]string{"wait", "--for=Programmed", "--timeout", "30s"})
}

func (d *demo) borderTables(ctx context.Context) error {
	var network struct {
		ID string `json:"id"`
	}
	if err := d.quiet(ctx, &network, "network", "show", "net3"); err != nil {
		return err
	}
	for _, s := range d.both() {
		key, err := d.vtepCtl(ctx, s, "get", "Logical_Switch", network.ID, "tunnel_key")
		if err != nil {
			return err
		}
		if !slices.Equal(key, []string{borderVNI}) {
			return fmt.Errorf("tunnel key of net3 on %s is %v, want %s", s.Name, key, borderVNI)
		}
		macs, err := d.vtepCtl(ctx, s, "list-remote-macs", network.ID)
		if err != nil {
			return err
		}
		for _, want := range []string{d.lab.Host("u3").MAC, "unknown-dst"} {
			if !slices.Contains(macs, want) {
				return fmt.Errorf("%s does not send %s to the other site", s.Name, want)
			}
		}
	}
	return nil
}

// borderPing does by hand what the other site's own controller would, and pings from here to there.
func (d *demo) borderPing(ctx context.Context) error {
	far := d.lab.Switch("far")
	_, err := d.vtepCtl(ctx, far, "add-ls", "net3", "--", "set", "Logical_Switch", "net3", "tunnel_key="+borderVNI,
		"--", "add-mcast-remote", "net3", "unknown-dst", d.lab.Switch("sw1").TunnelIP().String(),
		"--", "bind-ls", far.Name, "p2", "200", "net3")
	if err != nil {
		return err
	}
	return d.ping(ctx, "u1", "u3", far)
}

// remove deletes what the steps before it created and sees the switches come clean.
func (d *demo) remove(ctx context.Context) error {
	var connections []struct {
		ID string `json:"id"`
	}
	if err := d.quiet(ctx, &connections, "connection", "list"); err != nil {
		return err
	}
	args := []string{"connection", "delete"}
	for _, c := range connections {
		args = append(args, c.ID)
	}
	if _, err := d.sh(ctx, "bordergw", args...); err != nil {
		return err
	}
	for _, s := range d.both() {
		err := until(ctx, func() error {
			names, err := s.VtepCtl(ctx, "list-ls")
			if err == nil && names != "" {
				err = fmt.Errorf("%s still has %s", s.Name, names)
			}
			return err
		})
		if err != nil {
			return err
		}
		if _, err := d.vtepCtl(ctx, s, "list-ls"); err != nil {
			return err
		}
	}
	return nil
}

// quiet asks bordergw for something without showing it, and reads the answer into v.
func (d *demo) quiet(ctx context.Context, v any, args ...string) error {
	quiet := console{out: io.Discard, bin: d.bin, env: d.env}
	out, err := quiet.sh(ctx, "bordergw", append(args, "-o", "json")...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(out), v); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return nil
}
