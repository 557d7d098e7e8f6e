package reconcile_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/ovsdbtest"
	"bordergw/model"
	"bordergw/reconcile"
)

// TestRowsOfASwitchThatWasNeverRead: a store that was lost is filled from a site file. A switch that is read first keeps its rows of MACs
// behind one whose address nobody knows yet, and when that has been read no row is another one.
func TestRowsOfASwitchThatWasNeverRead(t *testing.T) {
	s := newSite(t, 1, reconcile.Options{})
	server := ovsdbtest.Start(t)
	server.AddSwitch("late", "192.0.2.2", "p1")
	s.tors = append(s.tors, &tor{Server: server, t: t, name: "late", tunnelIP: "192.0.2.2"})
	s.standing(10, "net")
	s.tors = s.tors[:1]
	server.Pause()
	late := s.register(server, "late", "192.0.2.2")
	before := s.tors[0].remote()
	require.Len(t, before, 10)
	require.NoError(t, s.store.Edit(t.Context(), joining("net", 5001, "tor0", "late")))
	s.eventually(s.tors[0].bound, "tor0 is bound")
	s.enters(s.tors[0], model.DeviceInSync)
	require.ElementsMatch(t, before, s.tors[0].remote())
	server.Resume()
	s.carries("c-net", s.tors[0], late)
	require.ElementsMatch(t, before, s.tors[0].remote())
	require.Len(t, late.remote(), 10)
}
