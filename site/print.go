package site

import (
	"bytes"
	"fmt"
	"strings"
)

// Print is the canonical text of a file: equal files give equal bytes. It begins with one
// line of comment. It sorts the file's objects.
func Print(f *File) []byte {
	f.sort()
	p := &printer{project: f.Project}
	p.line(0, "# Site %s, as bordergw export prints it.", f.Site)
	p.line(0, "bordergw: %d", Form)
	p.line(0, "site: %s", scalar(f.Site))
	if f.Project != defaultProject {
		p.line(0, "project: %s", scalar(f.Project))
	}
	printSection(p, "switches", f.Switches, p.printSwitch)
	printSection(p, "networks", f.Networks, p.printNetwork)
	printSection(p, "gateways", f.Gateways, p.printGateway)
	if len(f.Connections) > 0 {
		p.line(0, "connections:")
	}
	for _, c := range f.Connections {
		p.line(1, "- %s", c.flowText())
	}
	return p.out.Bytes()
}

type printer struct {
	out     bytes.Buffer
	project string
}

// line prints one line at a depth.
func (p *printer) line(depth int, format string, args ...any) {
	p.out.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(&p.out, format, args...)
	p.out.WriteByte('\n')
}

// printSection prints the objects of one kind, each by its key.
func printSection[T named](p *printer, name string, list []T, body func(T)) {
	if len(list) > 0 {
		p.line(0, "%s:", name)
	}
	for _, o := range list {
		key := scalar(o.object().Key)
		begin, was := key+":", p.out.Len()
		if len(key) > maxSimpleKey {
			begin = "? " + key + "\n  :"
		}
		p.line(1, "%s", begin)
		start := p.out.Len()
		printAttributes(p, objectAttributes, o.object())
		if o.object().Project != p.project {
			p.line(2, "project: %s", scalar(o.object().Project))
		}
		if body(o); p.out.Len() == start { // it has no line of its own
			p.out.Truncate(was)
			p.line(1, "%s {}", begin)
		}
	}
}

// printAttributes prints those that are not left out.
func printAttributes[T any](p *printer, attributes []attribute[T], of T) {
	for _, a := range attributes {
		if text := a.text(of); text != "" {
			p.line(2, "%s: %s", a.key, text)
		}
	}
}

func (p *printer) printSwitch(s *Switch) {
	s.sort()
	printAttributes(p, switchAttributes, s)
	if len(s.RemoteMACs) > 0 {
		p.line(2, "remote_macs:")
	}
	for _, m := range s.RemoteMACs {
		p.line(3, "- %s", m.flowText())
	}
}

func (p *printer) printNetwork(n *Network) {
	n.sort()
	printAttributes(p, networkAttributes, n)
}

func (p *printer) printGateway(g *Gateway) {
	printAttributes(p, gatewayAttributes, g)
	p.line(2, "devices:")
	for i := range g.Devices {
		g.Devices[i].sort()
		for n, field := range g.Devices[i].fields() {
			if n == 0 {
				p.line(3, "- %s", field)
				continue
			}
			p.line(4, "%s", field)
		}
	}
}
