package vtep

import (
	"fmt"
	"reflect"
)

const (
	// maxWeight bounds what is kept of a database, in bytes of memory, about. 500 ports
	// with all VLANs bound are half of it.
	maxWeight = 256 << 20
	// macWeight is what a row of a unicast table takes, atomWeight a member of a set or
	// map but for its text.
	macWeight, atomWeight = 128, 32
)

// tooLarge is the error of a database that has more than is kept, by itself or together
// with others, nil if it has not.
// The session ends with it.
func (s *State) tooLarge() error {
	total := s.weight + macWeight*(s.ucastRemote.held()+s.ucastLocal.held())
	if total > s.limit {
		return fmt.Errorf("the database holds more than %d MiB, which is more than is read of one switch", s.limit>>20)
	}
	grown := total - s.shared
	s.shared = total
	return s.share.Add(int64(grown))
}

// held counts the rows that take memory, also those that are only known to be there.
func (t *macTable) held() int { return t.len() + len(t.partial) }

// weight is the memory that a row takes, in bytes, about; 0 for none.
func weight[T any](row *T) int {
	if row == nil {
		return 0
	}
	v := reflect.ValueOf(row).Elem()
	sum := int(v.Type().Size())
	for _, f := range columnFields(v.Type()) {
		sum += fieldWeight(v.Field(f.index).Addr().Interface())
	}
	return sum
}

func fieldWeight(field any) (sum int) {
	switch f := field.(type) {
	case *string:
		return len(*f)
	case **string:
		if *f != nil {
			return len(**f)
		}
	case *[]string:
		for _, s := range *f {
			sum += atomWeight + len(s)
		}
	case *map[int]string:
		for _, s := range *f {
			sum += atomWeight + len(s)
		}
	case *map[string]string:
		for k, s := range *f {
			sum += atomWeight + len(k) + len(s)
		}
	}
	return sum
}
