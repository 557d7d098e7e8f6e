package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxSuggested bounds what is suggested, and how many candidates an error lists.
const (
	maxSuggested  = 3
	maxCandidates = 10
)

// didYouMean is the end of an error about a word that is not known, or "".
func didYouMean(word string, known []string) string {
	near := nearest(word, known)
	for i := range near {
		near[i] = fmt.Sprintf("%q", near[i])
	}
	if len(near) == 0 {
		return ""
	}
	return ": did you mean " + strings.Join(near, " or ") + "?"
}

// nearest gives the known words that may have been meant, the nearest first: those that
// begin with the word, and those that differ by a slip in every three letters, three at most.
func nearest(word string, known []string) []string {
	type candidate struct {
		word string
		slip int
	}
	var found []candidate
	lower := strings.ToLower(word)
	limit := min((utf8.RuneCountInString(word)+1)/3, 3)
	for _, k := range known {
		other := strings.ToLower(k)
		switch {
		case word == "" || k == "":
		case other == lower:
			found = append(found, candidate{k, 0})
		case strings.HasPrefix(other, lower):
			found = append(found, candidate{k, 1})
		default:
			if d := distance(lower, other, limit); d <= limit {
				found = append(found, candidate{k, d})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return a.slip - b.slip })
	var out []string
	for _, c := range found[:min(len(found), maxSuggested)] {
		out = append(out, c.word)
	}
	return out
}

// distance is the number of letters that are missing, too many, wrong or in the wrong
// order, or more than limit once it is that.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if max(len(x)-len(y), len(y)-len(x)) > limit {
		return limit + 1
	}
	// The rows of the table of the lengths i-2, i-1 and i of x.
	older, old, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range old {
		old[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			wrong := 1
			if x[i-1] == y[j-1] {
				wrong = 0
			}
			row[j] = min(old[j]+1, row[j-1]+1, old[j-1]+wrong)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		older, old, row = old, row, older
	}
	return old[len(y)]
}
