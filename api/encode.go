package api

import (
	"strconv"

	"bordergw/model"
)

// appendValue appends what lists are mostly made of as JSON, as encoding/json does it, which spends more
// time on finding out what it has. It reports false for what it does not know.
func appendValue(to []byte, v any) ([]byte, bool) {
	switch x := v.(type) {
	case nil:
		return append(to, "null"...), true
	case string:
		return appendText(to, x)
	case bool:
		return strconv.AppendBool(to, x), true
	case int:
		return strconv.AppendInt(to, int64(x), 10), true
	case uint64:
		return strconv.AppendUint(to, x, 10), true
	case []model.Condition:
		return appendConditions(to, x)
	}
	return to, false
}

// appendText knows text that stands for itself.
func appendText(to []byte, s string) ([]byte, bool) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return to, false
		}
	}
	return append(append(append(to, '"'), s...), '"'), true
}

func appendConditions(to []byte, cs []model.Condition) (_ []byte, ok bool) {
	if cs == nil {
		return append(to, "null"...), true
	}
	to = append(to, '[')
	for i := range cs {
		if i > 0 {
			to = append(to, ',')
		}
		if to, ok = appendCondition(to, &cs[i]); !ok {
			return to, false
		}
	}
	return append(to, ']'), true
}

func appendCondition(to []byte, c *model.Condition) (_ []byte, ok bool) {
	if to, ok = appendText(append(to, `{"type":`...), c.Type); !ok {
		return to, false
	}
	to = strconv.AppendBool(append(to, `,"status":`...), c.True)
	if to, ok = appendText(append(to, `,"reason":`...), c.Reason); !ok {
		return to, false
	}
	if c.Message != "" {
		if to, ok = appendText(append(to, `,"message":`...), c.Message); !ok {
			return to, false
		}
	}
	to, err := c.Since.AppendText(append(to, `,"since":"`...))
	return append(to, `"}`...), err == nil
}
