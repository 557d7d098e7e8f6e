package api

import (
	"encoding/json"
	"slices"
	"strconv"

	"bordergw/model"
)

// segmentationAliases are the spellings of segmentation_id in the border
// gateway's specification and in its client's help text.
var segmentationAliases = []string{"segmentation-id", "segmentaion_id"}

// deviceListFormat describes both forms of a device. Keys that nobody knows are
// accepted.
func deviceListFormat() format {
	list := func(s schema) schema { return schema{"type": "array", "minItems": 1, "items": s} }
	number := either(schema{"type": "integer"}, decimalText())
	withAliases := func(s schema, value schema) schema {
		for _, name := range append([]string{"segmentation_id"}, segmentationAliases...) {
			s[name] = value
		}
		return s
	}
	port := schema{"type": "object", "required": []string{"name"},
		"properties": withAliases(schema{"name": nameText.request, "provision_ahead": boolean.request}, list(number))}
	named := schema{"type": "object", "required": []string{"device_name", "interfaces"},
		"properties": schema{"device_name": nameText.request, "interfaces": list(port)}}
	border := schema{"type": "object", "required": []string{"device_id"},
		"properties": withAliases(schema{"device_id": nameText.request, "interfaces": either(schema{"type": "array", "items": port}, null())},
			either(number, null(), schema{"const": ""}))}
	return format{parseDevices, list(either(named, border)), schemaOf[[]shownDevice]()}
}

// deviceList is the canonical form of a gateway's devices.
type deviceList struct {
	devices []model.Device
	ignored []string // keys that were not understood
}

func parseDevices(v any) (any, error) {
	if falsy(v) {
		return nil, reason("Cannot create a gateway with an empty device list")
	}
	switch list := v.(type) {
	case []any:
		return parseDeviceList(list)
	case string, object:
		return nil, reason("devices format is not a type list of dicts")
	}
	return nil, errNotIterable
}

func parseDeviceList(list []any) (any, error) {
	out := deviceList{devices: make([]model.Device, 0, len(list))}
	for _, item := range list {
		in, isObject := item.(object)
		if !isObject {
			return nil, reasonf("'%s' is not a dictionary", printed(item))
		}
		d, err := out.parseDevice(in)
		if err != nil {
			return nil, err
		}
		out.devices = append(out.devices, d)
	}
	return out, nil
}

const errNotIterable = reason("validate_gwdevice_list: provided data are not iterable")

// parseDevice distinguishes the two forms by the key that names the device.
func (l *deviceList) parseDevice(in object) (model.Device, error) {
	_, hasID := in["device_id"]
	name, id := in["device_name"], in["device_id"]
	switch {
	case !falsy(name) && !falsy(id):
		return model.Device{}, reason("device_name and device_id exclude each other")
	case !falsy(name):
		return l.parseNamed(in)
	case !falsy(id):
		return l.parseBorder(in)
	case hasID:
		return model.Device{}, reason("Cannot create a gateway with an empty device_id")
	}
	return model.Device{}, reason("Cannot create a gateway with an empty device_name")
}

// parseNamed reads networking-l2gw's form. A segmentation id of the device is
// ignored there, and tempest sends one.
func (l *deviceList) parseNamed(in object) (d model.Device, err error) {
	l.ignore(in, "device_name", "interfaces")
	if d.DeviceName, err = stringValue(in["device_name"]); err != nil {
		return d, err
	}
	if falsy(in["interfaces"]) {
		return d, reason("Cannot create a gateway with an empty interfaces")
	}
	d.Interfaces, err = l.parseInterfaces(in["interfaces"])
	return d, err
}

// parseBorder reads the border gateway's form. Interfaces are optional.
func (l *deviceList) parseBorder(in object) (d model.Device, err error) {
	if err = foldAliases(in, "segmentation_id", segmentationAliases); err != nil {
		return d, err
	}
	l.ignore(in, "device_id", "segmentation_id", "interfaces")
	if d.DeviceID, err = stringValue(in["device_id"]); err != nil {
		return d, err
	}
	if seg := in["segmentation_id"]; seg != nil && seg != "" {
		n, err := segmentationNumber(seg, 1, int64(model.MaxVNI))
		if err != nil {
			return d, err
		}
		d.SegmentationID = model.VNI(n)
	}
	if !falsy(in["interfaces"]) {
		d.Interfaces, err = l.parseInterfaces(in["interfaces"])
	}
	return d, err
}

