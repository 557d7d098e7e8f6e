package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

//go:embed neutron_api.py
var neutronProgram []byte

// startNeutron runs Neutron's API with networking-l2gw's plugin.
func (b *bench) startNeutron() (*daemon, error) {
	dir, err := os.MkdirTemp(b.dir, "n")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "neutron_api.py")
	if err := os.WriteFile(file, neutronProgram, 0o600); err != nil {
		return nil, err
	}
	n := &daemon{process: process{command(systemPython, file, dir)}, dir: dir}
	out, err := n.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := n.Start(); err != nil {
		return nil, err
	}
	b.daemons = append(b.daemons, n)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			n.url = url
			return n, nil
		}
	}
	return nil, fmt.Errorf("%s does not come up; is python3-networking-l2gw installed?", neutron)
}
