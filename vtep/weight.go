package vtep

import (
	"fmt"
	"reflect"

	"bordergw/vtep/ovsdb"
)

const (
	// maxWeight bounds what is kept of a database, in bytes of memory, about. 500 ports
	// with all VLANs bound are half of it.
	maxWeight = 256 << 20
	// macWeight is what a row of a unicast table takes, atomWeight a member of a set or
	// map but for its text.
	macWeight, atomWeight = 128, 32
)

// footprint is the memory that a State takes, in bytes, about.
type footprint struct {
	// sum is that of the rows of all tables but those of unicast MACs.
	sum int
	// share counts what all sessions keep; shared is what this State has added to it.
	share  *ovsdb.Share
	shared int
	// limit is maxWeight but in tests.
	limit int
}

// count adds so many rows of unicast tables. It returns the error of a database that has
// more than is kept, by itself or together with others; the session ends with it.
func (f *footprint) count(macs int) error {
	total := f.sum + macWeight*macs
	if total > f.limit {
		return fmt.Errorf("the database holds more than %d MiB, which is more than is read of one switch", f.limit>>20)
	}
	grown := total - f.shared
	f.shared = total
	return f.share.Add(int64(grown))
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
