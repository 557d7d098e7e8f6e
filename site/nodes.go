package site

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxText bounds texts as the API does, in characters.
const maxText = 255

// keys says how the value of each key of a mapping is read.
type keys map[string]func(value *yaml.Node)

// entries yields the keys and values of a mapping, each key once. Null is an empty one.
func (r *reader) entries(n *yaml.Node, what string, each func(key, value *yaml.Node)) {
	if n == nil || isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.refuse(n, "%s: a mapping of keys to values is expected, not %s", what, kindOf(n))
		return
	}
	first := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch line, twice := first[key.Value]; {
		case key.Kind == yaml.AliasNode || isMerge(key): // refused already
		case key.Kind != yaml.ScalarNode:
			r.refuse(key, "%s: a key is expected, not %s", what, kindOf(key))
		case twice:
			r.refuse(key, "%s: the key %s is given twice, first in line %d", what, clip(key.Value), line)
		default:
			first[key.Value] = key.Line
			each(key, n.Content[i+1])
		}
	}
}

// mapping reads a mapping that has these keys only, and gives the nodes of those that are
// there.
func (r *reader) mapping(n *yaml.Node, what string, of keys) map[string]*yaml.Node {
	found := map[string]*yaml.Node{}
	r.entries(n, what, func(key, value *yaml.Node) {
		read, known := of[key.Value]
		if !known {
			r.refuse(key, "%s: unknown key %s; known are %s", what, clip(key.Value), strings.Join(sortedKeys(of), ", "))
			return
		}
		found[key.Value] = key
		read(value)
	})
	return found
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// list gives the elements of a list.
func (r *reader) list(n *yaml.Node, what string) []*yaml.Node {
	switch {
	case n == nil || isNull(n):
		return nil
	case n.Kind != yaml.SequenceNode:
		r.refuse(n, "%s: a list is expected, not %s", what, kindOf(n))
		return nil
	}
	return n.Content
}

// text reads a scalar as a text, whatever YAML takes it for.
func (r *reader) text(n *yaml.Node, what string) (string, bool) {
	switch {
	case n.Kind != yaml.ScalarNode || isNull(n):
		r.refuse(n, "%s: a text is expected, not %s", what, kindOf(n))
		return "", false
	case utf8.RuneCountInString(n.Value) > maxText:
		r.refuse(n, "%s: %q is longer than %d characters", what, clip(n.Value), maxText)
		return "", false
	case strings.ContainsFunc(n.Value, unicode.IsControl):
		r.refuse(n, "%s: %q has control characters", what, clip(n.Value))
		return "", false
	}
	return n.Value, true
}

// word reads a text that is not empty; it gives "" after a problem.
func (r *reader) word(n *yaml.Node, what string) string {
	s, ok := r.text(n, what)
	if ok && s == "" {
		r.refuse(n, "%s: it is empty", what)
	}
	return s
}

// oneOf reads one of some words.
func oneOf[S ~string](r *reader, n *yaml.Node, what string, valid ...S) S {
	s := r.word(n, what)
	if s != "" && !slices.Contains(valid, S(s)) {
		r.refuse(n, "%s: %q is not one of %s", what, clip(s), joined(valid))
		return ""
	}
	return S(s)
}

func joined[S ~string](list []S) string {
	var out []string
	for _, s := range list {
		out = append(out, string(s))
	}
	return strings.Join(out, ", ")
}

// boolean reads true or false and no other of YAML's words.
func (r *reader) boolean(n *yaml.Node, what string) bool {
	if n.Kind != yaml.ScalarNode || n.Style != 0 || n.Value != "true" && n.Value != "false" {
		r.refuse(n, "%s: true or false is expected, not %s", what, valueOf(n))
	}
	return n.Value == "true"
}

// number reads a decimal number without leading zeros: YAML takes 0100 for 64.
func (r *reader) number(n *yaml.Node, what string, low, high uint64) (uint64, bool) {
	if n.Kind != yaml.ScalarNode || n.Style != 0 || !isDecimal(n.Value) {
		r.refuse(n, "%s: a decimal number without leading zeros is expected, not %s", what, valueOf(n))
		return 0, false
	}
	v, err := strconv.ParseUint(n.Value, 10, 63)
	if err != nil || v < low || v > high {
		r.refuse(n, "%s: %s is not in %d..%d", what, clip(n.Value), low, high)
		return 0, false
	}
	return v, true
}

func isDecimal(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == "" && (s[0] != '0' || s == "0")
}

// isNull reports whether nothing was given: KEY: and a line end, ~ or null.
func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Style == 0 && n.Value == ""
}

// kindOf names what stands there.
func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.AliasNode:
		return "an alias"
	case isNull(n):
		return "nothing"
	}
	return "a text"
}

// valueOf shows what stands there.
func valueOf(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		return kindOf(n)
	}
	return strconv.Quote(clip(n.Value))
}

// clip bounds a text in a message.
func clip(s string) string {
	const most = 64
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
