package model

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// requireUndone checks that the undo of an update gives back what was, and leaves what is.
func requireUndone(t *testing.T, before, after []byte) Comparison {
	t.Helper()
	c, err := Compare(before, after)
	require.NoError(t, err)
	var is map[string]any
	require.NoError(t, decodeNumbers(after, &is))
	if c.Undo == nil { // one of the two is no object
		return c
	}
	was, err := Undone(is, c.Undo)
	require.NoError(t, err)
	text, err := json.Marshal(was)
	require.NoError(t, err)
	require.Equal(t, canonical(t, before), string(text), "undo %s", c.Undo)
	still, err := json.Marshal(is)
	require.NoError(t, err)
	require.Equal(t, canonical(t, after), string(still), "the object itself changed")
	return c
}

func canonical(t *testing.T, text []byte) string {
	var v any
	require.NoError(t, decodeNumbers(text, &v))
	out, err := json.Marshal(v)
	require.NoError(t, err)
	return string(out)
}

func TestUndoIsAsSmallAsTheChange(t *testing.T) {
	vlans := make([]int, 4000)
	for i := range vlans {
		vlans[i] = i + 1
	}
	gateway := func(name string, devices ...any) []byte {
		text, err := json.Marshal(map[string]any{"name": name, "devices": devices})
		require.NoError(t, err)
		return text
	}
	sw := func(name string, ports ...any) any {
		return map[string]any{"id": "id-" + name, "device_name": name, "interfaces": ports}
	}
	port := func(name string, vlans []int) any { return map[string]any{"name": name, "vlans": vlans} }
	without := slices.Delete(slices.Clone(vlans), 2000, 2001)
	swapped := slices.Concat(vlans[2000:], vlans[:2000])
	was := gateway("a", sw("s1", port("p1", vlans), port("p2", vlans)), sw("s2", port("p1", vlans)))
	for name, is := range map[string][]byte{
		"renamed":               gateway("b", sw("s1", port("p1", vlans), port("p2", vlans)), sw("s2", port("p1", vlans))),
		"a VLAN less":           gateway("a", sw("s1", port("p1", without), port("p2", vlans)), sw("s2", port("p1", vlans))),
		"VLANs elsewhere":       gateway("a", sw("s1", port("p1", swapped), port("p2", vlans)), sw("s2", port("p1", vlans))),
		"ports in other order":  gateway("a", sw("s1", port("p2", vlans), port("p1", vlans)), sw("s2", port("p1", vlans))),
		"switches swapped":      gateway("a", sw("s2", port("p1", vlans)), sw("s1", port("p1", vlans), port("p2", vlans))),
		"port twice, one VLAN+": gateway("a", sw("s1", port("p1", vlans), port("p3", vlans), port("p2", append(without, 7))), sw("s2", port("p1", vlans))),
	} {
		c := requireUndone(t, was, is)
		require.Less(t, len(c.Undo), 250, "%s: %.300s", name, c.Undo)
		back := requireUndone(t, is, was)
		require.Less(t, len(back.Undo), len(is)+100, name)
	}
}

// TestUndoIsNoLargerThanTheObject: a list whose small elements are shuffled is kept whole.
func TestUndoIsNoLargerThanTheObject(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	list := r.Perm(1000)
	before, err := json.Marshal(map[string]any{"l": list})
	require.NoError(t, err)
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	after, err := json.Marshal(map[string]any{"l": list})
	require.NoError(t, err)
	c := requireUndone(t, before, after)
	require.Less(t, len(c.Undo), len(before)+50)
}

// TestUndoOfRandomChanges changes values at random, any number of times.
func TestUndoOfRandomChanges(t *testing.T) {
	for seed := range uint64(300) {
		g := &jsonGenerator{rand.New(rand.NewPCG(seed, 9))}
		before := g.object(3)
		after := g.changed(before, 3).(map[string]any)
		a, err := json.Marshal(before)
		require.NoError(t, err)
		b, err := json.Marshal(after)
		require.NoError(t, err)
		requireUndone(t, a, b)
	}
}

type jsonGenerator struct{ *rand.Rand }

func (g *jsonGenerator) object(depth int) map[string]any {
	out := map[string]any{}
	for range g.IntN(5) {
		out[fmt.Sprint("m", g.IntN(6))] = g.value(depth - 1)
	}
	if g.IntN(2) == 0 {
		out["id"] = fmt.Sprint("i", g.IntN(4))
	}
	return out
}

func (g *jsonGenerator) value(depth int) any {
	kind := g.IntN(6)
	switch {
	case kind == 0:
		return nil
	case kind <= 2 || depth <= 0:
		return g.IntN(5)
	case kind == 3:
		return g.object(depth)
	}
	list := []any{}
	for range g.IntN(8) {
		list = append(list, g.value(depth-1))
	}
	return list
}

func (g *jsonGenerator) changed(v any, depth int) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, w := range v {
			switch g.IntN(6) {
			case 0:
			case 1:
				out[name] = g.value(depth)
			default:
				out[name] = g.changed(w, depth-1)
			}
		}
		return out
	case []any:
		out := slices.Clone(v)
		for i := range out {
			if g.IntN(3) == 0 {
				out[i] = g.changed(out[i], depth-1)
			}
		}
		switch {
		case g.IntN(3) == 0:
			g.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		case len(out) > 0 && g.IntN(2) == 0:
			at := g.IntN(len(out))
			out = slices.Delete(out, at, at+1)
		default:
			out = slices.Insert(out, g.IntN(len(out)+1), g.value(depth))
		}
		return out
	}
	return v
}

// TestDamagedUndo: what is no undo of the object is refused.
func TestDamagedUndo(t *testing.T) {
	is := map[string]any{"o": map[string]any{"a": json.Number("1")}, "l": []any{json.Number("1")}}
	for _, undo := range []string{
		`{`, `[]`, `{"o":1}`, `{"o":{"l":[]}}`, `{"l":{"m":{}}}`, `{"l":{"l":[[0,2]]}}`, `{"l":{"l":[[-1,1]]}}`, `{"l":{"l":[[1]]}}`,
		`{"l":{"l":[{"p":[1,{"v":1}]}]}}`, `{"l":{"l":[{"p":[0]}]}}`, `{"l":{"l":["x"]}}`, `{"l":{"l":[[0.5,1]]}}`, `{"o":{"m":{"a":7}}}`,
		`{"l":{"l":[[9223372036854775807,1]]}}`,
	} {
		_, err := Undone(is, json.RawMessage(undo))
		require.Error(t, err, undo)
	}
}

func FuzzUndone(f *testing.F) {
	f.Add(`{"l":[1,2]}`, `{"l":{"l":[[0,1],{"v":[3]},{"p":[1,{"v":null}]}]}}`)
	f.Fuzz(func(t *testing.T, object, undo string) {
		var is map[string]any
		if len(object)+len(undo) > 1<<10 || strings.Count(undo, "[") > 50 || decodeNumbers([]byte(object), &is) != nil {
			return
		}
		_, _ = Undone(is, json.RawMessage(undo)) // it neither panics nor hangs
	})
}
