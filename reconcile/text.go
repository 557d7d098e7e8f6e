package reconcile

import (
	"fmt"
	"strings"

	"bordergw/model"
)

// Texts of a status and of the log are short, whatever is defined and whatever a switch
// says: they are made by the functions of this file.

const (
	// maxListed bounds the reasons, MACs or names that a text spells out.
	maxListed = 10
	// maxItem bounds each of them in bytes.
	maxItem = 1 << 10
	// maxText bounds a text in bytes: a full list, and a few words.
	maxText = 12 << 10
)

// listed spells out the first of many sentences.
func listed[T any](all []T) string { return joined(all, "; ") }

// namesOf spells out the first of many names.
func namesOf(all []string) string { return joined(all, ", ") }

// joined spells out the first of many, and says how many more there are.
func joined[T any](all []T, separator string) string {
	var b strings.Builder
	for i, one := range all {
		if i > 0 {
			b.WriteString(separator)
		}
		if i == maxListed {
			fmt.Fprintf(&b, "and %d more", len(all)-maxListed)
			break
		}
		b.WriteString(model.Clip(fmt.Sprint(one), maxItem))
	}
	return b.String()
}

// bounded cuts a text that may hold what a switch or its TLS said.
func bounded(text string) string { return model.Clip(text, maxText) }
