package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"bordergw/model"
	"bordergw/site"
)

// printPlan prints the changes, what is left, and the findings.
func printPlan(w io.Writer, title string, p *site.Plan) {
	if p.Changed() == 0 {
		fmt.Fprintf(w, "%s, nothing to do\n", title)
	} else {
		fmt.Fprintf(w, "%s, %s\n", title, counted(p.Changed(), "change"))
	}
	printChanges(w, p.Changes, func(c site.Change) bool { return c.Action != site.Left })
	if p.Changed() < len(p.Changes) {
		fmt.Fprintln(w, "not in the file, left:")
		printChanges(w, p.Changes, func(c site.Change) bool { return c.Action == site.Left })
	}
	printSwitches(w, p.Switches)
	if len(p.Findings) > 0 {
		fmt.Fprintln(w, "findings")
	}
	for _, f := range p.Findings {
		fmt.Fprintf(w, "  %s %s: %s\n", f.Code, f.Object, f.Message)
	}
	if p.Refused != nil {
		fmt.Fprintf(w, "it is refused: %s\n", p.Refused.Message)
	}
}

// shownOfSwitch is how many steps of a switch a table names.
const shownOfSwitch = 4

// printSwitches prints what would be written to switches.
func printSwitches(w io.Writer, switches []model.SwitchPreview) {
	if len(switches) == 0 {
		return
	}
	fmt.Fprintln(w, "switches")
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for i := range switches {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", switches[i].Name, switches[i].Status, stepsText(&switches[i]))
	}
	_ = table.Flush() // as fmt.Fprintln to the same writer
}

func stepsText(sw *model.SwitchPreview) string {
	switch {
	case sw.Status == model.SwitchIsNew:
		return "it is read when it has been registered, and then written"
	case !sw.Known:
		return "what it holds is not known; it is written when it is back"
	}
	parts := slices.Clone(sw.Steps[:min(len(sw.Steps), shownOfSwitch)])
	if more := sw.StepsTotal - len(parts); more > 0 {
		parts = append(parts, counted(more, "step")+" more")
	}
	if m := sw.MACs; m != (model.MACSteps{}) {
		text := fmt.Sprintf("macs +%d -%d", m.Add, m.Delete)
		if m.Move > 0 {
			text += fmt.Sprintf(", %d moved", m.Move)
		}
		parts = append(parts, text)
	}
	if sw.Floods > 0 {
		parts = append(parts, counted(sw.Floods, "flood list"))
	}
	if len(parts) == 0 {
		return "nothing can be written, see the findings"
	}
	return strings.Join(parts, "; ")
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func printChanges(w io.Writer, changes []site.Change, shown func(site.Change) bool) {
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, c := range changes {
		if !shown(c) {
			continue
		}
		line := fmt.Sprintf("  %s %s %s", c.Action.Sign(), c.Kind, c.Name)
		if fields := fieldsText(c); fields != "" {
			line += "\t" + fields
		}
		fmt.Fprintln(table, line)
	}
	_ = table.Flush() // as fmt.Fprintln to the same writer
}

// fieldsText shows the values of a new object, or how those of another change.
func fieldsText(c site.Change) string {
	parts := make([]string, len(c.Fields))
	for i, f := range c.Fields {
		if parts[i] = fmt.Sprintf("%s: %s -> %s", f.Name, firstOf(f.From, "-"), firstOf(f.To, "-")); c.Action == site.Create {
			parts[i] = f.Name + ": " + f.To
		}
	}
	return strings.Join(parts, ", ")
}
