package model

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// An undo makes of an object what it was before an update, to the byte. It is as large as the
// update: what is equal is not in it, and what has only another place is copied from there. In
// JSON it is the changed members with their patches, null for a member that was not there. A
// patch has one of these members:
//
//	v  the value was this
//	m  an object: an undo of it
//	l  a list, piece by piece: [FROM,N] copies N elements from FROM on, {"v":[…]} has elements that
//	   are gone, {"p":[AT,PATCH]} is the element at AT as it was

// undoMembers is the undo of one object, but for some members.
func undoMembers(before, after map[string]any, but []string) map[string]any {
	out := map[string]any{}
	for name := range after {
		if _, was := before[name]; !was && !slices.Contains(but, name) {
			out[name] = nil
		}
	}
	for name, was := range before {
		is, still := after[name]
		switch {
		case slices.Contains(but, name) || still && reflect.DeepEqual(was, is):
		case still:
			out[name] = undoValue(was, is)
		default:
			out[name] = map[string]any{"v": was}
		}
	}
	return out
}

// undoValue is the patch of two values that are not equal.
func undoValue(before, after any) any {
	switch was := before.(type) {
	case map[string]any:
		if is, both := after.(map[string]any); both {
			return map[string]any{"m": undoMembers(was, is, nil)}
		}
	case []any:
		if is, both := after.([]any); both {
			return undoList(was, is)
		}
	}
	return map[string]any{"v": before}
}

func undoList(before, after []any) any {
	begin, end := 0, 0
	for most := min(len(before), len(after)); begin < most && reflect.DeepEqual(before[begin], after[begin]); {
		begin++
	}
	for most := min(len(before), len(after)) - begin; end < most && reflect.DeepEqual(before[len(before)-1-end], after[len(after)-1-end]); {
		end++
	}
	p := &pieces{after: after, last: begin - 1}
	p.copied(0, begin)
	p.find(begin, len(after)-end)
	for _, v := range before[begin : len(before)-end] {
		p.add(v)
	}
	p.copied(len(after)-end, end)
	return p.patch(before)
}

// pieces are those of a list that is put together from another one.
type pieces struct {
	after []any
	// texts are those of the elements of after that may have moved, at has the first of each text,
	// named those with an identity.
	texts map[int]string
	at    map[string]int
	named map[string]int
	list  []any
	// last is the element that was copied last.
	last int
}

// find looks at the elements of after between two places.
func (p *pieces) find(from, to int) {
	p.texts, p.at, p.named = make(map[int]string, to-from), map[string]int{}, map[string]int{}
	for i := from; i < to; i++ {
		text := textOf(p.after[i])
		p.texts[i] = text
		if _, there := p.at[text]; !there {
			p.at[text] = i
		}
		if key := elementKey(p.after[i]); strings.HasPrefix(key, "value=") {
			continue
		} else if _, there := p.named[key]; !there {
			p.named[key] = i
		}
	}
}

func textOf(v any) string {
	text, _ := json.Marshal(v) // was decoded from JSON
	return string(text)
}

// add adds the element that comes next.
func (p *pieces) add(v any) {
	text := textOf(v)
	if next, there := p.texts[p.last+1]; there && next == text {
		p.copied(p.last+1, 1)
	} else if i, there := p.at[text]; there {
		p.copied(i, 1)
	} else if i, there := p.named[elementKey(v)]; there {
		p.list = append(p.list, map[string]any{"p": []any{i, undoValue(v, p.after[i])}})
		p.last = i
	} else {
		p.gone(v)
	}
}

// copied adds elements of after.
func (p *pieces) copied(from, n int) {
	if n == 0 {
		return
	}
	if last := len(p.list) - 1; last >= 0 {
		if run, isRun := p.list[last].([2]int); isRun && run[0]+run[1] == from {
			p.list[last], p.last = [2]int{run[0], run[1] + n}, from+n-1
			return
		}
	}
	p.list, p.last = append(p.list, [2]int{from, n}), from+n-1
}

// gone adds an element that after lacks.
func (p *pieces) gone(v any) {
	if last := len(p.list) - 1; last >= 0 {
		if literal, is := p.list[last].(map[string]any); is && literal["v"] != nil {
			literal["v"] = append(literal["v"].([]any), v)
			return
		}
	}
	p.list = append(p.list, map[string]any{"v": []any{v}})
}

// patch is that of the whole list. Where many small elements have changed places, the list itself is
// shorter.
func (p *pieces) patch(before []any) any {
	if len(p.list) == 0 || len(p.list) > len(before)/2 && len(textOf(p.list)) > len(textOf(before)) {
		return map[string]any{"v": before}
	}
	return map[string]any{"l": p.list}
}

// Undone makes of the members of an object what they were before an update with that undo. The
// object itself stays as it is.
func Undone(after map[string]any, undo json.RawMessage) (map[string]any, error) {
	var members map[string]any
	if err := decodeNumbers(undo, &members); err != nil {
		return nil, err
	}
	return undoneMembers(after, members)
}

func undoneMembers(after, undo map[string]any) (map[string]any, error) {
	out := make(map[string]any, len(after)+len(undo))
	for name, v := range after {
		out[name] = v
	}
	for name, patch := range undo {
		if patch == nil {
			delete(out, name)
			continue
		}
		v, err := undone(out[name], patch)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = v
	}
	return out, nil
}

// undone applies a patch to a value.
func undone(after, patch any) (any, error) {
	p, _ := patch.(map[string]any)
	if v, is := p["v"]; is {
		return v, nil
	}
	if members, is := p["m"].(map[string]any); is {
		object, is := after.(map[string]any)
		if !is {
			return nil, fmt.Errorf("the undo is of an object, and here is %T", after)
		}
		return undoneMembers(object, members)
	}
	if pieces, is := p["l"].([]any); is {
		list, is := after.([]any)
		if !is {
			return nil, fmt.Errorf("the undo is of a list, and here is %T", after)
		}
		return undoneList(list, pieces)
	}
	return nil, fmt.Errorf("there is no undo like %T", patch)
}

func undoneList(after, pieces []any) ([]any, error) {
	out := []any{}
	for _, piece := range pieces {
		if run, is := piece.([]any); is {
			from, n, err := placesOf(run, len(after))
			if err != nil {
				return nil, err
			}
			out = append(out, after[from:from+n]...)
			continue
		}
		p, _ := piece.(map[string]any)
		if literal, is := p["v"].([]any); is {
			out = append(out, literal...)
			continue
		}
		changed, _ := p["p"].([]any)
		if len(changed) != 2 {
			return nil, fmt.Errorf("there is no piece like %T", piece)
		}
		at, _, err := placesOf([]any{changed[0], json.Number("1")}, len(after))
		if err != nil {
			return nil, err
		}
		v, err := undone(after[at], changed[1])
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// placesOf reads which elements of a list of that length are meant.
func placesOf(run []any, length int) (from, n int, err error) {
	if len(run) == 2 {
		a, isFirst := run[0].(json.Number)
		b, isSecond := run[1].(json.Number)
		x, err1 := a.Int64()
		y, err2 := b.Int64()
		if isFirst && isSecond && err1 == nil && err2 == nil && x >= 0 && y >= 0 && x <= int64(length) && y <= int64(length)-x {
			return int(x), int(y), nil
		}
	}
	return 0, 0, fmt.Errorf("%v are no elements of a list of %d", run, length)
}
