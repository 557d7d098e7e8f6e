package ovsdb

import (
	"encoding/json"
	"fmt"
	"sync"
)

// Schema is a database schema as the server reports it (RFC 7047, section 3.2).
// Members that are not listed here are ignored, so that newer servers do.
type Schema struct {
	Name    string                 `json:"name"`
	Version string                 `json:"version"` // "x.y.z"
	Tables  map[string]TableSchema `json:"tables"`
}

// TableSchema describes a table.
type TableSchema struct {
	Columns map[string]ColumnSchema `json:"columns"`
	IsRoot  bool                    `json:"isRoot"`
	Indexes [][]string              `json:"indexes"`
}

// ColumnSchema describes a column.
type ColumnSchema struct {
	Type      ColumnType `json:"type"`
	Ephemeral bool       `json:"ephemeral"`
}

// Unlimited is the ColumnType.Max of "unlimited".
const Unlimited = -1

// ColumnType is the type of a column. It holds from Min to Max values of the
// type Key or, if Value is not empty, pairs of them.
type ColumnType struct {
	Key, Value BaseType
	Min, Max   int
}

// BaseType is "integer", "real", "boolean", "string" or "uuid".
type BaseType struct {
	Type     string `json:"type"`
	RefTable string `json:"refTable"` // what a uuid refers to, if anything
}

// UnmarshalJSON reads a <base-type>.
func (b *BaseType) UnmarshalJSON(raw []byte) error {
	type plain BaseType
	if json.Unmarshal(raw, &b.Type) == nil {
		return nil
	}
	return json.Unmarshal(raw, (*plain)(b))
}

// UnmarshalJSON reads a <type>.
func (t *ColumnType) UnmarshalJSON(raw []byte) error {
	*t = ColumnType{Min: 1, Max: 1}
	if json.Unmarshal(raw, &t.Key.Type) == nil {
		return nil
	}
	in := struct {
		Key, Value *BaseType
		Min        *int
		Max        json.RawMessage
	}{Key: &t.Key, Value: &t.Value, Min: &t.Min}
	if err := json.Unmarshal(raw, &in); err != nil {
		return err
	}
	if len(in.Max) == 0 {
		return nil
	}
	if string(in.Max) == `"unlimited"` {
		t.Max = Unlimited
		return nil
	}
	return json.Unmarshal(in.Max, &t.Max)
}

func listDBs(names *[]string) *call {
	return newCall("list_dbs", func(raw []byte) error { return decode(raw, names) })
}

func getSchema(schema **Schema) *call {
	return newCall("get_schema", func(raw []byte) (err error) {
		*schema, err = known.parse(raw)
		return err
	})
}

// maxKnown is how many schemas are remembered, of up to maxKnownText bytes.
// Switches of one make have the same.
const maxKnown, maxKnownText = 16, 64 << 10

// schemas remembers what was parsed, by its text.
type schemas struct {
	mu     sync.Mutex
	byText map[string]*Schema
}

var known schemas

func (k *schemas) parse(raw []byte) (*Schema, error) {
	k.mu.Lock()
	schema := k.byText[string(raw)]
	k.mu.Unlock()
	if schema != nil {
		return schema, nil
	}
	schema, err := parseSchema(raw)
	if err != nil || len(raw) > maxKnownText {
		return schema, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.byText == nil || len(k.byText) >= maxKnown {
		k.byText = map[string]*Schema{}
	}
	k.byText[string(raw)] = schema
	return schema, nil
}

func parseSchema(raw []byte) (*Schema, error) {
	var s Schema
	if err := decode(raw, &s); err != nil {
		return nil, err
	}
	if s.Name == "" || s.Tables == nil {
		return nil, protocolf("schema without a name or tables")
	}
	for name, t := range s.Tables {
		for column, c := range t.Columns {
			if c.Type.Key.Type == "" {
				return nil, protocolf("schema: column %s of table %s has no type", excerpt([]byte(column)), excerpt([]byte(name)))
			}
		}
	}
	return &s, nil
}

// maxSmall bounds, in bytes, a result that decode takes: decoded, a hostile one
// takes many times its size. The hardware_vtep schema has 12 KiB.
const maxSmall = 4 << 20

// decode is for small results only: it works by reflection.
func decode(raw []byte, v any) error {
	if len(raw) > maxSmall {
		return protocolf("result of %d bytes, more than %d", len(raw), maxSmall)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	return nil
}
