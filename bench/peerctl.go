package main

import (
	"fmt"
	"os"
	"time"
)

const vtepCtl = "vtep-ctl"

// ctl has one invocation of vtep-ctl add the MACs: 1,000 each run, and 10,000
// once, which takes minutes.
func ctl(b *bench) error {
	for i := range b.runs {
		if err := b.ctlPush(1_000); err != nil {
			return err
		}
		if i == 0 && !b.smoke {
			if err := b.ctlPush(10_000); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) ctlPush(rows int) error {
	s, err := b.target("dst", tunnelIP(1000))
	if err != nil {
		return err
	}
	defer b.stop(s)
	var r rowSet
	logical, _ := r.header(siteNetworks, nil)
	if err := s.transact(logical...); err != nil {
		return err
	}
	_, ips := sourceIPs()
	args := []string{"--db=" + s.unix(), "-vconsole:off", "-vsyslog:off"}
	for i := range rows {
		network := i % siteNetworks
		args = append(args, "--", "add-ucast-remote", networkName(network), macOf(network, i/siteNetworks), ips[i%len(ips)])
	}
	cmd := command(vtepCtl, args...)
	cmd.Stderr = os.Stderr
	began, before := time.Now(), s.cpu()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", vtepCtl, err)
	}
	got := sample{wall: time.Since(began), server: s.cpu() - before, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), memory: maxRSS(cmd.ProcessState)}
	b.add(workPush, rows, vtepCtl, got)
	return s.holds(rows)
}
