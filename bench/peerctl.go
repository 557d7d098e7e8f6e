package main

import (
	"os"
	"time"
)

const vtepCtl = "vtep-ctl"

// ctlPush has one invocation of vtep-ctl add the MACs.
func ctlPush(s *server, rows int) (sample, error) {
	var r rowSet
	logical, _ := r.header(siteNetworks, nil)
	if err := s.transact(logical...); err != nil {
		return sample{}, err
	}
	_, ips := sourceIPs()
	args := []string{"--db=" + s.unix, "-vconsole:off", "-vsyslog:off"}
	for i := range rows {
		network := i % siteNetworks
		args = append(args, "--", "add-ucast-remote", networkName(network), macOf(network, i/siteNetworks), ips[i%len(ips)])
	}
	cmd := command(vtepCtl, args...)
	cmd.Stderr = os.Stderr
	began, before := time.Now(), s.cpu()
	if err := cmd.Run(); err != nil {
		return sample{}, err
	}
	used := cmd.ProcessState
	return sample{wall: time.Since(began), server: s.cpu() - before, cpu: used.UserTime() + used.SystemTime(), memory: maxRSS(used)}, nil
}
