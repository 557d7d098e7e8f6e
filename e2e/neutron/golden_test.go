//go:build neutron

package neutron_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bordergw/internal/golden"
)

// different lists every recorded exchange that is answered differently, and why. The scene
// fails when one of them matches, so that the list stays true.
var different = map[string]string{
	"discovery/04-extensions":                "a newer Neutron, and gateway-device",
	"discovery/07-ext-unknown":               "a newer Neutron",
	"discovery/09-unknown-version":           "a newer Neutron",
	"gw-create-ok/19-seg-dup":                "a VLAN that is given twice is answered once",
	"gw-create-ok/26-list":                   "lists the gateway of 19-seg-dup",
	"gw-create-bad/05-devices-number":        "the text is that of other devices that are no list",
	"gw-create-bad/11-device-name-number":    "a switch name must be a string, as for bordergw",
	"gw-create-bad/19-interface-name-number": "a port name must be a string, as for bordergw",
	"gw-create-bad/28-seg-float":             "a VLAN must be an integer, as for bordergw",
	"gw-create-bad/44-border-gw-device-id":   "our extension: the device is looked up, 404 GatewayDeviceNotFound",
	"gw-create-bad/45-border-gw-dash":        "our extension: the device is looked up, 404 GatewayDeviceNotFound",
	"gw-create-bad/63-list-after":            "lists the gateways of 11, 19 and 28 too",
	"gw-read/54-v2-path":                     "a newer Neutron",
}

// varying are exchanges whose texts Neutron puts together in any order.
var varying = []string{"gw-create-bad/38-two-unknown-attrs"}

// goldenScene plays what was recorded of a Neutron with networking-l2gw's own driver.
func goldenScene(t *testing.T, w *world) {
	s := newScene(t, w)
	s.newSwitch("sw1", "192.0.2.1", "p5", "p6", "p7", "p8")
	s.newSwitch("sw2", "192.0.2.2")
	exchanges, err := golden.Read("../../testdata/golden/neutron.jsonl")
	require.NoError(t, err)
	groups := map[string]*golden.Player{}
	matched := 0
	for _, x := range exchanges {
		p := groups[x.Group]
		if p == nil {
			s.tidy() // a group begins without gateways
			p = s.player(x.Nets)
			groups[x.Group] = p
		}
		t.Run(x.ID, func(t *testing.T) {
			err := p.Play(x)
			if why, listed := different[x.ID]; listed {
				require.Error(t, err, "matches now, although listed as different: %s", why)
				return
			}
			if !slices.Contains(varying, x.ID) {
				require.NoError(t, err)
				matched++
			}
		})
	}
	t.Logf("%d exchanges match, %d are listed as different", matched, len(different))
}

// player sends a group's exchanges to Neutron. Never is one of them answered with a 5xx.
func (s *scene) player(nets int) *golden.Player {
	s.Helper()
	vars := map[string]string{"base": s.neutron.url}
	for n := 1; n <= nets; n++ {
		name := fmt.Sprintf("net%d", n)
		vars[name], _ = s.newNetwork(name)
	}
	return &golden.Player{Vars: vars, Send: func(r golden.Request) (golden.Answer, error) {
		a, err := rest{url: s.neutron.url}.send(s.T, r.Method, r.Path, []byte(r.Body), r.Header)
		if err == nil && a.status >= http.StatusInternalServerError {
			err = fmt.Errorf("status %d: %s", a.status, a.text)
		}
		return golden.Answer{Status: a.status, Text: a.text}, err
	}}
}
