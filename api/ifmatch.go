package api

import (
	"strings"

	"bordergw/model"
)

// ifMatch reads the lines of an If-Match header (RFC 9110, section 13.1.1): one of several
// tags is enough, and a weak one never matches. No line at all is no condition, and "*" is
// met always, as every source has a set, if an empty one.
func ifMatch(lines []string) (model.IfMatch, error) {
	out := model.IfMatch{Given: len(lines) > 0}
	rest := strings.Join(lines, ",")
	if strings.TrimSpace(rest) == "*" {
		return model.IfMatch{}, nil
	}
	for {
		if rest = strings.TrimLeft(rest, ", \t"); rest == "" {
			return out, nil
		}
		quoted, weak := strings.CutPrefix(rest, "W/")
		if !strings.HasPrefix(quoted, `"`) {
			return out, errIfMatch(rest)
		}
		tag, after, closed := strings.Cut(quoted[1:], `"`)
		after = strings.TrimLeft(after, " \t")
		if !closed || after != "" && after[0] != ',' {
			return out, errIfMatch(rest)
		}
		if !weak {
			out.ETags = append(out.ETags, tag)
		}
		rest = after
	}
}

func errIfMatch(at string) error {
	return model.ErrBadRequest("Invalid input for If-Match. Reason: '%s' is no list of ETags in double quotes.", printed(model.Clip(at, 80)))
}
