package pathtrace

import (
	"fmt"
	"slices"
	"strings"

	"bordergw/model"
	"bordergw/vtep"
)

// in says which row of which table the hop is about.
func in(h *model.TraceHop, table string, keysAndValues ...string) *model.TraceHop {
	h.Table = table
	for pair := range slices.Chunk(keysAndValues, 2) {
		h.Row[pair[0]] = pair[1]
	}
	return h
}

// because completes a hop with what should be there, what is, and the cause; "" for nothing.
func because(h *model.TraceHop, expected, found string, c cause) {
	h.Expected, h.Found = orNull(expected), orNull(found)
	h.Why, h.Reason = c.text, c.reason
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// slotText is a slot as people write it.
func slotText(s vtep.Slot) string {
	if s.VLAN == 0 {
		return s.Port + " untagged"
	}
	return fmt.Sprintf("%s vlan %s", s.Port, s.VLAN)
}

// maxListed bounds the ports and members that a text lists.
const maxListed = 8

// listed is a list as a text shows it.
func listed(items []string) string {
	if more := len(items) - maxListed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(items[:maxListed], ", "), more)
	}
	return strings.Join(items, ", ")
}

func slotTexts(slots []vtep.Slot) string {
	var texts []string
	for _, s := range slots {
		texts = append(texts, slotText(s))
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return "one of " + listed(texts)
}

func locatorTexts(all []vtep.Locator) string {
	var texts []string
	for _, l := range all {
		texts = append(texts, l.String())
	}
	return listed(texts)
}
