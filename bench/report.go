package main

import "fmt"

func (b *bench) report(out string) error {
	for k := range b.results {
		m, _ := b.median(k.work, k.size, k.who)
		fmt.Printf("%-12s %7d %-12s wall %v cpu %v server %v mem %d MiB\n", k.work, k.size, k.who, m.wall, m.cpu, m.server, m.memory>>20)
	}
	return nil
}
