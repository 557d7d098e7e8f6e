package vtep_test

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"bordergw/internal/ovsdbtest"
	"bordergw/vtep"

	"github.com/stretchr/testify/require"
)

// TestMalformedRowLeavesSessionUsable: an update of which the second row is
// malformed ends the session; whoever asks it for a plan or for facts then must
// not wait for an end of the update that never comes.
func TestMalformedRowLeavesSessionUsable(t *testing.T) {
	const row = `"6a2b5f9e-2f1c-4b60-9a52-0d7f3f1c0001":{"insert":{"name":"net"}}`
	for name, table := range map[string]string{
		"not a uuid":      `{"Logical_Switch":{` + row + `,"zzz":{"insert":{}}}}`,
		"not an object":   `{"Logical_Switch":{` + row + `,"6a2b5f9e-2f1c-4b60-9a52-0d7f3f1c0002":5}}`,
		"wrong type":      `{"Logical_Switch":{` + row + `,"6a2b5f9e-2f1c-4b60-9a52-0d7f3f1c0002":{"insert":{"name":5}}}}`,
		"table no object": `{"Logical_Switch":{` + row + `},"Physical_Port":7}`,
	} {
		t.Run(name, func(t *testing.T) {
			schema := ovsdbtest.Start(t).Schema()
			server, client := net.Pipe()
			go serve(server, func(r request) string {
				switch r.Method {
				case "list_dbs":
					return `{"id":0,"result":["hardware_vtep"],"error":null}`
				case "get_schema":
					return `{"id":0,"result":` + schema + `,"error":null}`
				case "monitor_cond_since":
					return `{"id":0,"result":[false,"00000000-0000-0000-0000-000000000000",{}],"error":null}`
				}
				return ""
			})
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			s, err := vtep.Open(ctx, client, vtep.Opening{})
			require.NoError(t, err)
			_, err = io.WriteString(server, `{"id":null,"method":"update3","params":["m1","00000000-0000-0000-0000-000000000000",`+table+`]}`)
			require.NoError(t, err)
			<-s.Done()
			require.NotErrorIs(t, s.Err(), io.EOF, "the session ends because of the update")
			asked := make(chan struct{})
			go func() {
				defer close(asked)
				s.Facts()
				s.Plan(&vtep.Want{}, vtep.Whole)
			}()
			select {
			case <-asked:
			case <-ctx.Done():
				t.Fatal("the session's state stays locked")
			}
		})
	}
}
