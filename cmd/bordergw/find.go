package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"bordergw/model"
)

const (
	// minPrefix is the number of hexadecimal digits that the beginning of an id needs after "id:", minBare without: the
	// name of something that is gone, such as a VLAN's, must not stand for another object.
	minPrefix, minBare = 4, 8
	// maxSplits bounds the ways in which GATEWAY/NETWORK is read if names have slashes.
	maxSplits = 8
)

// resolve turns a name, an id, or the beginning of one, into an id.
func (c *client) resolve(ctx context.Context, n *noun, collection, ref string) (string, error) {
	found, err := c.find(ctx, n, collection, ref)
	return found.text("id"), err
}

// find gives the id, and fields beside it, of what a name or an id stands for. An id is
// preferred to a name, and a name to the beginning of an id. After "id:" it is no name. KIND/NAME, as -o name
// prints it, will also do.
func (c *client) find(ctx context.Context, n *noun, collection, ref string, fields ...string) (object, error) {
	if label, is := strings.CutPrefix(ref, n.word+"/"); is && labels(n, label) {
		if !n.pair { // a name may begin so
			found, err := c.exact(ctx, n, collection, ref, append([]string{"id"}, fields...), "id", n.lookup)
			if err != nil || found != nil {
				return found, err
			}
		}
		ref = label
	}
	id, isID := strings.CutPrefix(ref, idPrefix)
	if id == "" {
		return nil, usagef("the id or name of a %s is empty", n.word)
	}
	fields = append([]string{"id"}, fields...)
	keys := []string{"id", n.lookup}
	if isID {
		keys = keys[:1]
	} else if n.pair && strings.Contains(ref, "/") {
		return c.findPair(ctx, n, ref, fields)
	}
	if found, err := c.exact(ctx, n, collection, id, fields, keys...); err != nil || found != nil {
		return found, err
	}
	return c.guess(ctx, n, collection, ref, fields)
}

// exact is the object that has a value for the first of the keys that any has; nil if there is none.
func (c *client) exact(ctx context.Context, n *noun, collection, value string, fields []string, keys ...string) (object, error) {
	for _, key := range keys {
		if key == "" {
			continue
		}
		found, err := c.list(ctx, collection, url.Values{key: {value}, "fields": fields}, n.many)
		if err != nil {
			return nil, err
		}
		switch len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return nil, ambiguous(n.word, value, idsOf(found))
		}
	}
	return nil, nil
}

// labels reports whether a text can stand behind the kind's word and a slash, as -o name prints it. That of a connection is a gateway
// and a network, or an id: one slash alone is that of GATEWAY/NETWORK.
func labels(n *noun, label string) bool {
	return !n.pair || strings.Contains(label, "/") || strings.HasPrefix(label, idPrefix)
}

// guess takes a reference for the beginning of an id. Else its error says what may have been
// meant. It asks for the names of all objects, so it comes last.
func (c *client) guess(ctx context.Context, n *noun, collection, ref string, fields []string) (object, error) {
	for _, key := range n.identity() {
		if !slices.Contains(fields, key) {
			fields = append(fields, key)
		}
	}
	all, err := c.list(ctx, collection, url.Values{"fields": fields}, n.many)
	if err != nil {
		return nil, err
	}
	id, isID := strings.CutPrefix(ref, idPrefix)
	var begun []object
	if isBeginning(id) {
		begun = slices.DeleteFunc(slices.Clone(all), func(o object) bool { return !strings.HasPrefix(o.text("id"), strings.ToLower(id)) })
	}
	known := newNames(c)
	if len(begun) == 1 {
		if isID || len(strings.ReplaceAll(id, "-", "")) >= minBare {
			return begun[0], nil
		}
		titles, err := known.titles(ctx, *n, begun)
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("no %s %q; an id that begins so is that of %s: %s%s", n.word, ref, model.Printable(titles[0]), idPrefix, ref)
	}
	if len(begun) > 1 {
		titles, err := known.titles(ctx, *n, begun)
		if err != nil {
			return nil, err
		}
		return nil, ambiguous(n.word, ref, withTitles(idsOf(begun), titles))
	}
	titles, err := known.titles(ctx, *n, all)
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("no %s %q%s", n.word, ref, didYouMean(ref, titles))
}

