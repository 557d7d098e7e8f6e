package site_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/site"
	"bordergw/store"
)

// rebuilt applies the file that a site's definitions are printed as to an empty store, and checks that
// all objects are there with their ids.
func rebuilt(t *testing.T, s *store.Store, choice site.Choice) *store.Store {
	t.Helper()
	text := site.Print(site.Of(s.Definitions(), choice))
	f, err := site.Parse("f", text)
	require.NoError(t, err, "%s", text)
	fresh := openStore(t)
	applied(t, fresh, f, site.Options{})
	ids := site.Choice{Site: choice.Site, Everything: choice.Everything, IDs: true}
	require.Equal(t, string(site.Print(site.Of(s.Definitions(), ids))), string(site.Print(site.Of(fresh.Definitions(), ids))))
	require.Equal(t, string(text), string(site.Print(site.Of(fresh.Definitions(), choice))), "printed again it is the same file")
	return fresh
}

// TestRebuildLostStore: the file that is printed without --ids gives an empty store the same ids, whether the objects
// were made by a file, by the API before a file took them, or renamed since: the rows on the switches are named by them.
func TestRebuildLostStore(t *testing.T) {
	s := openStore(t)
	_, err := s.CreateNetwork(t.Context(), model.Network{Record: model.Record{ID: "red-id", ProjectID: "default"}, Name: "red", VNI: 20000, AdminStateUp: true})
	require.NoError(t, err)
	_, err = s.CreateGatewayDevice(t.Context(), model.GatewayDevice{Record: model.Record{ProjectID: "default"}, Name: "sw1", Type: model.HWVTEP,
		ManagementIP: "10.0.0.1", ManagementPort: 6640, ManagementProtocol: model.ProtocolOVSDB})
	require.NoError(t, err)
	applied(t, s, parsed(t, twoSwitches), site.Options{})
	applied(t, s, parsed(t, "networks: {green: {renamed_from: blue, vni: 10000}}"), site.Options{})

	text := string(site.Print(site.Of(s.Definitions(), site.Choice{Site: "dc1"})))
	require.Contains(t, text, "  red:\n    id: red-id\n    vni: 20000\n")
	require.Regexp(t, `  green:\n    id: [0-9a-f-]{36}\n`, text, "its id is that of its former name")
	require.Regexp(t, `  sw1:\n    id: [0-9a-f-]{36}\n`, text)
	require.Contains(t, text, "  sw2:\n    address: 10.0.0.2:6640\n", "the file gives this one its id again")
	require.Contains(t, text, "  - {gateway: gw1, network: red, vlan: 20}\n")
	rebuilt(t, s, site.Choice{Site: "dc1"})
}

// TestRebuildAdopted: an adopted network keeps the name of its logical switch for an id.
func TestRebuildAdopted(t *testing.T) {
	b := newBrownField(t, 2)
	b.holds(0, "n1", 5001, described("blue"), flooding(2))
	b.holds(1, "n1", 5001, flooding(1))
	_, _, p := b.adopt(site.AdoptOptions{Site: "dc1"})
	require.NoError(t, b.store.Edit(t.Context(), p.Apply))
	fresh := rebuilt(t, b.store, site.Choice{Site: "dc1"})
	_, is := fresh.Definitions().Networks.Get("n1")
	require.True(t, is)

	b.standing = b.standing[:1]
	b.standing[0].Switches = nil
	b.standing[0].Device, _ = b.store.Definitions().Devices.Get(b.standing[0].Device.ID)
	_, text, _ := b.adopt(site.AdoptOptions{Site: "dc1"})
	require.Contains(t, text, "  blue:\n    id: n1\n", "adopted earlier")
}

// TestRebuildAnySite: whatever the objects are called and however they were made, the printed file rebuilds them.
func TestRebuildAnySite(t *testing.T) {
	for seed := range uint64(30) {
		s := openStore(t)
		r := rand.New(rand.NewPCG(seed, 5))
		for n := range 5 {
			if r.IntN(2) == 0 {
				continue
			}
			record := model.Record{ProjectID: "default"}
			if r.IntN(2) == 0 {
				record.ID = fmt.Sprintf("net-%d", n)
			}
			_, err := s.CreateNetwork(t.Context(), model.Network{Record: record, Name: fmt.Sprint("n", n), AdminStateUp: true})
			require.NoError(t, err)
		}
		for range 3 {
			p := compared(t, s, parsed(t, randomSite(r)), site.Options{Prune: true, MaxDelete: 100})
			require.Nil(t, p.Refused)
			require.NoError(t, s.Edit(t.Context(), p.Apply))
		}
		rebuilt(t, s, site.Choice{Site: "dc1"})
	}
}

// TestFileOfEverything: such a file is refused, and says what makes a site's file of it.
func TestFileOfEverything(t *testing.T) {
	s := openStore(t)
	text := string(site.Print(site.Of(s.Definitions(), site.Choice{Everything: true})))
	f, err := site.Parse("f", []byte(text))
	require.NoError(t, err)
	_, err = site.Compare(s.Definitions(), f, site.Options{})
	require.EqualError(t, err, "f:3:1: a file of everything is not applied: change line 3, `site: all`, to the site that shall own it")
}
