package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseDevice(t *testing.T) {
	for text, want := range map[string]string{
		`name=sw1,interface_names="p1|100#200;p2"`: `{"device_name":"sw1","interfaces":[{"name":"p1","segmentation_id":["100","200"]},{"name":"p2"}]}`,
		`name=sw1,interface_names=p1|100#200;p2`:   `{"device_name":"sw1","interfaces":[{"name":"p1","segmentation_id":["100","200"]},{"name":"p2"}]}`,
		`interface_names="a,b;c",name="x,y"`:       `{"device_name":"x,y","interfaces":[{"name":"a,b"},{"name":"c"}]}`,
		`device_name=sw1,interface_names=Eth1/1:2`: `{"device_name":"sw1","interfaces":[{"name":"Eth1/1:2"}]}`,
		`device_id=926f,segmentation_id=7000`:      `{"device_id":"926f","segmentation_id":"7000"}`,
		`device_id=926f,segmentaion_id=7000`:       `{"device_id":"926f","segmentation_id":"7000"}`,
		`device-id=926f, segmentation-id=7000`:     `{"device_id":"926f","segmentation_id":"7000"}`,
		`device_id=926f`:                           `{"device_id":"926f"}`,
		`device_id=a,interface_names=p1`:           `{"device_id":"a","interfaces":[{"name":"p1"}]}`,
		`name=sw1`:                                 `{"device_name":"sw1"}`,
		`name=sw1,`:                                `{"device_name":"sw1"}`,
	} {
		got, err := parseDevice(text)
		require.NoError(t, err, text)
		body, err := json.Marshal(got)
		require.NoError(t, err)
		require.JSONEq(t, want, string(body), text)
	}
}

func TestParseDeviceRefuses(t *testing.T) {
	for text, want := range map[string]string{
		``:                                   `either name or device_id is needed`,
		`sw1`:                                `"sw1" is not KEY=VALUE, such as name=SWITCH`,
		`name=`:                              `name has the value ""`,
		`name=sw1,,`:                         `"," is not KEY=VALUE, such as name=SWITCH`,
		`name=a,name=b`:                      `name is given twice`,
		`name=a,device_name=b`:               `name is given twice`,
		`segmentation_id=1,segmentaion_id=2`: `segmentation_id is given twice`,
		`name=a,device_id=b`:                 `either name or device_id is needed`,
		`segmentation_id=7000`:               `either name or device_id is needed`,
		`name=a,vlan=5`:                      `unknown key "vlan", the keys are name, interface_names, device_id, segmentation_id`,
		`name=a,interface_names="p1`:         `the quotation of interface_names does not end`,
		`name=a,interface_names="p1"p2`:      `"p2" follows the quotation of interface_names`,
		`name=a"b`:                           `name has the value "a\"b"`,
		`name=a,interface_names=p1;`:         `interface_names "p1;" has an empty name`,
		`name=a,interface_names=|5`:          `interface_names "|5" has an empty name`,
		`name=a,interface_names=p1|`:         `interface "p1|" is not PORT|VLAN#VLAN`,
		`name=a,interface_names=p1|5#`:       `interface "p1|5#" is not PORT|VLAN#VLAN`,
		`name=a,interface_names=p1|5|6`:      `interface "p1|5|6" is not PORT|VLAN#VLAN`,
	} {
		_, err := parseDevice(text)
		require.EqualError(t, err, want, text)
	}
}

// What is printed can be given back.
func FuzzParseDevice(f *testing.F) {
	f.Add(`name=sw1,interface_names="p1|100#200;p2"`)
	f.Add(`device_id=926f,segmentaion_id=7000`)
	f.Add(`interface_names="a,b",name="x,y"`)
	f.Fuzz(func(t *testing.T, text string) {
		first, err := parseDevice(text)
		if err != nil {
			return
		}
		again, err := parseDevice(first.String())
		require.NoError(t, err, first.String())
		require.Equal(t, first, again)
	})
}
