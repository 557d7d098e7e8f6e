package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

const deviceUsage = `name=SWITCH,interface_names="PORT|VLAN#VLAN;PORT", or for a border gateway device_id=DEVICE,segmentation_id=VNI (repeatable)`

// deviceSpec is a device of a gateway, as the API spells it.
type deviceSpec struct {
	DeviceName     string          `json:"device_name,omitempty"`
	DeviceID       string          `json:"device_id,omitempty"`
	SegmentationID string          `json:"segmentation_id,omitempty"`
	Interfaces     []interfaceSpec `json:"interfaces,omitempty"`
}

type interfaceSpec struct {
	Name  string   `json:"name"`
	VLANs []string `json:"segmentation_id,omitempty"`
	// ProvisionAhead is set by a flag of its own, see resolveDevices.
	ProvisionAhead bool `json:"provision_ahead,omitempty"`
}

// deviceSpecs collects the --device flags of a command.
type deviceSpecs []deviceSpec

func devices(fs *pflag.FlagSet, name, usage string) { fs.Var(&deviceSpecs{}, name, usage) }

func (d *deviceSpecs) Set(s string) error {
	spec, err := parseDevice(s)
	if err != nil {
		return err
	}
	*d = append(*d, spec)
	return nil
}

func (d *deviceSpecs) String() string {
	words := make([]string, len(*d))
	for i, spec := range *d {
		words[i] = spec.String()
	}
	return strings.Join(words, " ")
}

func (d *deviceSpecs) Type() string { return "device" }

// parseDevice reads the syntax of the upstream clients: key=value pairs joined
// by commas, where a value may stand in double quotes to hold commas. What the
// values mean is for the API to check.
func parseDevice(s string) (deviceSpec, error) {
	var d deviceSpec
	seen := map[string]bool{}
	for len(s) > 0 {
		key, value, rest, err := cutPair(s)
		if err != nil {
			return d, err
		}
		s = rest
		key = canonicalDeviceKey(key)
		if seen[key] {
			return d, fmt.Errorf("%s is given twice", key)
		}
		seen[key] = true
		if err := d.set(key, value); err != nil {
			return d, err
		}
	}
	if (d.DeviceName == "") == (d.DeviceID == "") {
		return d, errors.New("either name or device_id is needed")
	}
	return d, nil
}

// cutPair takes the first key=value off s, and the comma behind it.
func cutPair(s string) (key, value, rest string, err error) {
	key, value, found := strings.Cut(s, "=")
	if !found {
		return "", "", "", fmt.Errorf("%q is not KEY=VALUE, such as name=SWITCH", s)
	}
	if quoted, ok := strings.CutPrefix(value, `"`); ok {
		if value, rest, found = strings.Cut(quoted, `"`); !found {
			return "", "", "", fmt.Errorf("the quotation of %s does not end", key)
		}
		if rest != "" && rest[0] != ',' {
			return "", "", "", fmt.Errorf("%q follows the quotation of %s", rest, key)
		}
		rest = strings.TrimPrefix(rest, ",")
	} else {
		value, rest, _ = strings.Cut(value, ",")
	}
	if value == "" || strings.Contains(value, `"`) {
		return "", "", "", fmt.Errorf("%s has the value %q", key, value)
	}
	return key, value, rest, nil
}

func canonicalDeviceKey(key string) string {
	switch key = strings.ReplaceAll(strings.TrimSpace(key), "-", "_"); key {
	case "device_name":
		return "name"
	case "segmentaion_id": // the spelling of an upstream client's help
		return "segmentation_id"
	}
	return key
}

func (d *deviceSpec) set(key, value string) (err error) {
	switch key {
	case "name":
		d.DeviceName = value
	case "device_id":
		d.DeviceID = value
	case "segmentation_id":
		d.SegmentationID = value
	case "interface_names":
		d.Interfaces, err = parseInterfaces(value)
	default:
		err = fmt.Errorf("unknown key %q, the keys are name, interface_names, device_id, segmentation_id", key)
	}
	return err
}

// parseInterfaces reads PORT|VLAN#VLAN;PORT.
func parseInterfaces(s string) ([]interfaceSpec, error) {
	var list []interfaceSpec
	for word := range strings.SplitSeq(s, ";") {
		name, vlans, tagged := strings.Cut(word, "|")
		i := interfaceSpec{Name: name}
		if tagged {
			i.VLANs = strings.Split(vlans, "#")
		}
		for _, v := range i.VLANs {
			if v == "" || strings.Contains(v, "|") {
				return nil, fmt.Errorf("interface %q is not PORT|VLAN#VLAN", word)
			}
		}
		if name == "" {
			return nil, fmt.Errorf("interface_names %q has an empty name", s)
		}
		list = append(list, i)
	}
	return list, nil
}

// String gives the text that parseDevice reads.
func (d deviceSpec) String() string {
	var words []string
	add := func(key, value string) {
		if value == "" {
			return
		}
		if strings.Contains(value, ",") {
			value = `"` + value + `"`
		}
		words = append(words, key+"="+value)
	}
	add("name", d.DeviceName)
	add("device_id", d.DeviceID)
	add("segmentation_id", d.SegmentationID)
	add("interface_names", formatInterfaces(d.Interfaces))
	return strings.Join(words, ",")
}

func formatInterfaces(list []interfaceSpec) string {
	words := make([]string, len(list))
	for i, e := range list {
		words[i] = e.Name
		if len(e.VLANs) > 0 {
			words[i] += "|" + strings.Join(e.VLANs, "#")
		}
	}
	return strings.Join(words, ";")
}
