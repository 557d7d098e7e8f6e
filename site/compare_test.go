package site_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
	"bordergw/site"
	"bordergw/store"
)

func openStore(t *testing.T) *store.Store {
	s, err := store.Open(filepath.Join(t.TempDir(), "s.db"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func parsed(t *testing.T, text string) *site.File {
	f, err := site.Parse("f", []byte("bordergw: 1\nsite: dc1\n"+text))
	require.NoError(t, err)
	return f
}

func compared(t *testing.T, s *store.Store, f *site.File, o site.Options) *site.Plan {
	p, err := site.Compare(s.Definitions(), f, o)
	require.NoError(t, err)
	p.Seal()
	return p
}

// applied applies a file and checks that nothing is left to do.
func applied(t *testing.T, s *store.Store, f *site.File, o site.Options) *site.Plan {
	p := compared(t, s, f, o)
	require.Nil(t, p.Refused)
	require.NoError(t, s.Edit(t.Context(), p.Apply))
	again := compared(t, s, f, o)
	require.Zero(t, again.Changed(), "%v", again.Changes)
	return p
}

// lines are the changes as people see them.
func lines(p *site.Plan) (out []string) {
	for _, c := range p.Changes {
		line := c.Action.Sign() + " " + c.Kind + " " + c.Name
		for _, f := range c.Fields {
			line += fmt.Sprintf(" %s:%s->%s", f.Name, f.From, f.To)
		}
		out = append(out, line)
	}
	return out
}

const twoSwitches = `
switches:
  sw1: {address: 10.0.0.1:6640, remote_macs: [{mac: aa:00:00:00:00:02, vtep: 10.1.1.1, vni: 7000}]}
  sw2: {address: 10.0.0.2:6640}
networks: {blue: , red: {vni: 20000}}
gateways:
  gw1: {devices: [{switch: sw1, ports: {p1: []}}]}
  wan: {devices: [{border: sw2, vni: 7000}]}
connections:
  - {gateway: gw1, network: blue, vlan: 10}
  - {gateway: gw1, network: red, vlan: 20}
  - {gateway: wan, network: blue}
`

func TestApply(t *testing.T) {
	s := openStore(t)
	f := parsed(t, twoSwitches)
	p := applied(t, s, f, site.Options{})
	require.Len(t, p.Changes, 9)
	revision := s.Definitions().Revision
	applied(t, s, f, site.Options{})
	require.Equal(t, revision, s.Definitions().Revision, "applied twice is no revision")

	changed := parsed(t, strings.NewReplacer("vlan: 10}", "vlan: 20}", "vlan: 20}", "vlan: 10}", "10.0.0.1:6640", "10.0.0.2:6640", "10.0.0.2:6640", "10.0.0.3:6640", "gateway: wan", "gateway: border").Replace(strings.Replace(twoSwitches, "wan: {devices: [{border: sw2, vni: 7000}]}", "border: {renamed_from: wan, devices: [{border: sw2, vni: 7000}]}", 1)))
	ids := idsOf(s.Definitions())
	p = applied(t, s, changed, site.Options{})
	require.Equal(t, []string{"~ switch sw1 address:10.0.0.1:6640->10.0.0.2:6640", "~ switch sw2 address:10.0.0.2:6640->10.0.0.3:6640", "~ gateway border name:wan->border",
		"! connection gw1 blue vlan:10->20", "! connection gw1 red vlan:20->10"}, lines(p))
	require.Equal(t, ids, idsOf(s.Definitions()), "what changes keeps its id")
}

func idsOf(d *model.Definitions) map[string]bool {
	out := map[string]bool{}
	for c := range d.Connections.All() {
		out[c.ID] = true
	}
	for n := range d.Networks.All() {
		out[n.ID] = true
	}
	return out
}

// TestLostStore: the same file in an empty store gives the same ids and the same file.
func TestLostStore(t *testing.T) {
	a, b := openStore(t), openStore(t)
	f := parsed(t, twoSwitches)
	applied(t, a, f, site.Options{})
	applied(t, b, f, site.Options{})
	all := site.Choice{Everything: true, IDs: true}
	require.Equal(t, string(site.Print(site.Of(a.Definitions(), all))), string(site.Print(site.Of(b.Definitions(), all))))
}

func TestOwnership(t *testing.T) {
	s := openStore(t)
	for _, n := range []model.Network{{Record: model.Record{ID: "n1", ProjectID: "default"}, Name: "blue", AdminStateUp: true},
		{Record: model.Record{ID: "n2", ProjectID: "default", ManagedBy: "site:dc2"}, Name: "red", AdminStateUp: true},
		{Record: model.Record{ID: "n3", ProjectID: "default"}, Name: "green", AdminStateUp: true}} {
		_, err := s.CreateNetwork(t.Context(), n)
		require.NoError(t, err)
	}
	p := compared(t, s, parsed(t, "networks: {blue: , red: }"), site.Options{})
	require.Equal(t, "network red is owned by site dc2: --take-over", p.Refused.Message)
	p = applied(t, s, parsed(t, "networks: {blue: , red: , green: {description: x}}"), site.Options{TakeOver: true})
	require.Equal(t, []string{"> network blue", `~ network green description:""->x managed_by:""->site:dc1`, "> network red"}, lines(p))

	// A change by others is what the next plan undoes; what is not in the file is left or pruned.
	name := "other"
	_, err := s.UpdateNetwork(t.Context(), "n1", model.NetworkUpdate{Description: &name})
	require.NoError(t, err)
	f := parsed(t, "networks: {blue: }")
	require.Equal(t, []string{`~ network blue description:other->""`, ". network green", ". network red"}, lines(compared(t, s, f, site.Options{})))
	p = applied(t, s, f, site.Options{Prune: true})
	require.Equal(t, []string{`~ network blue description:other->""`, "- network green", "- network red"}, lines(p))
}

func TestPruneIsBounded(t *testing.T) {
	s := openStore(t)
	var b strings.Builder
	for n := range 20 {
		fmt.Fprintf(&b, "  n%02d: {}\n", n)
	}
	applied(t, s, parsed(t, "networks:\n"+b.String()), site.Options{})
	some := parsed(t, "networks:\n"+b.String()[:10*14-14*0])
	o := site.Options{Prune: true, MaxDelete: site.DefaultMaxDelete}
	p := compared(t, s, some, o)
	require.Equal(t, &site.Refusal{Code: site.TooManyDeletions, Message: p.Refused.Message, Details: []string{p.Refused.Message}}, p.Refused)
	require.Contains(t, p.Refused.Message, " of 20 objects (")
	require.Contains(t, p.Refused.Message, " %), allowed are 20 %: --max-delete ")
	p = compared(t, s, parsed(t, ""), o)
	require.Equal(t, "the file defines nothing, and --prune deletes all that site dc1 manages: --max-delete 100", p.Refused.Message)
	o.MaxDelete = 100
	applied(t, s, parsed(t, ""), o)
}

// TestOthersKeepWhatTheyNeed: W05.
func TestOthersKeepWhatTheyNeed(t *testing.T) {
	s := openStore(t)
	applied(t, s, parsed(t, twoSwitches), site.Options{})
	var red string
	for n := range s.Definitions().Networks.All() {
		if n.Name == "red" {
			red = n.ID
		}
	}
	g, err := s.CreateL2Gateway(t.Context(), model.L2Gateway{Name: "mine", Record: model.Record{ProjectID: "p"}, Devices: []model.Device{{DeviceName: "sw1", Interfaces: []model.Interface{{Name: "p9"}}}}})
	require.NoError(t, err)
	_, err = s.CreateConnection(t.Context(), model.L2GatewayConnection{L2GatewayID: g.ID, NetworkID: red, SegmentationID: model.VLANID(9)})
	require.NoError(t, err)
	p := compared(t, s, parsed(t, ""), site.Options{Prune: true, MaxDelete: 100})
	require.NoError(t, s.Edit(t.Context(), p.Apply))
	require.Equal(t, []site.Finding{
		{Code: "W05", Severity: "warning", Object: "network red", Message: "it is left: 1 connection of others keep it"},
		{Code: "W05", Severity: "warning", Object: "switch sw1", Message: "it is left: 1 gateway still named by it"}}, p.Findings)
	require.Equal(t, 1, s.Definitions().Networks.Len())
	require.Equal(t, 1, s.Definitions().Devices.Len())
}

// TestRuleRefusesWithItsPlace: every rule of the API holds, and all or nothing is applied.
func TestRuleRefusesWithItsPlace(t *testing.T) {
	s := openStore(t)
	f := parsed(t, strings.Replace(twoSwitches, "vlan: 20}", "vlan: 10}", 1))
	p := compared(t, s, f, site.Options{})
	_, err := s.Try(p.Apply)
	require.ErrorContains(t, err, "connection gw1 red: Duplicate segmentation ID for the interface")
	require.ErrorContains(t, err, "f:13: ")
	require.Error(t, s.Edit(t.Context(), p.Apply))
	require.Zero(t, s.Definitions().Networks.Len())
}

func TestFileDoesNotFit(t *testing.T) {
	s := openStore(t)
	applied(t, s, parsed(t, twoSwitches), site.Options{})
	for text, want := range map[string]string{
		"networks: {red: {vni: 20001}}":                        "network red: its VNI is 20000 and can not change to 20001",
		"networks: {red: {id: other}}":                         "the file says other",
		"networks: {red: , new: {renamed_from: red}}":          "it is the same object as",
		"switches: {sw1: {type: router_vtep, resource_id: r}}": "type and resource_id can not change",
	} {
		_, err := site.Compare(s.Definitions(), parsed(t, text), site.Options{})
		require.ErrorContains(t, err, want)
	}
}

// TestToken: it holds while MACs move and ports appear, and not when a definition changes.
func TestToken(t *testing.T) {
	s := openStore(t)
	f := parsed(t, twoSwitches)
	applied(t, s, f, site.Options{})
	changed := parsed(t, strings.Replace(twoSwitches, "blue: ,", "blue: {description: x},", 1))
	token := compared(t, s, changed, site.Options{}).Token
	require.Equal(t, token, compared(t, s, changed, site.Options{}).Token)
	_, err := s.CreateNetwork(t.Context(), model.Network{Name: "elsewhere"})
	require.NoError(t, err)
	require.Equal(t, token, compared(t, s, changed, site.Options{}).Token, "what the plan does not read")
	require.NotEqual(t, token, compared(t, s, changed, site.Options{Prune: true}).Token)
	for n := range s.Definitions().Networks.All() {
		if n.Name == "blue" {
			name := "y"
			_, err := s.UpdateNetwork(t.Context(), n.ID, model.NetworkUpdate{Description: &name})
			require.NoError(t, err)
		}
	}
	now := compared(t, s, changed, site.Options{})
	require.NotEqual(t, token, now.Token)
	require.Equal(t, []string{site.DefinitionsDiffer}, now.Differs(token))
}

// TestRandomFiles: after a file was applied, comparing finds nothing, and what is printed of
// the site is the file.
func TestRandomFiles(t *testing.T) {
	s := openStore(t)
	r := rand.New(rand.NewPCG(7, 7))
	for range 60 {
		f := parsed(t, randomSite(r))
		p := compared(t, s, f, site.Options{Prune: true, MaxDelete: 100})
		require.Nil(t, p.Refused)
		require.NoError(t, s.Edit(t.Context(), p.Apply))
		require.Empty(t, compared(t, s, f, site.Options{Prune: true, MaxDelete: 100}).Changes)
		now := site.Of(s.Definitions(), site.Choice{Site: "dc1"})
		for _, n := range now.Networks {
			n.VNI, n.ID = 0, "" // it has another id than the file gives while one of its name is still to be cleaned up
		}
		require.Equal(t, string(site.Print(f)), string(site.Print(now)))
	}
}

func randomSite(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString("switches:\n")
	for n := range 4 {
		fmt.Fprintf(&b, "  sw%d: {address: 10.0.0.%d:6640, location: l%d}\n", n, 1+n, r.IntN(2))
	}
	networks, gateways := 1+r.IntN(5), 1+r.IntN(4)
	b.WriteString("networks:\n")
	for n := range networks {
		fmt.Fprintf(&b, "  n%d: {description: d%d}\n", n, r.IntN(3))
	}
	b.WriteString("gateways:\n")
	for g := range gateways {
		fmt.Fprintf(&b, "  g%d: {devices: [{switch: sw%d, ports: {p%d: [], q%d: []}}]}\n", g, r.IntN(4), g, g)
	}
	b.WriteString("connections:\n")
	for g := range gateways {
		base := r.IntN(8)
		for n := range networks {
			if r.IntN(3) > 0 {
				fmt.Fprintf(&b, "- {gateway: g%d, network: n%d, vlan: %d}\n", g, n, 1+(base+n)%8)
			}
		}
	}
	if strings.HasSuffix(b.String(), "connections:\n") {
		return strings.TrimSuffix(b.String(), "connections:\n")
	}
	return b.String()
}
