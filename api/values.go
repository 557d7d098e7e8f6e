package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"bordergw/model"
)

// maxString is the length of Neutron's string columns, in characters.
const maxString = 255

// reason is why a value was refused, in the words that clients know.
type reason string

func (r reason) Error() string { return string(r) }

func reasonf(format string, args ...any) error { return reason(fmt.Sprintf(format, args...)) }

// printed renders a JSON value as Neutron's messages do, cut to a sane length.
func printed(v any) string {
	var s string
	switch x := v.(type) {
	case nil:
		return "None"
	case bool:
		return map[bool]string{true: "True", false: "False"}[x]
	case string:
		s = x
	case json.Number:
		s = x.String()
	default:
		b, _ := json.Marshal(v) // v was decoded from JSON
		s = string(b)
	}
	if r := []rune(s); len(r) > maxString {
		return string(r[:maxString]) + "…"
	}
	return s
}

// falsy follows Python, in which upstream's checks are written.
func falsy(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case bool:
		return !x
	case string:
		return x == ""
	case json.Number:
		f, err := x.Float64()
		return err == nil && f == 0
	case []any:
		return len(x) == 0
	case map[string]any:
		return len(x) == 0
	}
	return false
}

func stringValue(v any) (string, error) {
	s, ok := v.(string)
	switch {
	case !ok:
		return "", reasonf("'%s' is not a valid string", printed(v))
	case utf8.RuneCountInString(s) > maxString:
		return "", reasonf("'%s' exceeds maximum length of %d", printed(v), maxString)
	case strings.ContainsFunc(s, unicode.IsControl):
		return "", reason("control characters are not allowed")
	}
	return s, nil
}

func parseString(v any) (any, error) { return stringValue(v) }

// oneOf accepts the given strings.
func oneOf[S ~string](valid ...S) format {
	words := schema{"type": "string", "enum": valid}
	return format{request: words, answer: plainText(), parse: func(v any) (any, error) {
		s, _ := v.(string)
		if !slices.Contains(valid, S(s)) {
			return nil, reasonf("%s is not in valid_values", printed(v))
		}
		return S(s), nil
	}}
}

// orNull makes null stand for the attribute's absence.
func orNull(f format) format {
	return format{request: either(f.request, null()), answer: either(f.answer, null()), parse: func(v any) (any, error) {
		if v == nil {
			return nil, nil
		}
		return f.parse(v)
	}}
}

func parseBool(v any) (any, error) {
	switch strings.ToLower(printed(v)) {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return nil, reasonf("'%s' cannot be converted to boolean", printed(v))
}

var errRange = errors.New("out of range")

// integer reads a JSON integer or a decimal string. The error is errRange for
// an integer that is too large for an int64.
func integer(v any) (int64, error) {
	var s string
	switch x := v.(type) {
	case json.Number:
		s = x.String()
	case string:
		s = x
	}
	if strings.HasPrefix(s, "+") {
		return 0, strconv.ErrSyntax
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, errRange
	}
	return n, err
}

// bounded reads an integer within [low, high].
func bounded(v any, low, high int64) (int64, error) {
	n, err := integer(v)
	switch {
	case errors.Is(err, errRange) && strings.HasPrefix(printed(v), "-") || err == nil && n < low:
		return 0, reasonf("'%s' is too small - must be at least '%d'", printed(v), low)
	case errors.Is(err, errRange) || err == nil && n > high:
		return 0, reasonf("'%s' is too large - must be no larger than '%d'", printed(v), high)
	case err != nil:
		return 0, reasonf("'%s' is not an integer", printed(v))
	}
	return n, nil
}

// decimal accepts integers within [low, high] and their decimal text.
func decimal(low, high int64) format {
	return format{
		parse:   func(v any) (any, error) { return bounded(v, low, high) },
		request: either(integerSchema(low, high), decimalText()),
		answer:  schema{"type": "integer"},
	}
}

// as gives a decimal another type.
func as[N ~uint16 | ~uint32](f format) format {
	parse := f.parse
	f.parse = func(v any) (any, error) {
		n, err := parse(v)
		if err != nil {
			return nil, err
		}
		return N(n.(int64)), nil
	}
	return f
}

var (
	vniNumber  = as[model.VNI](decimal(1, int64(model.MaxVNI)))
	portNumber = as[uint16](decimal(0, 65535))
	stitchVLAN = as[model.VLAN](decimal(1, int64(model.MaxVLAN)))

	ipAddress   = format{parseIP, plainText(), plainText()}
	vtepAddress = format{parseVTEPAddress, schema{"type": "string", "format": "ipv4"}, schema{"type": "string", "format": "ipv4"}}
	unicastMAC  = format{parseUnicastMAC, plainText(), schema{"type": "string", "pattern": "^[0-9a-f]{2}(:[0-9a-f]{2}){5}$"}}
	nameText    = format{parseName, schema{"type": "string", "minLength": 1, "maxLength": maxString}, plainText()}
)

// segmentationNumber reads a segmentation id up to max with upstream's errors,
// which are raised rather than given as a reason.
func segmentationNumber(v any, low, high int64) (int64, error) {
	n, err := integer(v)
	switch {
	case errors.Is(err, errRange) || err == nil && (n < low || n > high):
		return 0, model.ErrInvalidInput("Segmentation id is out of range")
	case err != nil:
		return 0, model.ErrInvalidInput("Segmentation id must be a valid integer")
	}
	return n, nil
}

func parseIP(v any) (any, error) {
	s, _ := v.(string)
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return nil, reasonf("'%s' is not a valid IP address", printed(v))
	}
	return a.Unmap().String(), nil
}

func parseVTEPAddress(v any) (any, error) {
	s, isString := v.(string)
	if _, err := netip.ParseAddr(s); err != nil || !isString {
		return nil, reasonf("'%s' is not a valid IP address", printed(v))
	}
	return model.ParseVTEPAddress(s)
}

func parseUnicastMAC(v any) (any, error) {
	s, _ := v.(string)
	m, err := model.ParseMAC(s)
	switch {
	case err != nil:
		return nil, reasonf("'%s' is not a valid MAC address", printed(v))
	case !m.IsUnicast():
		return nil, reasonf("'%s' is not a unicast MAC address", printed(v))
	}
	return m, nil
}

// listOf reads a list; null and "" stand for an empty one, as upstream's
// default for lists is "".
func listOf[V any](f format) format {
	items := func(s schema) schema { return schema{"type": "array", "items": s} }
	return format{request: either(items(f.request), null(), schema{"const": ""}), answer: items(f.answer), parse: func(v any) (any, error) {
		list, isList := v.([]any)
		if !isList && v != nil && v != "" {
			return nil, reasonf("'%s' is not a list", printed(v))
		}
		out := make([]V, 0, len(list))
		for _, item := range list {
			p, err := f.parse(item)
			if err != nil {
				return nil, err
			}
			out = append(out, p.(V))
		}
		return out, nil
	}}
}

func parseName(v any) (any, error) {
	s, err := stringValue(v)
	if err == nil && s == "" {
		return nil, reason("an empty name is not allowed")
	}
	return s, err
}
