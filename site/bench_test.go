package site_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/site"
	"bordergw/store"
)

// large is a site of 500 switches and 5,000 connections.
func large() string {
	var b strings.Builder
	b.WriteString("bordergw: 1\nsite: dc1\nswitches:\n")
	for n := range 500 {
		fmt.Fprintf(&b, "  sw%d: {address: \"10.1.%d.%d:6640\"}\n", n, n/250, 1+n%250)
	}
	b.WriteString("networks:\n")
	for n := range 500 {
		fmt.Fprintf(&b, "  n%d: {}\n", n)
	}
	b.WriteString("gateways:\n")
	for n := range 500 {
		fmt.Fprintf(&b, "  g%d: {devices: [{switch: sw%d, ports: {p1: [], p2: []}}]}\n", n, n)
	}
	b.WriteString("connections:\n")
	for n := range 5000 {
		fmt.Fprintf(&b, "- {gateway: g%d, network: n%d, vlan: %d}\n", n/10, n%500, 1+n%4000)
	}
	return b.String()
}

// BenchmarkPlanNothing compares a site with an equal file.
func BenchmarkPlanNothing(b *testing.B) {
	text := []byte(large())
	s := appliedLarge(b, text)
	for b.Loop() {
		f, err := site.Parse("f", text)
		require.NoError(b, err)
		p, err := site.Compare(s.Definitions(), f, site.Options{})
		require.NoError(b, err)
		require.Zero(b, p.Changed())
	}

}

// BenchmarkApply fills an empty store.
func BenchmarkApply(b *testing.B) {
	text := []byte(large())
	for b.Loop() {
		appliedLarge(b, text)
	}
}

func appliedLarge(b *testing.B, text []byte) *store.Store {
	s, err := store.Open(filepath.Join(b.TempDir(), "s.db"), store.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	f, err := site.Parse("f", text)
	require.NoError(b, err)
	p, err := site.Compare(s.Definitions(), f, site.Options{})
	require.NoError(b, err)
	require.NoError(b, s.Edit(b.Context(), p.Apply))
	return s
}
