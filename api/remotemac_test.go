package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"bordergw/model"

	"github.com/stretchr/testify/require"
)

const manyMACs = 50_000

// macBody is the i-th entry of a device as a client writes it.
func macBody(i int) string {
	return fmt.Sprintf(`{"mac_address":"02:00:00:%02x:%02x:%02x","vtep_address":"192.0.2.9","segmentation_id":%d}`, i>>16, i>>8&255, i&255, 7000+i%50)
}

func bulkMACs(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = macBody(i)
	}
	return `{"remote_mac_entries":[` + strings.Join(all, ",") + `]}`
}

// standingMACs gives a service the device hw with n remote MACs, and its path.
func standingMACs(tb testing.TB, n int) (*service, string) {
	s := newService(tb)
	path := devicesPath + "/" + s.hardware("hw", "192.0.2.2")
	w := s.served("POST", path+"/remote_mac_entries", bulkMACs(n))
	require.Equal(tb, http.StatusCreated, w.Code)
	return s, path
}

type macEntry struct {
	ID  string `json:"id"`
	MAC string `json:"mac_address"`
}

// TestF93_FiftyThousandInOneBody: they are taken together and shown in the order of the request.
func TestF93_FiftyThousandInOneBody(t *testing.T) {
	s, path := standingMACs(t, manyMACs)
	var shown struct {
		Device struct {
			MACs []macEntry `json:"remote_mac_entries"`
		} `json:"gateway_device"`
	}
	require.NoError(t, json.Unmarshal(s.served("GET", path, "").Body.Bytes(), &shown))
	require.Len(t, shown.Device.MACs, manyMACs)
	for i, e := range shown.Device.MACs {
		require.Contains(t, macBody(i), e.MAC)
	}
	last := shown.Device.MACs[manyMACs-1]
	require.Equal(t, last.MAC, s.do("GET", path+"/remote_mac_entries/"+last.ID, "").item("remote_mac_entry")["mac_address"])
	s.do("POST", path+"/remote_mac_entries", `{"remote_mac_entry":`+macBody(777)+`}`).refused(http.StatusConflict, "DuplicateRemoteMacEntry",
		"Request contains duplicate remote mac address entry: mac_address 02:00:00:00:03:09.")
	require.Equal(t, http.StatusNoContent, s.do("DELETE", path+"/remote_mac_entries/"+last.ID, "").status)
	require.NoError(t, json.Unmarshal(s.served("GET", path, "").Body.Bytes(), &shown))
	require.Len(t, shown.Device.MACs, manyMACs-1)
}

// TestF93_BodyLimit: 16 MiB of remote MACs are taken, one byte more is not; other bodies have their
// own limit.
func TestF93_BodyLimit(t *testing.T) {
	const limit = 16 << 20
	s := newService(t)
	path := devicesPath + "/" + s.hardware("hw", "192.0.2.2") + "/remote_mac_entries"
	padded := func(size int) string {
		text := bulkMACs(2)
		return text[:len(text)-1] + strings.Repeat(" ", size-len(text)) + "}"
	}
	s.do("POST", path, padded(limit+1)).refused(http.StatusRequestEntityTooLarge, "HTTPRequestEntityTooLarge",
		"The request body is too large: it may have 16777216 bytes.")
	for range 3 { // what a refused or finished request had is free again
		s.do("POST", path, padded(limit+1)).refused(http.StatusRequestEntityTooLarge, "HTTPRequestEntityTooLarge",
			"The request body is too large: it may have 16777216 bytes.")
	}
	require.Equal(t, http.StatusCreated, s.served("POST", path, padded(limit)).Code)
	for _, other := range []string{"/v2.0/networks", devicesPath} {
		s.do("POST", other, padded(1<<20+1)).refused(http.StatusRequestEntityTooLarge, "HTTPRequestEntityTooLarge",
			"The request body is too large: it may have 1048576 bytes.")
	}
}

// TestF93_FewLargeBodies: of large bodies two are read at a time. Others are refused at once, small
// ones are not.
func TestF93_FewLargeBodies(t *testing.T) {
	s := newService(t)
	path := devicesPath + "/" + s.hardware("hw", "192.0.2.2") + "/remote_mac_entries"
	large := strings.Repeat(" ", 1<<20+1)
	var slow []*io.PipeWriter
	answers := make(chan int)
	for range 2 {
		r, w := io.Pipe()
		slow = append(slow, w)
		go func() {
			answer := httptest.NewRecorder()
			s.http.ServeHTTP(answer, httptest.NewRequest("POST", path, r))
			answers <- answer.Code
		}()
		_, err := io.WriteString(w, large+" ") // the last byte is read with a slot
		require.NoError(t, err)
	}
	refused := s.do("POST", path, large+bulkMACs(1))
	refused.refused(http.StatusServiceUnavailable, "ServiceUnavailable", "Too many large requests are in progress. Try again in a second.")
	require.Equal(t, "1", refused.header.Get("Retry-After"))
	require.Equal(t, http.StatusCreated, s.do("POST", path, bulkMACs(1)).status)
	for _, w := range slow {
		require.NoError(t, w.Close())
		require.Equal(t, http.StatusBadRequest, <-answers)
	}
	require.Equal(t, http.StatusConflict, s.served("POST", path, large+bulkMACs(1)).Code)
}