// isBeginning reports whether a text may be the beginning of a UUID.
func isBeginning(ref string) bool {
	return len(strings.ReplaceAll(ref, "-", "")) >= minPrefix && strings.Trim(strings.ToLower(ref), "0123456789abcdef-") == ""
}

func withTitles(ids, titles []string) []string {
	for i, title := range titles {
		if !strings.HasPrefix(title, idPrefix) {
			ids[i] += " (" + model.Printable(title) + ")"
		}
	}
	return ids
}

// findPair finds the connection of a gateway and a network.
func (c *client) findPair(ctx context.Context, n *noun, ref string, fields []string) (object, error) {
	pairs, err := c.pairs(ctx, ref)
	if err != nil {
		return nil, err
	}
	var found []object
	for _, p := range pairs {
		of, err := c.list(ctx, n.path, url.Values{"l2_gateway_id": {p[0]}, "network_id": {p[1]}, "fields": fields}, n.many)
		if err != nil {
			return nil, err
		}
		found = append(found, of...)
	}
	switch {
	case len(found) == 0:
		return nil, fmt.Errorf("no %s %q: that gateway does not have that network", n.word, ref)
	case len(found) > 1:
		return nil, ambiguous(n.word, ref, idsOf(found))
	}
	return found[0], nil
}

// pair reads GATEWAY/NETWORK, of which there must be one reading.
func (c *client) pair(ctx context.Context, ref string) (gateway, network string, err error) {
	pairs, err := c.pairs(ctx, ref)
	switch {
	case err != nil:
		return "", "", err
	case len(pairs) > 1:
		return "", "", usagef("%q can be read as several pairs of a gateway and a network: use --gateway and --network", ref)
	}
	return pairs[0][0], pairs[0][1], nil
}

// pairs reads GATEWAY/NETWORK as ids. Names may have slashes: all readings that name both are given.
func (c *client) pairs(ctx context.Context, ref string) (out [][2]string, _ error) {
	var first error
	for at, tries := strings.Index(ref, "/"), 0; at >= 0 && tries < maxSplits; tries++ {
		gateway, network, err := c.ends(ctx, ref[:at], ref[at+1:])
		if err == nil {
			out = append(out, [2]string{gateway, network})
		} else if first == nil {
			first = err
		}
		next := strings.Index(ref[at+1:], "/")
		if next < 0 {
			break
		}
		at += 1 + next
	}
	if len(out) == 0 {
		return nil, first
	}
	return out, nil
}

// ends gives the ids of the two ends of a connection.
func (c *client) ends(ctx context.Context, gatewayRef, networkRef string) (gateway, network string, err error) {
	g, n := gatewayNoun(), networkNoun()
	if gateway, err = c.resolve(ctx, &g, g.path, gatewayRef); err != nil {
		return "", "", err
	}
	network, err = c.resolve(ctx, &n, n.path, networkRef)
	return gateway, network, err
}

// warnOfUnknown warns that KIND/NAME is the name of no object that stands, if nothing was found of it.
// Kinds that the API can not be asked for are left out.
func (c *client) warnOfUnknown(ctx context.Context, object string) {
	kind, ref, _ := strings.Cut(object, "/")
	n, err := nounCalled(kind)
	if err != nil || ref == "" {
		return
	}
	_, err = c.find(ctx, &n, n.path, ref)
	if err == nil || errors.As(err, new(*apiError)) {
		return
	}
	c.warn("nothing is known of %s: %s", object, err)
}

func idsOf(found []object) []string {
	ids := make([]string, len(found))
	for i, o := range found {
		ids[i] = o.text("id")
	}
	return ids
}

func ambiguous(word, ref string, ids []string) error {
	listed := strings.Join(ids[:min(len(ids), maxCandidates)], ", ")
	if more := len(ids) - maxCandidates; more > 0 {
		listed += fmt.Sprintf(" and %d more", more)
	}
	return errors.New(word + " " + ref + " is ambiguous, use an id: " + listed)
}
