package api_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// adoptions answers with what a test sets, and notes what it was asked.
type adoptions struct {
	standing    map[string]model.Standing
	standingErr error
	supposition model.Supposition
	supposed    []any
	preview     model.Preview
	previewed   int
}

func (a *adoptions) Standing(id string) (model.Standing, error) {
	return a.standing[id], a.standingErr
}

func (a *adoptions) Suppose(next *model.Definitions, networks, devices []string) (model.Supposition, error) {
	a.supposed = []any{next.Networks.Len(), networks, devices}
	return a.supposition, nil
}

func (a *adoptions) Preview(_, next *model.Definitions) (model.Preview, error) {
	a.previewed++
	return a.preview, nil
}

// brownField is a device with a switch that has one logical switch.
func (s *service) brownField(name string, last byte) *model.GatewayDevice {
	id := s.hardware(name, "192.0.2."+string('0'+rune(last)))
	s.seen(id, model.SwitchInventory{Name: name, TunnelIPs: []model.VTEPAddress{{10, 0, 0, last}}, Ports: []model.PortInventory{{Name: "p1"}}})
	gd, _ := s.store.Definitions().Devices.Get(id)
	if s.status.standing == nil {
		s.status.standing = map[string]model.Standing{}
	}
	s.status.standing[id] = model.Standing{Device: gd, Switches: []model.StandingSwitch{{
		Name: "blue-id", Description: "blue", Key: 5001, Owner: model.RowsForeign,
		Bindings: []model.BoundPort{{Switch: name, Port: "p1", VLAN: 10}}, Floods: true,
		Flood: slices.DeleteFunc([]model.StandingLocator{{Addr: model.VTEPAddress{10, 0, 0, 1}}, {Addr: model.VTEPAddress{10, 0, 0, 2}}, {Addr: model.VTEPAddress{10, 9, 9, 9}}},
			func(l model.StandingLocator) bool { return l.Addr == model.VTEPAddress{10, 0, 0, last} }),
	}}}
	return gd
}

func TestAdopt(t *testing.T) {
	s := newService(t)
	one, two := s.brownField("sw1", 1), s.brownField("sw2", 2)
	revision := s.store.Definitions().Revision
	s.status.supposition.Rows = []model.SupposedRows{{Device: one, LogicalSwitch: "blue-id", Change: model.MACsDeleted,
		At: model.StandingLocator{Addr: model.VTEPAddress{10, 0, 0, 2}}, Count: 2, Steps: []string{"delete mac a", "delete mac b"}}}
	path := "/v1/devices/" + one.ID + "/adopt"
	a := s.do("GET", path+"?site=dc1&with=sw2", "")
	require.Equal(t, http.StatusOK, a.status, a.text)
	require.Equal(t, `# Site dc1, as bordergw export prints it.
bordergw: 1
site: dc1
switches:
  sw1:
    id: `+one.ID+`
    address: 192.0.2.1:6640
  sw2:
    id: `+two.ID+`
    address: 192.0.2.2:6640
networks:
  blue:
    id: blue-id
    vni: 5001
    far_ends: [10.9.9.9]
gateways:
  adopted-blue:
    devices:
      - switch: sw1
        ports: {p1: [10]}
      - switch: sw2
        ports: {p1: [10]}
connections:
  - {gateway: adopted-blue, network: blue}
`, a.json()["file"])
	require.Equal(t, []any{map[string]any{"code": "N02", "object": "network blue on sw1",
		"message": "2 MACs at 10.0.0.2 would be deleted: sw2 has not learned them now (delete mac a; delete mac b)"}}, a.json()["notes"])
	require.Equal(t, []any{1, []string{"blue-id"}, []string{one.ID, two.ID}}, s.status.supposed)
	require.Equal(t, revision, s.store.Definitions().Revision, "nothing is stored")

	require.Equal(t, a.text, s.do("GET", "/v1/devices/sw1/adopt?site=dc1&with=sw2", "").text, "by name")

	s.status.supposition = model.Supposition{}
	a = s.do("GET", path+"?with="+one.ID, "")
	require.Empty(t, a.json()["notes"])
	require.Contains(t, a.json()["file"], "site: adopted\n")
	require.Contains(t, a.json()["file"], "far_ends: [10.0.0.2, 10.9.9.9]\n", "sw2 is registered and no member")
}

func TestAdoptRefusals(t *testing.T) {
	s := newService(t)
	one := s.brownField("sw1", 1)
	path := "/v1/devices/" + one.ID + "/adopt"
	for _, query := range []string{"?site=DC", "?site=all", "?gateway=a/b"} {
		require.Equal(t, http.StatusBadRequest, s.do("GET", path+query, "").status, query)
	}
	require.Equal(t, http.StatusNotFound, s.do("GET", "/v1/devices/nobody/adopt", "").status)
	require.Equal(t, http.StatusNotFound, s.do("GET", path+"?with=nobody", "").status)
	s.network("blue") // its name is taken, so that the id is the name here
	s.create("/v2.0/networks", "network", `{"id":"other","name":"other","provider:segmentation_id":5001}`)
	a := s.do("GET", path, "")
	require.Contains(t, a.text, "its VNI 5001 is that of network other: it is left as it is")
	s.status.standingErr = model.ErrNotRead("sw1", "unreachable: refused")
	require.Equal(t, http.StatusServiceUnavailable, s.do("GET", path, "").status)
	s = newService(t, withHeaders).as("u", "p", "member")
	require.Equal(t, http.StatusForbidden, s.do("GET", "/v1/devices/x/adopt", "").status)
}
