package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

const (
	writerByNetwork = "networking-l2gw writer, a network at a time"
	writerByMAC     = "networking-l2gw writer, a MAC at a time"
	// systemPython has Debian's packages.
	systemPython = "/usr/bin/python3"
)

//go:embed l2gw_writer.py
var writerProgram []byte

// writerWork is what the writer is to do.
type writerWork struct {
	Mode     string            `json:"mode"`
	TCP      int               `json:"tcp"`
	Port     string            `json:"port"`
	Locators map[string]string `json:"locators"`
	Networks []writerNetwork   `json:"networks"`
}

type writerNetwork struct {
	ID   string      `json:"id"`
	Name string      `json:"name"`
	VNI  int         `json:"vni"`
	VLAN int         `json:"vlan"`
	MACs [][2]string `json:"macs"` // MAC, tunnel end
}

// writerPush has networking-l2gw's agent write a new switch's rows.
func writerPush(mode string) func(s *server, rows int) (sample, error) {
	return func(s *server, rows int) (sample, error) {
		work, err := newWriterWork(s, mode, rows)
		if err != nil {
			return sample{}, err
		}
		text, err := json.Marshal(work)
		if err != nil {
			return sample{}, err
		}
		file := filepath.Join(s.dir, "l2gw_writer.py")
		if err := os.WriteFile(file, writerProgram, 0o600); err != nil {
			return sample{}, err
		}
		f, err := startSpeaker(string(text), systemPython, file)
		if err != nil {
			return sample{}, err
		}
		return f.run(s)
	}
}

// newWriterWork prepares the database: networking-l2gw knows the ids of locators,
// and for a port event that of the logical switch, from its mirror of it.
func newWriterWork(s *server, mode string, rows int) (*writerWork, error) {
	_, ips := sourceIPs()
	work := &writerWork{Mode: mode, TCP: s.port, Locators: map[string]string{}, Networks: make([]writerNetwork, siteNetworks)}
	ports, err := s.ids("Physical_Port", "[]")
	if err != nil {
		return nil, err
	}
	work.Port = ports[0]
	ops := standing(ips, work.Locators)
	for n := range work.Networks {
		work.Networks[n] = writerNetwork{Name: networkName(n), VNI: vniOf(n), VLAN: n + 1}
		if mode == "mac" {
			work.Networks[n].ID = newUUID()
			ops = append(ops, logicalSwitch(n, work.Networks[n].ID))
		}
	}
	for i := range rows {
		n := &work.Networks[i%siteNetworks]
		n.MACs = append(n.MACs, [2]string{macOf(i%siteNetworks, i/siteNetworks), ips[i%len(ips)]})
	}
	return work, s.transact(ops...)
}

// standing makes locators that something refers to.
func standing(ips []string, ids map[string]string) (ops []string) {
	list := ""
	for i, ip := range ips {
		ids[ip] = newUUID()
		ops = append(ops, locator(ip, ids[ip]))
		if i > 0 {
			list += ","
		}
		list += ref(ids[ip])
	}
	ls, set := newUUID(), newUUID()
	return append(ops, insert("Logical_Switch", ls, `"name":"standing"`),
		insert("Physical_Locator_Set", set, `"locators":["set",[`+list+`]]`),
		insert("Mcast_Macs_Remote", newUUID(), fmt.Sprintf(`"MAC":"unknown-dst","logical_switch":%s,"locator_set":%s`, ref(ls), ref(set))))
}
