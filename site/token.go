package site

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bordergw/model"
)

var tokenText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// tokenPart is a hash as a part of a token.
func tokenPart(text ...[]byte) string {
	h := sha256.New()
	for _, t := range text {
		h.Write(t)
	}
	return tokenText.EncodeToString(h.Sum(nil)[:15])
}

// Seal gives the plan its token, when all findings are known. It says what a plan rests upon: the definitions
// that it read, the file with the options, and the switches: what it found, and the logical switches and bindings
// that would be written. MACs, and ports that appear where none was named ahead, are no part of it, and neither is the store's
// revision, which they raise.
func (p *Plan) Seal() {
	p.sort()
	findings, _ := json.Marshal(p.Findings) // plain values always encode
	seen := [][]byte{findings}
	for i := range p.Switches {
		if sw := &p.Switches[i]; sw.Known {
			seen = append(seen, []byte(sw.DeviceID), sw.Structure[:])
		}
	}
	p.Token = p.Rests + "-" + tokenPart(seen...)
}

// SealAt gives the plan its token with the number of the newest audit record that the plan has as its last
// part: nothing rests upon it, but it says since when a stale plan is so.
func (p *Plan) SealAt(last uint64) {
	p.Seal()
	p.Token += fmt.Sprintf("-%d", last)
}

// SealedAt splits a token: what the plan rests upon, and the newest audit record that it has, if the token
// says so.
func SealedAt(token string) (rests string, last uint64, says bool) {
	at := strings.LastIndexByte(token, '-')
	if at < 0 {
		return token, 0, false
	}
	last, err := strconv.ParseUint(token[at+1:], 10, 64)
	if err != nil {
		return token, 0, false
	}
	return token[:at], last, true
}

// tokenParts are the parts of a token that are compared.
const tokenParts = 3

// What they rest upon that may have changed.
const (
	DefinitionsDiffer = "definitions that the plan read have changed"
	fileDiffers       = "the file or the options are others"
	switchesDiffer    = "what switches hold or lack has changed"
)

// Differs says in words which parts of a token the plan's does not have, and of switches what is found now.
func (p *Plan) Differs(token string) (out []string) {
	was, is := strings.Split(token, "-"), strings.Split(p.Token, "-")
	if len(was) < tokenParts {
		return []string{"the token is no token of a plan"}
	}
	for i, what := range []string{DefinitionsDiffer, fileDiffers, switchesDiffer} {
		if was[i] != is[i] {
			out = append(out, what)
		}
	}
	if slices.Contains(out, switchesDiffer) {
		out = append(out, p.foundNow()...)
	}
	return out
}

// shownNow bounds the findings, and the switches, that a stale plan names.
const shownNow = 10

// foundNow are the findings, and what would be written, as of now.
func (p *Plan) foundNow() (out []string) {
	for _, f := range p.Findings[:min(len(p.Findings), shownNow)] {
		out = append(out, fmt.Sprintf("now found: %s %s: %s", f.Code, f.Object, f.Message))
	}
	for i := range p.Switches[:min(len(p.Switches), shownNow)] {
		if sw := &p.Switches[i]; len(sw.Steps) > 0 {
			out = append(out, fmt.Sprintf("now to be written to switch %s: %s", sw.Name, model.Listed(sw.Steps)))
		}
	}
	return out
}
