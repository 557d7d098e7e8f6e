package api

import (
	"net/http"

	"bordergw/model"

	"github.com/prometheus/client_golang/prometheus"
)

func resolveQuarantine(c *call, seg []string) endpoint {
	const route = "/v1/quarantine"
	switch {
	case len(seg) == 0:
		return get(route, false, permitted(actionQuarantine, quarantine))
	case len(seg) == 2 && seg[0] == "vnis":
		c.id = seg[1]
		return only(http.MethodDelete, route+"/vnis/{vni}", permitted(actionEndQuarantine, endOfVNI))
	case len(seg) == 2 && seg[0] == "stitch_vlans":
		c.id = seg[1]
		return only(http.MethodDelete, route+"/stitch_vlans/{vlan}", permitted(actionEndQuarantine, endOfStitchVLAN))
	}
	return notFound()
}

// quarantine lists the numbers that no other network gets, and why.
func quarantine(c *call) (reply, error) {
	return ok(map[string][]model.Quarantined{"quarantine": c.cfg.Store.Quarantine()})
}

func endOfVNI(c *call) (reply, error) {
	v, err := vniNumber.parse(c.id)
	if err != nil {
		return reply{}, inputError("vni", err)
	}
	return endQuarantine(c, model.WireID{VNI: v.(model.VNI)}, c.url.query().Get("network_id"))
}

// endOfStitchVLAN wants the network: a VLAN identifies a network on one cable only.
func endOfStitchVLAN(c *call) (reply, error) {
	v, err := stitchVLAN.parse(c.id)
	if err != nil {
		return reply{}, inputError("vlan", err)
	}
	network := c.url.query().Get("network_id")
	if network == "" {
		return reply{}, model.ErrBadRequest("Invalid input for network_id. Reason: it says whose stitch VLAN is meant.")
	}
	return endQuarantine(c, model.WireID{StitchVLAN: v.(model.VLAN)}, network)
}

func endQuarantine(c *call, w model.WireID, network string) (reply, error) {
	standing := c.cfg.Store.Quarantine()
	if err := c.cfg.Store.EndQuarantine(c.r.Context(), w, network); err != nil {
		return reply{}, err
	}
	for _, q := range standing {
		if q.WireID == w && (network == "" || q.NetworkID == network) {
			c.warnings.add(warnEnded, w, q.NetworkID, q.Switches())
		}
	}
	return reply{status: http.StatusNoContent}, nil
}

// countQuarantine shows how many numbers are in quarantine, whenever it is asked.
func countQuarantine(r prometheus.Registerer, s Quarantine) {
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "bordergw_quarantined_numbers",
		Help: "VNIs, and VLANs on cables of stitched borders, that networks gave up and that no other gets yet.",
	}, func() float64 { return float64(len(s.Quarantine())) }))
}
