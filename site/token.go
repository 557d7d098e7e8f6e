package site

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
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

// Seal gives the plan its token, when all findings are known. It says what a plan rests upon: the definitions that it read, the file with the options,
// and what it found. MACs that move and ports that appear are no part of it, and neither is
// the store's revision, which they raise.
func (p *Plan) Seal() {
	p.sort()
	findings, _ := json.Marshal(p.Findings) // plain values always encode
	p.Token = p.Rests + "-" + tokenPart(findings)
}

// SealAt gives the plan of a rollback its token. Its last part is the number of the newest audit
// record that the plan has: nothing rests upon it, but it says since when a stale plan is so.
func (p *Plan) SealAt(last uint64) {
	p.Seal()
	p.Token += fmt.Sprintf("-%d", last)
}

// SealedAt splits the token of a rollback: what the plan rests upon, and the newest audit record
// that it has, 0 if the token does not say.
func SealedAt(token string) (rests string, last uint64) {
	at := strings.LastIndexByte(token, '-')
	if at < 0 {
		return token, 0
	}
	last, err := strconv.ParseUint(token[at+1:], 10, 64)
	if err != nil {
		return token, 0
	}
	return token[:at], last
}

// Differs says in words which parts of a token another one does not have.
func Differs(token, now string) (out []string) {
	was, is := strings.Split(token, "-"), strings.Split(now, "-")
	if len(was) != len(is) {
		return []string{"the token is no token of a plan"}
	}
	for i, what := range []string{"definitions that the plan read have changed", "the file or the options are others", "the findings are others"} {
		if was[i] != is[i] {
			out = append(out, what)
		}
	}
	return out
}
