package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bordergw/model"
)

// traceCommand follows frames between two hosts.
func traceCommand() *cobra.Command {
	flags, v := &clientFlags{}, &traceView{}
	c := &cobra.Command{
		Use: "trace HOST HOST", Short: "Follow frames between two hosts through what switches hold", Args: argsOfUse,
		Long: "Follow frames between two hosts, both ways, through the rows that switches hold now, and name the first row that is missing or wrong\n" +
			"and why. HOST is a MAC, an IPv4 address that a switch reports, or SWITCH:PORT[:VLAN]. Exit code 3: frames do not arrive one way, or\n" +
			"it is not known whether they do.",
		Example: "  bordergw trace --network blue 02:00:00:00:00:0a 02:00:00:00:00:0b\n  bordergw trace --network blue sw1:p1:10 02:00:00:00:00:0b",
	}
	fs := c.Flags()
	fs.StringVar(&v.network, "network", "", "network of this id or name; may be left out where both MACs are in one network only")
	v.form.bindForms(fs, "how to print the result", "table", "json", "yaml")
	c.RunE = flags.withClient(func(c *cobra.Command, api *client, args []string) error {
		v.out = c.OutOrStdout()
		return v.run(c.Context(), api, args)
	})
	flags.bind(fs)
	flags.completeFlag(c, "network", named(networkNoun))
	return c
}

// traceView prints a trace.
type traceView struct {
	out     io.Writer
	form    output
	network string
}

// run answers with no if frames do not arrive both ways.
func (v *traceView) run(ctx context.Context, api *client, hosts []string) error {
	q := url.Values{"from": {hosts[0]}, "to": {hosts[1]}}
	if v.network != "" {
		q.Set("network", v.network)
	}
	text, err := api.do(ctx, http.MethodGet, "/v1/trace?"+q.Encode(), "application/json", nil)
	if err != nil {
		return err
	}
	var found model.Trace
	if json.Unmarshal(text, &found) != nil {
		return api.unreadable()
	}
	if v.form.form == "table" {
		for i := range found.Directions {
			v.print(&found.Directions[i])
		}
	} else if err := v.form.text(v.out, text); err != nil {
		return err
	}
	if slices.ContainsFunc(found.Directions, func(d model.TraceDirection) bool {
		return d.Verdict != model.TraceReaches && d.Verdict != model.TraceFloods
	}) {
		return coded{errAnswered, exitNo}
	}
	return nil
}

func (v *traceView) print(d *model.TraceDirection) {
	verdict := d.Verdict
	if d.BreaksAt != nil {
		at := fmt.Sprintf(" at %d", *d.BreaksAt)
		if d.Verdict != model.TraceBreaks {
			at = fmt.Sprintf(" (see %d)", *d.BreaksAt)
		}
		verdict += at
	}
	fmt.Fprintf(v.out, "%s -> %s: %s\n", hostText(&d.From), hostText(&d.To), verdict)
	devices, checks := 0, 0
	for i := range d.Hops {
		devices, checks = max(devices, len(deviceText(&d.Hops[i]))), max(checks, len(d.Hops[i].Check))
	}
	for i := range d.Hops {
		h := &d.Hops[i]
		head := fmt.Sprintf("%3d %-*s  %-7s  %-*s  ", h.N, devices, deviceText(h), stateWord(h.State), checks, h.Check)
		fmt.Fprintln(v.out, head+model.Printable(h.Message))
		if h.Why != "" {
			fmt.Fprintln(v.out, strings.Repeat(" ", len(head))+"why: "+model.Printable(h.Why))
		}
	}
}

// stateWord is a state as the table shows it: what breaks something stands out.
func stateWord(state string) string {
	if state == model.HopMiss || state == model.HopWrong {
		return strings.ToUpper(state)
	}
	return state
}

func deviceText(h *model.TraceHop) string {
	if h.Device == nil {
		return "-"
	}
	return model.Printable(h.Device.Name)
}

func hostText(h *model.TraceHost) string {
	if h.Device == nil {
		return model.Printable(h.Name)
	}
	return model.Printable(fmt.Sprintf("%s (%s)", h.Name, h.Device.Name))
}
