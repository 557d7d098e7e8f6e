package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"bordergw/internal/lab"
)

// demo is one run of it.
type demo struct {
	console
	lab    *lab.Lab
	frames bool // hosts are there and can ping
	dir    string
	port   int // of the controller's API; 0 is any
}

// step is a heading and what happens under it.
type step struct {
	title string
	do    func(context.Context) error
}

func (d *demo) run(ctx context.Context) (err error) {
	if err := d.steps(ctx, step{"Two switches, as they come from their maker, and one of another site", d.switches}); err != nil {
		return err
	}
	d.title("The controller")
	c, err := d.serve(ctx)
	if err != nil {
		return fmt.Errorf("the controller: %w", err)
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	steps := []step{
		{"The switches' databases, by address and port", d.devices},
		{"An L2 gateway: port p1 of both switches, untagged, in one network", d.untagged},
		{"Another: VLAN 100 of one switch and VLAN 200 of the other", d.tagged},
		{"All rows are in the switches", d.wait},
		{"What the switches hold", d.tables},
	}
	if d.frames {
		steps = append(steps, step{"Frames", d.pings})
	}
	steps = append(steps,
		step{"A border gateway: a registered device and a VNI, no interface", d.border},
		step{"What the switches hold of it", d.borderTables},
	)
	if d.frames {
		steps = append(steps, step{"Frames to the other site", d.borderPing})
	}
	steps = append(steps,
		step{"Taking it all away again", d.remove},
	)
	if err := d.steps(ctx, steps...); err != nil {
		return err
	}
	d.title("Done")
	return nil
}

func (d *demo) steps(ctx context.Context, steps ...step) error {
	for _, s := range steps {
		d.title("%s", s.title)
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.title, err)
		}
	}
	return nil
}

// each runs bordergw commands, given as words, one after the other.
func (d *demo) each(ctx context.Context, commands ...[]string) error {
	for _, args := range commands {
		if _, err := d.sh(ctx, "bordergw", args...); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) both() []*lab.Switch {
	return []*lab.Switch{d.lab.Switch("sw1"), d.lab.Switch("sw2")}
}

func (d *demo) switches(ctx context.Context) error {
	if err := d.lab.Up(ctx); err != nil {
		return err
	}
	for _, s := range append(d.both(), d.lab.Switch("far")) {
		fmt.Fprintf(d.out, "%s: tunnel IP %s, ports p1 and p2, hardware_vtep database at tcp:%s\n", s.Name, s.TunnelIP(), s.Endpoint())
	}
	return nil
}

func (d *demo) devices(ctx context.Context) error {
	for _, s := range d.both() {
		_, err := d.sh(ctx, "bordergw", "device", "create", "--name", s.Name,
			"--management-ip", s.Endpoint().Addr().String(), "--management-port", fmt.Sprint(s.Endpoint().Port()))
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) untagged(ctx context.Context) error {
	return d.each(ctx,
		[]string{"network", "create", "net1"},
		[]string{"gateway", "create", "gw1", "--device", "name=sw1,interface_names=p1", "--device", "name=sw2,interface_names=p1"},
		[]string{"connection", "create", "gw1", "net1", "--default-segmentation-id", "0"})
}

func (d *demo) tagged(ctx context.Context) error {
	return d.each(ctx,
		[]string{"network", "create", "net2"},
		[]string{"gateway", "create", "gw2", "--device", `name=sw1,interface_names=p2|100`, "--device", "name=sw2,interface_names=p2|200"},
		[]string{"connection", "create", "gw2", "net2"})
}

func (d *demo) wait(ctx context.Context) error {
	return d.each(ctx,
		[]string{"wait", "--for=Programmed", "--timeout", "30s"},
		[]string{"connection", "list"},
		[]string{"device", "list"})
}

func (d *demo) tables(ctx context.Context) error {
	for _, s := range d.both() {
		names, err := d.vtepCtl(ctx, s, "list-ls")
		if err != nil {
			return err
		}
		if len(names) != 2 {
			return fmt.Errorf("%s has %d logical switches, want 2", s.Name, len(names))
		}
		for _, port := range []string{"p1", "p2"} {
			if _, err := d.vtepCtl(ctx, s, "list-bindings", s.Name, port); err != nil {
				return err
			}
		}
		if err := d.remoteMACs(ctx, s, names); err != nil {
			return err
		}
	}
	return nil
}

// remoteMACs shows where a switch sends what is not its own.
func (d *demo) remoteMACs(ctx context.Context, s *lab.Switch, logicalSwitches []string) error {
	for _, name := range logicalSwitches {
		if _, err := d.vtepCtl(ctx, s, "list-remote-macs", name); err != nil {
			return err
		}
	}
	return nil
}

// vtepCtl asks a switch's database and returns the words of the answer.
func (d *demo) vtepCtl(ctx context.Context, s *lab.Switch, args ...string) ([]string, error) {
	out, err := d.sh(ctx, "vtep-ctl", append([]string{"--db=tcp:" + s.Endpoint().String()}, args...)...)
	return strings.Fields(out), err
}

func (d *demo) pings(ctx context.Context) error {
	for _, pair := range [][2]string{{"h1", "h2"}, {"t1", "u2"}} {
		if err := d.ping(ctx, pair[0], pair[1], d.lab.Switch("sw2")); err != nil {
			return err
		}
	}
	return nil
}

// ping shows a ping from a host of sw1, and the tunnel packets from sw1 to via that carried it.
func (d *demo) ping(ctx context.Context, from, to string, via *lab.Switch) error {
	// The emulator needs a few seconds to turn rows into flows.
	if err := d.lab.Ping(ctx, from, to); err != nil {
		return err
	}
	capture, err := d.lab.Capture(d.lab.Switch("sw1"))
	if err != nil {
		return err
	}
	_, err = d.sh(ctx, "ip", "netns", "exec", from, "ping", "-c", "3", "-i", "0.2", d.lab.Host(to).IP.String())
	packets, captureErr := capture.Stop()
	if err := errors.Join(err, captureErr); err != nil {
		return err
	}
	for _, p := range packets {
		if p.To == via.TunnelIP() {
			fmt.Fprintf(d.out, "seen between the switches: VXLAN from %s to %s, VNI %d\n", p.From, p.To, p.VNI)
			return nil
		}
	}
	return fmt.Errorf("%s reached %s, but not through a tunnel to %s", from, to, via.Name)
}
