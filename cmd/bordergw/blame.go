package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"bordergw/model"
)

// What is in the way of a request is said in names. The API's own texts are Neutron's, to the letter: clients match them.

// blamed adds to a refusal what is in the way. What can not be found out leaves it as it is.
func blamed(ctx context.Context, n *noun, api *client, err error, subject object) error {
	var refused *apiError
	if n.blame == nil || !errors.As(err, &refused) {
		return err
	}
	if text, failed := n.blame(ctx, api, refused, subject); failed == nil && text != "" {
		return fmt.Errorf("%w\n%s", err, model.Printable(text))
	}
	return err
}

// sent is a body as an answer would have it.
func sent(body map[string]any) object {
	out := object{}
	for key, value := range body {
		if text, err := json.Marshal(value); err == nil {
			out[key] = text
		}
	}
	return out
}

// blameConnectionsOf names the connections that keep an object, of a refusal of a type. They have the object's id as key.
func blameConnectionsOf(typ, key string) func(context.Context, *client, *apiError, object) (string, error) {
	return func(ctx context.Context, api *client, refused *apiError, subject object) (string, error) {
		if refused.Type != typ {
			return "", nil
		}
		n := connectionNoun()
		found, err := api.list(ctx, n.path, url.Values{key: {subject.text("id")}, "fields": n.identity()}, n.many)
		if err != nil || len(found) == 0 {
			return "", err
		}
		titles, err := newNames(api).titles(ctx, n, found)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("delete first: connection %s", inCell(titles, false)), nil
	}
}

// duplicated is Neutron's text on a VLAN of a port that another connection has, or that is bound on the switch.
var duplicated = regexp.MustCompile(`^Duplicate segmentation ID for the interface name=(.*) uuid=(\S+)`)

// blameConnection names the switch, the port, the VLAN, and who has it.
func blameConnection(ctx context.Context, api *client, refused *apiError, body object) (string, error) {
	m := duplicated.FindStringSubmatch(refused.Message)
	if refused.Type != "L2GatewayDuplicateSegmentationID" || m == nil {
		return "", nil
	}
	known, n := newNames(api), connectionNoun()
	if err := loadGateways(ctx, known); err != nil {
		return "", err
	}
	found, err := api.list(ctx, n.path, url.Values{"id": {m[2]}, "fields": append(n.identity(), "segmentation_id")}, n.many)
	if err != nil {
		return "", err
	}
	wanted := bindingsOf(known, body)
	if len(found) == 0 {
		return fmt.Sprintf("%s is bound to logical switch %s, which is unmanaged", boundText(wanted, wanted, m[1]), m[2]), nil
	}
	title, err := known.titleOf(ctx, n, found[0])
	return fmt.Sprintf("%s belongs to connection %s", boundText(wanted, bindingsOf(known, found[0]), m[1]), title), err
}

// bindingsOf are the VLANs of ports of a connection, as switch, port and VLAN.
func bindingsOf(known *names, connection object) (out [][3]string) {
	given := firstOf(plain(connection["segmentation_id"]), "0")
	for _, d := range devicesOf(known.get("gateway", connection.text("l2_gateway_id"))) {
		for _, i := range d.Interfaces {
			vlans := i.VLANs
			if len(vlans) == 0 {
				vlans = []string{given}
			}
			for _, vlan := range vlans {
				out = append(out, [3]string{d.switchName(known), i.Name, vlan})
			}
		}
	}
	return out
}

// boundText names the bindings of a port that two connections have.
func boundText(wanted, has [][3]string, port string) string {
	var texts []string
	for _, b := range wanted {
		if b[1] == port && slices.Contains(has, b) {
			texts = append(texts, fmt.Sprintf("%s of port %s of switch %s", vlanName(b[2]), b[1], b[0]))
		}
	}
	if len(texts) == 0 { // two names of one switch
		return "a VLAN of port " + port
	}
	return strings.Join(texts, ", ")
}

func vlanName(vlan string) string {
	if vlan == "0" {
		return "the untagged VLAN"
	}
	return "VLAN " + vlan
}
