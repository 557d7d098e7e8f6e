package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNearest(t *testing.T) {
	known := []string{"blue", "black", "network", "create", "delete", "leaf10", "leaf1", ""}
	for word, want := range map[string][]string{
		"bleu":    {"blue"},
		"BLUE":    {"blue"},
		"bl":      {"blue", "black"},
		"netwrok": {"network"},
		"craete":  {"create"},
		"leaf":    {"leaf10", "leaf1"},
		"update":  nil,
		"x":       nil,
		"":        nil,
	} {
		require.Equal(t, want, nearest(word, known), word)
	}
	require.Len(t, nearest("a", []string{"a1", "a2", "a3", "a4"}), maxSuggested)
	require.Equal(t, `: did you mean "blue" or "black"?`, didYouMean("bl", known))
	require.Empty(t, didYouMean("zzz", known))
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "ab", 1}, {"abc", "abcd", 1}, {"abc", "axc", 1}, {"kitten", "sitting", 3}, {"", "ab", 2}} {
		require.Equal(t, c.want, distance(c.a, c.b, 3), "%s %s", c.a, c.b)
		require.Equal(t, c.want, distance(c.b, c.a, 3), "%s %s", c.b, c.a)
	}
	require.Greater(t, distance("a", "abcdefgh", 3), 3, "not more is computed than is asked")
}

func TestBeginningOfAnID(t *testing.T) {
	for ref, want := range map[string]bool{
		"d656": true, "D6569be4-c207": true, "d65": false, "d-6-5": false, "d65g": false, "blue": false, "": false,
	} {
		require.Equal(t, want, isBeginning(ref), ref)
	}
}
