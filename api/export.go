package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"

	"bordergw/model"
)

// maxImport bounds the body of an import, in bytes.
const maxImport = 64 << 20

// export sends a model.Export. Older programs refuse the words that are left out where
// there is nothing.
func export(c *call) (reply, error) {
	d := c.defs
	out := stream{
		{"format", model.ExportFormat},
		{"networks", yielded(d.Networks.All())},
		{"gateway_devices", yielded(d.ExportedDevices())},
		{"l2_gateways", yielded(d.Gateways.All())},
		{"l2_gateway_connections", yielded(d.Connections.All())},
		{"quotas", yielded(d.Quotas.All())},
	}
	if d.Released.Len() > 0 {
		out = append(out, member{"released", yielded(d.Released.All())})
	}
	if d.Endpoints.Len() > 0 {
		out = append(out, member{"endpoints", yielded(d.ExportedEndpoints())})
	}
	return ok(out)
}

// importAll takes what export gave, into an empty store.
func importAll(c *call) (reply, error) {
	data, err := c.body.bytes(maxImport)
	if err != nil {
		return reply{}, err
	}
	e, err := decodeExport(data)
	if err != nil {
		return reply{}, err
	}
	if err := recheckAll(e); err != nil {
		return reply{}, err
	}
	if err := c.cfg.Store.Import(c.r.Context(), e); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, nil
}

func decodeExport(data []byte) (*model.Export, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	e := &model.Export{}
	switch err := d.Decode(e); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, model.ErrBadRequest("Invalid input for import. Reason: the body ends before it is complete.")
	case err != nil:
		return nil, model.ErrBadRequest("Invalid input for import. Reason: %s.", printed(model.Plain(err).Error()))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errMalformedBody()
	}
	return e, nil
}

// recheckAll checks every value as if it came in a POST. The store checks the
// rules between records.
func recheckAll(e *model.Export) error {
	views := make([]deviceView, 0, len(e.GatewayDevices))
	var macs []macView
	for _, d := range e.GatewayDevices {
		if d == nil {
			return errNullRecord
		}
		views = append(views, deviceView{GatewayDevice: &d.GatewayDevice})
		for i := range d.RemoteMACs {
			macs = append(macs, macView{&d.RemoteMACs[i], d.ProjectID})
		}
	}
	joined := make([]*connectionView, 0, len(e.Connections))
	for _, x := range e.Connections {
		if x == nil {
			return errNullRecord
		}
		joined = append(joined, &connectionView{L2GatewayConnection: x, asked: new(model.ConnectionStatus)})
	}
	if slices.Contains(e.Networks, nil) || slices.Contains(e.L2Gateways, nil) || slices.Contains(e.Endpoints, nil) {
		return errNullRecord
	}
	for _, set := range e.Endpoints {
		if err := recheckEndpoints(set); err != nil {
			return err
		}
	}
	return errors.Join(recheck(networks(), e.Networks), recheck(gatewayDevices(), views), recheck(remoteMACs(), macs),
		recheck(l2Gateways(), e.L2Gateways), recheck(connections(), joined))
}

var errNullRecord = model.ErrBadRequest("Invalid input for import. Reason: a record is null.")

func recheck[T record](r *resource[T], list []T) error {
	for _, v := range list {
		if _, err := parseID(v.Meta().ID); err != nil {
			return inputError("id", err)
		}
		if err := r.attrs.recheck(v); err != nil {
			return err
		}
	}
	return nil
}

// asDecoded gives a value the form of a decoded body. Most are plain, and have it as they are.
func asDecoded(v any) (any, error) {
	switch x := v.(type) {
	case nil, bool:
		return x, nil
	case int:
		return json.Number(strconv.Itoa(x)), nil
	case string:
		if utf8.ValidString(x) {
			return x, nil
		}
	}
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return decode(data)
}