// allocated is how many bytes a request takes, the lowest of some.
func allocated(t *testing.T, do func(i int)) uint64 {
	least := ^uint64(0)
	for i := range 10 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		do(i)
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// TestF93_RequestsCostWhatTheyConcern: with 50,000 standing, adding, showing and removing one, and
// a look at the device without them, take the memory that they take with 100; what shows
// all of them takes memory in proportion to them, and no more than a few KB at a time.
func TestF93_RequestsCostWhatTheyConcern(t *testing.T) {
	cost := func(n int) map[string]uint64 {
		s, path := standingMACs(t, n)
		macs := path + "/remote_mac_entries"
		var made []string
		status := func(want int, method, path, body string) string {
			w := s.served(method, path, body)
			require.Equal(t, want, w.Code)
			return w.Body.String()
		}
		return map[string]uint64{
			"POST": allocated(t, func(i int) {
				var e map[string]macEntry
				require.NoError(t, json.Unmarshal([]byte(status(201, "POST", macs, `{"remote_mac_entry":`+macBody(n+i)+`}`)), &e))
				made = append(made, e["remote_mac_entry"].ID)
			}),
			"GET":           allocated(t, func(i int) { status(200, "GET", macs+"/"+made[i], "") }),
			"fields":        allocated(t, func(int) { status(200, "GET", path+"?fields=name", "") }),
			"list":          allocated(t, func(int) { status(200, "GET", devicesPath+"?fields=name&fields=status", "") }),
			"DELETE":        allocated(t, func(i int) { status(204, "DELETE", macs+"/"+made[i], "") }),
			"absent DELETE": allocated(t, func(int) { status(404, "DELETE", macs+"/x", "") }),
		}
	}
	few, many := cost(100), cost(manyMACs)
	for what := range few {
		t.Logf("%s: %d bytes with 100 standing, %d with %d", what, few[what], many[what], manyMACs)
		require.Less(t, many[what], 2*few[what], what)
	}
}

// TestF93_DeviceIsStreamed: a device is sent while it is encoded.
func TestF93_DeviceIsStreamed(t *testing.T) {
	s, path := standingMACs(t, manyMACs)
	w := &pieces{ResponseRecorder: httptest.NewRecorder()}
	s.http.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	require.Equal(t, http.StatusOK, w.Code)
	require.Greater(t, w.written, 4<<20)
	require.LessOrEqual(t, w.largest, 64<<10)
}

// pieces is how an answer was written, in bytes.
type pieces struct {
	*httptest.ResponseRecorder
	written, largest int
}

func (p *pieces) Write(b []byte) (int, error) {
	p.written, p.largest = p.written+len(b), max(p.largest, len(b))
	return len(b), nil
}

// A streamed answer has no more in it that a terminal acts on than any other.
func TestStreamIsPrintable(t *testing.T) {
	s := newService(t)
	_, err := s.store.CreateNetwork(t.Context(), model.Network{Record: model.Record{ID: "n"}, Name: "a\u202eb\u009bc"})
	require.NoError(t, err)
	for _, path := range []string{"/v2.0/networks", "/v2.0/networks/n", "/v1/export"} {
		a := s.do("GET", path, "")
		require.NotContains(t, a.text, "\u202e", path)
		require.NotContains(t, a.text, "\u009b", path)
	}
	require.Equal(t, "a\u202eb\u009bc", s.do("GET", "/v2.0/networks/n", "").item("network")["name"])
}

// BenchmarkRemoteMAC adds a remote MAC over the API, by how many stand.
func BenchmarkRemoteMAC(b *testing.B) {
	for _, n := range []int{100, manyMACs} {
		s, path := standingMACs(b, n)
		b.Run(fmt.Sprint("POST/", n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				require.Equal(b, 201, s.served("POST", path+"/remote_mac_entries", `{"remote_mac_entry":`+macBody(n+i)+`}`).Code)
			}
		})
		made := s.do("POST", path+"/remote_mac_entries", `{"remote_mac_entry":`+macBody(1<<22)+`}`).item("remote_mac_entry")["id"].(string)
		b.Run(fmt.Sprint("GET/", n), func(b *testing.B) {
			for b.Loop() {
				require.Equal(b, 200, s.served("GET", path+"/remote_mac_entries/"+made, "").Code)
			}
		})
		b.Run(fmt.Sprint("GET-device/", n), func(b *testing.B) {
			for b.Loop() {
				require.Equal(b, 200, s.served("GET", path, "").Code)
			}
		})
		b.Run(fmt.Sprint("GET-device-name/", n), func(b *testing.B) {
			for b.Loop() {
				require.Equal(b, 200, s.served("GET", path+"?fields=name", "").Code)
			}
		})
	}
}

// BenchmarkRemoteMACs adds 20,000 remote MACs in one request.
func BenchmarkRemoteMACs(b *testing.B) {
	body := bulkMACs(20_000)
	for b.Loop() {
		b.StopTimer()
		s := newService(b)
		path := devicesPath + "/" + s.hardware("hw", "192.0.2.2")
		b.StartTimer()
		require.Equal(b, 201, s.served("POST", path+"/remote_mac_entries", body).Code)
	}
}