func (l *deviceList) parseInterfaces(v any) ([]model.Interface, error) {
	list, isList := v.([]any)
	if !isList {
		return nil, reason("interfaces format is not a type list of dicts")
	}
	out := make([]model.Interface, 0, len(list))
	for _, item := range list {
		in, isObject := item.(object)
		if !isObject {
			return nil, reason("interfaces format is not a type dict")
		}
		i, err := l.parseInterface(in)
		if err != nil {
			return nil, err
		}
		out = append(out, i)
	}
	return out, nil
}

func (l *deviceList) parseInterface(in object) (i model.Interface, err error) {
	if falsy(in["name"]) {
		return i, reason("Cannot create a gateway with an empty interface name")
	}
	if i.Name, err = stringValue(in["name"]); err != nil {
		return i, err
	}
	if err = foldAliases(in, "segmentation_id", segmentationAliases); err != nil {
		return i, err
	}
	l.ignore(in, "name", "segmentation_id", "provision_ahead")
	if ahead, present := in["provision_ahead"]; present {
		v, err := parseBool(ahead)
		if err != nil {
			return i, err
		}
		i.ProvisionAhead = v.(bool)
	}
	if seg, present := in["segmentation_id"]; present {
		i.VLANs, err = parseVLANs(seg)
	}
	return i, err
}

func parseVLANs(v any) ([]model.VLAN, error) {
	list, isList := v.([]any)
	switch {
	case falsy(v):
		return nil, reason("segmentation_id_list should not be empty")
	case !isList:
		return nil, reason("segmentation_id type should be of list type ")
	}
	out := make([]model.VLAN, 0, len(list))
	for _, item := range list {
		switch item.(type) {
		case string, bool, json.Number:
		default:
			return nil, errNotIterable
		}
		n, err := segmentationNumber(item, 0, int64(model.MaxVLAN))
		if err != nil {
			return nil, err
		}
		out = append(out, model.VLAN(n))
	}
	return out, nil
}

func (l *deviceList) ignore(in object, known ...string) {
	for name := range in {
		if !slices.Contains(known, name) {
			l.ignored = append(l.ignored, printed(name))
		}
	}
}

// shownDevice has the keys of both forms. A border device shows its VNI twice:
// as the string that networking-midonet answers, and as the number under the
// name of the border gateway's specification.
type shownDevice struct {
	DeviceName       string           `json:"device_name,omitempty"`
	DeviceID         string           `json:"device_id,omitempty"`
	ID               string           `json:"id,omitempty"`
	Interfaces       []shownInterface `json:"interfaces,omitempty"`
	SegmentationID   string           `json:"segmentation_id,omitempty"`
	SegmentationIDNo model.VNI        `json:"segmentation-id,omitempty"`
}

type shownInterface struct {
	SegmentationID []string `json:"segmentation_id"`
	Name           string   `json:"name"`
	// ProvisionAhead is ours, so that stock clients see it only where it is set.
	ProvisionAhead bool `json:"provision_ahead,omitempty"`
}

func showDevices(ds []model.Device) []shownDevice {
	out := make([]shownDevice, 0, len(ds))
	for _, d := range ds {
		s := shownDevice{DeviceName: d.DeviceName, DeviceID: d.DeviceID}
		if d.DeviceID == "" {
			s.ID = d.ID
		}
		if d.SegmentationID != 0 {
			s.SegmentationID, s.SegmentationIDNo = d.SegmentationID.String(), d.SegmentationID
		}
		for _, i := range d.Interfaces {
			s.Interfaces = append(s.Interfaces, shownInterface{showVLANs(i.VLANs), i.Name, i.ProvisionAhead})
		}
		out = append(out, s)
	}
	return out
}

// showVLANs shows an interface that has VLAN 0 only as one without, which is
// what 0 means to upstream on a gateway.
func showVLANs(vs []model.VLAN) []string {
	out := []string{}
	if !slices.ContainsFunc(vs, func(v model.VLAN) bool { return v > 0 }) {
		return out
	}
	for _, v := range vs {
		out = append(out, strconv.Itoa(int(v)))
	}
	return out
}

// storedDevices is a list of devices as a request has it.
func storedDevices(g *model.L2Gateway) any {
	out := []object{}
	for _, d := range g.Devices {
		in := object{}
		for name, value := range map[string]string{"device_name": d.DeviceName, "device_id": d.DeviceID} {
			if value != "" {
				in[name] = value
			}
		}
		if d.SegmentationID != 0 {
			in["segmentation_id"] = d.SegmentationID
		}
		var ports []object
		for _, i := range d.Interfaces {
			port := object{"name": i.Name}
			if len(i.VLANs) > 0 {
				port["segmentation_id"] = i.VLANs
			}
			if i.ProvisionAhead {
				port["provision_ahead"] = true
			}
			ports = append(ports, port)
		}
		in["interfaces"] = ports
		out = append(out, in)
	}
	return out
}
