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
	// minPrefix is the number of hexadecimal digits that the beginning of an id needs.
	minPrefix = 4
	// maxSplits bounds the ways in which GATEWAY/NETWORK is read if names have slashes.
	maxSplits = 8
)

// resolve turns a name, an id, or the beginning of one, into an id.
func (c *client) resolve(ctx context.Context, n *noun, collection, ref string) (string, error) {
	found, err := c.find(ctx, n, collection, ref)
	return found.text("id"), err
}

// find gives the id, and fields beside it, of what a name or an id stands for. An id is
// preferred to a name, and a name to the beginning of an id.
func (c *client) find(ctx context.Context, n *noun, collection, ref string, fields ...string) (object, error) {
	ref = strings.TrimPrefix(ref, idPrefix)
	if ref == "" {
		return nil, usagef("the id or name of a %s is empty", n.word)
	}
	fields = append([]string{"id"}, fields...)
	if n.pair && strings.Contains(ref, "/") {
		return c.findPair(ctx, n, ref, fields)
	}
	for _, key := range []string{"id", n.lookup} {
		if key == "" {
			continue
		}
		found, err := c.list(ctx, collection, url.Values{key: {ref}, "fields": fields}, n.many)
		if err != nil {
			return nil, err
		}
		switch len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return nil, ambiguous(n.word, ref, idsOf(found))
		}
	}
	return c.guess(ctx, n, collection, ref, fields)
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
	var begun []object
	if isBeginning(ref) {
		begun = slices.DeleteFunc(slices.Clone(all), func(o object) bool { return !strings.HasPrefix(o.text("id"), strings.ToLower(ref)) })
	}
	if len(begun) == 1 {
		return begun[0], nil
	}
	known := newNames(c)
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
	gateway, network, err := c.pair(ctx, ref)
	if err != nil {
		return nil, err
	}
	found, err := c.list(ctx, n.path, url.Values{"l2_gateway_id": {gateway}, "network_id": {network}, "fields": fields}, n.many)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, fmt.Errorf("no %s %q: that gateway does not have that network", n.word, ref)
	case len(found) > 1:
		return nil, ambiguous(n.word, ref, idsOf(found))
	}
	return found[0], nil
}

// pair reads GATEWAY/NETWORK. Names may have slashes: the first reading is taken that names both.
func (c *client) pair(ctx context.Context, ref string) (gateway, network string, err error) {
	var first error
	for at, tries := strings.Index(ref, "/"), 0; at >= 0 && tries < maxSplits; tries++ {
		if gateway, network, err = c.ends(ctx, ref[:at], ref[at+1:]); err == nil {
			return gateway, network, nil
		}
		if first == nil {
			first = err
		}
		next := strings.Index(ref[at+1:], "/")
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return "", "", first
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
