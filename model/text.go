package model

import (
	"fmt"
	"strings"
)

// Texts of a status and of the log are short, whatever is defined and whatever a switch
// says: they are made by the functions of this file.

const (
	// MaxListed bounds the reasons, MACs or names that a text spells out.
	MaxListed = 10
	// MaxItem bounds each of them in bytes.
	MaxItem = 1 << 10
	// MaxText bounds a text in bytes: a full list, and a few words.
	MaxText = 12 << 10
)

// Listed spells out the first of many sentences.
func Listed[T any](all []T) string { return Joined(all, "; ") }

// NamesOf spells out the first of many names.
func NamesOf(all []string) string { return Joined(all, ", ") }

// Joined spells out the first of many, and says how many more there are.
func Joined[T any](all []T, separator string) string {
	var b strings.Builder
	for i, one := range all {
		if i > 0 {
			b.WriteString(separator)
		}
		if i == MaxListed {
			fmt.Fprintf(&b, "and %d more", len(all)-MaxListed)
			break
		}
		b.WriteString(Clip(fmt.Sprint(one), MaxItem))
	}
	return b.String()
}

// Bounded cuts a text that may hold what a switch or its TLS said.
func Bounded(text string) string { return Clip(text, MaxText) }
