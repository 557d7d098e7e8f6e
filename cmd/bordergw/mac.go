package main

// macNoun is a station behind a far tunnel end, told to one device.
func macNoun() noun {
	device := deviceNoun()
	return noun{
		word: "mac", one: "remote_mac_entry", many: "remote_mac_entries", path: "/remote_mac_entries", lookup: "mac_address",
		parent:  &device,
		columns: []string{"id", "mac_address", "vtep_address", "segmentation_id"},
		creates: []attribute{
			{flag: "mac-address", key: "mac_address", define: text, usage: "address of the station", required: true},
			{flag: "vtep-address", key: "vtep_address", define: text, usage: "tunnel address it is behind", required: true},
			{flag: "segmentation-id", key: "segmentation_id", define: number, usage: "VNI between the sites (also --vni)", required: true},
		},
	}
}
