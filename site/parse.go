package site

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"bordergw/model"
)

// Parse reads a site file; name is what messages call it. The error is a *Problems that
// says all that is wrong with it.
func Parse(name string, text []byte) (*File, error) {
	r := &reader{problems: Problems{File: name}}
	root := r.document(text)
	if root == nil {
		return nil, r.problems.orNil()
	}
	r.plain(root)
	f := r.file(root)
	if err := r.problems.orNil(); err != nil {
		return nil, err
	}
	f.sort()
	return f, nil
}

// reader reads one file and gathers what is wrong with it.
type reader struct {
	problems Problems
	objects  int
	// pending are the references that have been read.
	pending []reference
}

// refuse notes a problem at a node.
func (r *reader) refuse(at *yaml.Node, format string, args ...any) {
	r.problems.add(max(at.Line, 1), max(at.Column, 1), format, args...)
}

// document gives the root of the only document, nil if there is none.
func (r *reader) document(text []byte) *yaml.Node {
	switch line, column, is := notUTF8(text); {
	case len(text) > MaxSize:
		r.problems.add(1, 1, "the file has %d bytes, %d are allowed", len(text), MaxSize)
		return nil
	case is:
		r.problems.add(line, column, "this is not UTF-8")
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		r.problems.add(1, 1, "the file is empty: it needs the keys bordergw and site")
		return nil
	case err != nil:
		r.syntax(err, text)
		return nil
	}
	var second yaml.Node
	switch err := dec.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		r.syntax(err, text)
	default:
		r.refuse(&second, "a second document begins here, only one is allowed")
	}
	return doc.Content[0]
}

// notUTF8 finds the first byte that is no UTF-8.
func notUTF8(text []byte) (line, column int, found bool) {
	if utf8.Valid(text) {
		return 0, 0, false
	}
	at := 0
	for at < len(text) {
		c, size := utf8.DecodeRune(text[at:])
		if c == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	line, column = position(text, at)
	return line, column, true
}

// position is the line and column of a byte.
func position(text []byte, at int) (line, column int) {
	before := text[:at]
	return 1 + bytes.Count(before, []byte("\n")), at - bytes.LastIndexByte(before, '\n')
}

var (
	yamlError = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)$`)
	// parserError matches what the YAML package refuses above its scanner: it counts those
	// lines from 0.
	parserError   = regexp.MustCompile(`^did not find expected (<|node|'-'|key|',')`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// syntax notes what the YAML parser refuses. It names no column.
func (r *reader) syntax(err error, text []byte) {
	m := yamlError.FindStringSubmatch(strings.SplitN(model.Plain(err).Error(), "\n", 2)[0])
	if alias := unknownAnchor.FindStringSubmatch(m[2]); alias != nil {
		line, column := position(text, max(0, bytes.Index(text, []byte("*"+alias[1]))))
		r.problems.add(line, column, "aliases (*%s) are not allowed", clip(alias[1]))
		return
	}
	line, err := strconv.Atoi(m[1])
	if err == nil && parserError.MatchString(m[2]) {
		line++
	}
	r.problems.add(max(line, 1), 1, "this is not YAML: %s", m[2])
}

// plain refuses what would let a file mean something else than it shows.
func (r *reader) plain(n *yaml.Node) {
	switch {
	case n.Kind == yaml.AliasNode:
		r.refuse(n, "aliases (*%s) are not allowed", clip(n.Value))
		return
	case n.Anchor != "":
		r.refuse(n, "anchors (&%s) are not allowed", clip(n.Anchor))
	case n.Style&yaml.TaggedStyle != 0:
		r.refuse(n, "tags (%s) are not allowed", clip(n.Tag))
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && isMerge(child) {
			r.refuse(child, "merge keys (<<) are not allowed")
		}
		r.plain(child)
	}
}

func isMerge(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && key.Value == "<<" && key.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0
}

var siteName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// file reads the root.
func (r *reader) file(root *yaml.Node) *File {
	f := &File{Origin: r.problems.File, Project: defaultProject}
	var switches, networks, gateways, connections *yaml.Node
	found := r.mapping(root, "the file", keys{
		"bordergw":    r.form,
		"site":        func(v *yaml.Node) { f.Site, f.SiteLine = r.siteName(v), v.Line },
		"project":     func(v *yaml.Node) { f.Project = r.word(v, "project") },
		"switches":    func(v *yaml.Node) { switches = v },
		"networks":    func(v *yaml.Node) { networks = v },
		"gateways":    func(v *yaml.Node) { gateways = v },
		"connections": func(v *yaml.Node) { connections = v },
	})
	for _, key := range []string{"bordergw", "site"} {
		if root.Kind == yaml.MappingNode && found[key] == nil {
			r.refuse(root, "the key %s is missing", key)
		}
	}
	// Objects need the file's project.
	f.Switches = section(r, switches, "switches", f.Project, r.readSwitch)
	f.Networks = section(r, networks, "networks", f.Project, r.readNetwork)
	f.Gateways = section(r, gateways, "gateways", f.Project, r.readGateway)
	r.readConnections(connections, f)
	r.resolve(f)
	return f
}

func (r *reader) form(v *yaml.Node) {
	if n, ok := r.number(v, "bordergw", 0, 1<<31); ok && n != Form {
		r.refuse(v, "form %d is not known, %d is", n, Form)
	}
}

func (r *reader) siteName(v *yaml.Node) string {
	s := r.word(v, "site")
	if s != "" && !siteName.MatchString(s) {
		r.refuse(v, "site: %q is not a name of up to 63 letters a-z, digits and '-'", clip(s))
	}
	return s
}
