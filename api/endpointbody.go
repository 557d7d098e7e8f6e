package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"bordergw/model"

	"github.com/go-json-experiment/json/jsontext"
)

// endpointReader reads a model.ShownEndpoints token by token, which takes a tenth of the time
// that encoding/json takes and refuses a key that is given twice. Every error names the entry
// that is wrong.
type endpointReader struct {
	*jsontext.Decoder
	site      string
	endpoints []model.Endpoint
	given     bool // the list
}

// parseEndpoints reads the body of a PUT.
func parseEndpoints(data []byte) (site string, out []model.Endpoint, err error) {
	r := endpointReader{Decoder: jsontext.NewDecoder(bytes.NewBuffer(data))}
	if err := r.object("", r.member); err != nil {
		return "", nil, err
	}
	if _, err := r.ReadToken(); !errors.Is(err, io.EOF) {
		return "", nil, errMalformedBody()
	}
	if !r.given {
		return "", nil, model.ErrInvalidEndpoints("endpoints", "the list is missing; an empty one stands for none")
	}
	return r.site, r.endpoints, nil
}

func (r *endpointReader) member(name string) (err error) {
	switch name {
	case "site":
		if r.site, err = r.text("site"); err == nil && r.site != "" && !sourceName.MatchString(r.site) {
			return errNoSite(r.site)
		}
		return err
	case "endpoints":
		r.given = true
		return r.array("endpoints", r.endpoint)
	}
	return errKey("", name)
}

// endpoint reads the n-th entry. Its MACs may stand before its address.
func (r *endpointReader) endpoint(n int) error {
	at := func() string { return fmt.Sprintf("endpoints[%d]", n) }
	e := model.Endpoint{MACs: []model.EndpointMAC{}}
	addressed := false
	err := r.object(at(), func(name string) error {
		switch name {
		case "vtep_address":
			text, err := r.text(at() + ".vtep_address")
			if err != nil {
				return err
			}
			addressed = true
			if e.VTEPAddress, err = model.ParseVTEPAddress(text); err != nil {
				return model.ErrInvalidEndpoints(at()+".vtep_address", "%s", printed(err.Error()))
			}
			return nil
		case "macs":
			return r.array(at()+".macs", func(i int) error { return r.mac(&e, func() string { return fmt.Sprintf("%s.macs[%d]", at(), i) }) })
		}
		return errKey(at(), name)
	})
	if err == nil && !addressed {
		err = model.ErrInvalidEndpoints(at()+".vtep_address", "it is missing")
	}
	for i := range e.MACs {
		e.MACs[i].VTEPAddress = e.VTEPAddress
	}
	r.endpoints = append(r.endpoints, e)
	return err
}

// mac reads one MAC of an end point. at leads to it.
func (r *endpointReader) mac(e *model.Endpoint, at func() string) error {
	var m model.EndpointMAC
	err := r.object("", func(name string) error {
		if name != "mac_address" && name != "ip_address" {
			return errKey(at(), name)
		}
		v, err := r.ReadValue()
		if err != nil {
			return r.malformed(err)
		}
		text, err := jsontext.AppendUnquote(nil, v)
		if err != nil {
			return model.ErrInvalidEndpoints(at()+"."+name, "a text is wanted")
		}
		if name == "mac_address" {
			err = setEndpointMAC(&m, string(text))
		} else {
			err = setEndpointIP(&m, string(text))
		}
		if err != nil {
			return model.ErrInvalidEndpoints(at()+"."+name, "%s", printed(err.Error()))
		}
		return nil
	})
	if err == nil && m.MAC == (model.MAC{}) {
		err = model.ErrInvalidEndpoints(at()+".mac_address", "it is missing")
	}
	e.MACs = append(e.MACs, m)
	return err
}

func setEndpointMAC(m *model.EndpointMAC, text string) (err error) {
	if m.MAC, err = model.ParseMAC(text); err != nil {
		return err
	}
	return checkEndpointMAC(m.MAC)
}

func setEndpointIP(m *model.EndpointMAC, text string) (err error) {
	if text == "" {
		return nil
	}
	if m.IP, err = netip.ParseAddr(text); err != nil {
		return reasonf("'%s' is not an IP address", text)
	}
	return checkHostAddress(m.IP)
}

// object reads an object, and has each member's value read by its name.
func (r *endpointReader) object(path string, member func(name string) error) error {
	if err := r.begin('{', path, "an object"); err != nil {
		return err
	}
	for r.PeekKind() == '"' {
		name, err := r.ReadToken()
		if err != nil {
			return r.malformed(err)
		}
		if err := member(name.String()); err != nil {
			return err
		}
	}
	return r.end()
}

// array reads a list, and has each entry read.
func (r *endpointReader) array(path string, entry func(i int) error) error {
	if err := r.begin('[', path, "a list"); err != nil {
		return err
	}
	for i := 0; r.PeekKind() != ']' && r.PeekKind() != 0; i++ {
		if err := entry(i); err != nil {
			return err
		}
	}
	return r.end()
}

func (r *endpointReader) begin(kind jsontext.Kind, path, wanted string) error {
	if is := r.PeekKind(); is != kind && is != 0 {
		return model.ErrInvalidEndpoints(orBody(path), "%s is wanted", wanted)
	}
	return r.end()
}

// end reads a bracket.
func (r *endpointReader) end() error {
	_, err := r.ReadToken()
	return r.malformed(err)
}

func (r *endpointReader) text(path string) (string, error) {
	if is := r.PeekKind(); is != '"' && is != 0 {
		return "", model.ErrInvalidEndpoints(path, "a text is wanted")
	}
	t, err := r.ReadToken()
	if err != nil {
		return "", r.malformed(err)
	}
	return t.String(), nil
}

// malformed says what is wrong with the JSON.
func (r *endpointReader) malformed(err error) error {
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return model.ErrInvalidEndpoints("endpoints", "a key is given twice near byte %d", r.InputOffset())
	}
	if err != nil {
		return errMalformedBody()
	}
	return nil
}

// orBody is where a path without steps leads.
func orBody(path string) string {
	if path == "" {
		return "endpoints"
	}
	return path
}

func errKey(path, name string) error {
	return model.ErrInvalidEndpoints(orBody(path), "'%s' is not a key here", printed(name))
}
