package vtep_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"bordergw/vtep"
	"bordergw/vtep/ovsdb"

	"github.com/stretchr/testify/require"
)

// TestDatabaseTooLarge: a switch may report rows without end, of any table. The session
// reads up to a limit in bytes, then ends with the reason.
func TestDatabaseTooLarge(t *testing.T) {
	const limit = 16 << 20
	long := strings.Repeat("x", 1<<16)
	for table, row := range map[string]string{
		"Physical_Port":     `{"name":"` + long + `%d"}`,
		"Logical_Switch":    `{"other_config":["map",[["` + long + `%d","x"]]]}`,
		"Physical_Switch":   `{"name":"%d","switch_fault_status":["set",["` + long + `"]]}`,
		"Ucast_Macs_Local":  `{"MAC":"%d","logical_switch":` + someUUID + `,"locator":` + someUUID + `}`,
		"Ucast_Macs_Remote": `{}`, // the server reports only their UUIDs
		"Mcast_Macs_Remote": `{"MAC":"%d` + long + `"}`,
		"Physical_Locator":  `{"dst_ip":"%d` + long + `"}`,
		"Tunnel":            `{"bfd_status":["map",[["` + long + `%d","x"]]]}`,
	} {
		t.Run(table, func(t *testing.T) {
			s := vtep.NewState(capsOf(t, "1.7.0"))
			s.Limit(limit)
			before := heap()
			var err error
			for i := uint64(0); err == nil && i < 4*limit/128; i++ {
				u := ovsdb.RowUpdate{Table: table, Kind: ovsdb.KindInsert, Row: json.RawMessage(strings.Replace(row, "%d", fmt.Sprint(i), 1))}
				binary.BigEndian.PutUint64(u.UUID[:], i)
				err = s.Update(u)
			}
			require.ErrorContains(t, err, "the database holds more than 16 MiB")
			require.Less(t, heap()-before, uint64(7*limit/2))
			runtime.KeepAlive(s)
		})
	}
}

// TestWeightOfWhatGoes: what is gone or replaced does not count.
func TestWeightOfWhatGoes(t *testing.T) {
	s := vtep.NewState(capsOf(t, "1.7.0"))
	s.Limit(16 << 20)
	long := strings.Repeat("x", 1<<20)
	for i := range 17 {
		require.NoError(t, feed(s, ovsdb.KindInsert, false, "Physical_Port", 1, fmt.Sprintf(`{"name":"%d%s"}`, i, long)))
		require.NoError(t, feed(s, ovsdb.KindModify, true, "Physical_Port", 1, fmt.Sprintf(`{"port_fault_status":"%d%s"}`, i, long)))
		require.NoError(t, feed(s, ovsdb.KindModify, true, "Physical_Port", 1, fmt.Sprintf(`{"port_fault_status":"%d%s"}`, i, long)))
		require.NoError(t, feed(s, ovsdb.KindDelete, false, "Physical_Port", 1, ``))
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestLongSet: the members of a set are not compared each with all others.
func TestLongSet(t *testing.T) {
	members := make([]string, 300_000)
	for i := range members {
		members[i] = fmt.Sprintf(`"%036d"`, i)
	}
	row := `{"switch_fault_status":["set",[` + strings.Join(members, ",") + `]]}`
	s := vtep.NewState(capsOf(t, "1.7.0"))
	require.NoError(t, feed(s, ovsdb.KindInsert, false, "Physical_Switch", 1, row))
	require.NoError(t, feed(s, ovsdb.KindModify, true, "Physical_Switch", 1, row))
}
