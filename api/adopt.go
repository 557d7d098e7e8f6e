package api

import (
	"errors"
	"slices"

	"bordergw/model"
	"bordergw/site"
)

// adopted is the site file of what stands on switches, and what should be known of it.
type adopted struct {
	File  string      `json:"file"`
	Notes []site.Note `json:"notes"`
}

// adoptDevice makes the site file of what stands unmanaged on a switch, and on those that the query names
// besides. Nothing is stored, and nothing is asked of a switch.
func adoptDevice(c *call) (reply, error) {
	o, err := adoptOptions(c)
	if err != nil {
		return reply{}, err
	}
	standing, err := standingRows(c)
	if err != nil {
		return reply{}, err
	}
	a := site.NewAdoption(c.defs, standing, o)
	text := site.Print(a.File)
	if err := supposeAdopted(c, a, standing, text); err != nil {
		return reply{}, err
	}
	return ok(adopted{File: string(text), Notes: a.Notes()})
}

func adoptOptions(c *call) (o site.AdoptOptions, err error) {
	q := c.url.query()
	o.Site, o.Gateway = q.Get("site"), q.Get("gateway")
	switch {
	case o.Site != "" && !siteOwner.MatchString(o.Site):
		return o, inputError("site", reasonf("'%s' is not a name of up to 63 letters a-z, digits and '-'", printed(o.Site)))
	case o.Site == site.All:
		return o, inputError("site", reasonf("a file of everything (site: all) is not applied: name the site that shall own it"))
	case o.Gateway != "" && !sourceName.MatchString(o.Gateway):
		return o, inputError("gateway", reasonf("'%s' is not a name of up to 64 letters, digits, '_', '.', ':' and '-'", printed(o.Gateway)))
	}
	return o, nil
}

// standingRows are those of the switches that the request names, each database once.
func standingRows(c *call) (out []model.Standing, err error) {
	first, err := registered(c, c.id)
	if err != nil {
		return nil, err
	}
	for _, ref := range append([]string{first}, c.url.query()["with"]...) {
		id, err := c.deviceCalled(ref)
		if err != nil {
			return nil, err
		}
		one, err := c.cfg.Status.Standing(id)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(out, func(s model.Standing) bool { return s.Device.ID == one.Device.ID }) {
			out = append(out, one)
		}
	}
	return out, nil
}

// supposeAdopted notes what would come of the file, without applying it.
func supposeAdopted(c *call, a *site.Adoption, standing []model.Standing, text []byte) error {
	f, err := site.Parse("the file", text)
	var p *site.Plan
	if err == nil {
		p, err = site.Compare(c.defs, f, site.Options{MaxDelete: site.DefaultMaxDelete})
	}
	var problems *site.Problems
	if errors.As(err, &problems) {
		for _, line := range problems.Lines() {
			a.Refuse(line)
		}
		return nil
	}
	if err != nil {
		return err
	}
	next, err := c.cfg.Store.Try(p.Apply)
	if err != nil && model.KindOf(err) == model.Internal {
		return err
	} else if err != nil {
		a.Refuse(err.Error())
		return nil
	}
	if err := check(c, p, c.defs, next, nil); err != nil {
		return err
	}
	if p.Refused != nil {
		for _, detail := range p.Refused.Details {
			a.Refuse(detail)
		}
	}
	devices := make([]string, len(standing))
	for i := range standing {
		devices[i] = standing[i].Device.ID
	}
	supposed, err := c.cfg.Status.Suppose(next, a.Networks, devices)
	if err == nil {
		a.Suppose(supposed)
	}
	return err
}

// adoptPaths describes it.
func adoptPaths() []fixedEndpoint {
	return []fixedEndpoint{{method: "GET", path: "/v1/devices/{id}/adopt", status: 200, body: schemaOf[adopted](),
		summary: "site file of what stands unmanaged on a switch, with notes on what of it would not stay as it is; nothing is stored",
		params: []schema{
			query("with", "id or name of a switch more; may be given several times: what several have of one name and VNI is one network", plainText()),
			query("site", "owner of the file; otherwise the site that manages the switches, or adopted", schema{"type": "string", "pattern": siteOwner.String()}),
			query("gateway", "what the names of gateways begin with; otherwise adopted", schema{"type": "string", "pattern": sourceName.String()}),
		}}}
}
