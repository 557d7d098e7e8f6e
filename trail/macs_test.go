package trail

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"bordergw/model"
)

func mac(n int) model.MAC {
	return model.MAC{2, 0, 0, byte(n >> 16), byte(n >> 8), byte(n)}
}

// world has the networks blue and red, and the switches sw1 to sw3.
func world() *model.Definitions {
	d := model.NewDefinitions("s", 1)
	for i, n := range []string{"blue", "red"} {
		d.Networks = d.Networks.With(&model.Network{Record: model.Record{ID: n + "-id", Seq: uint64(i) + 1}, Name: n})
	}
	for i := range 3 {
		name := fmt.Sprintf("sw%d", i+1)
		d.Devices = d.Devices.With(&model.GatewayDevice{Record: model.Record{ID: name + "-id", Seq: uint64(i) + 10}, Name: name})
	}
	return d
}

// seen is a picture in which some switches have reported.
func seen(defs *model.Definitions, reported ...string) *picture {
	p := &picture{defs: defs, at: map[macAt]model.MACPlace{}, reported: map[string]bool{}}
	for _, sw := range reported {
		p.reported[sw+"-id"] = true
	}
	return p
}

// with has MACs of network blue at a switch, "" for nowhere.
func (p *picture) with(sw string, macs ...int) *picture {
	out := &picture{defs: p.defs, at: map[macAt]model.MACPlace{}, reported: p.reported}
	for k, v := range p.at {
		out.at[k] = v
	}
	for _, n := range macs {
		k := macAt{"blue-id", mac(n)}
		if delete(out.at, k); sw != "" {
			out.at[k] = model.MACPlace{Device: sw + "-id", Endpoint: model.VTEPAddress{10, 0, 0, sw[2]}}
		}
	}
	return out
}

func TestMACEvents(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		now := seen(world(), "sw1", "sw2")
		f.MACs(now)
		f.events(time.Second)
		now = now.with("sw1", 10)
		f.MACs(now)
		f.events(time.Second)
		now = now.with("sw2", 10)
		f.MACs(now)
		f.events(time.Second)
		frozen := now.with("sw2", 10)
		frozen.at[macAt{"blue-id", mac(10)}] = model.MACPlace{Device: "sw2-id", Endpoint: now.at[macAt{"blue-id", mac(10)}].Endpoint, Frozen: true}
		f.MACs(frozen)
		f.events(time.Second)
		f.MACs(now)
		f.events(time.Second)
		f.MACs(now.with("", 10))
		all := f.events(time.Second)
		require.Equal(t, []string{
			"mac.learned: MAC 02:00:00:00:00:0a of network blue learned on sw1",
			"mac.moved: MAC 02:00:00:00:00:0a of network blue moved from sw1 to sw2",
			"mac.frozen: MAC 02:00:00:00:00:0a of network blue frozen on sw2: it moved too often",
			"mac.thawed: MAC 02:00:00:00:00:0a of network blue thawed on sw2",
			"mac.gone: MAC 02:00:00:00:00:0a of network blue gone from sw2",
		}, texts(all))
		require.Equal(t, []model.ObjectRef{{Kind: "network", ID: "blue-id", Name: "blue"}, device("sw1"), device("sw2")}, all[3].Related)
		require.Equal(t, 2, f.count(macsBucket))
		require.Zero(t, f.count(openBucket))
	})
}

// count is how many records a bucket has.
func (f *fixture) count(bucket []byte) (n int) {
	require.NoError(f.t, f.present.Load().file.view(func(tx *bolt.Tx) error {
		return tx.Bucket(bucket).ForEach(func(_, _ []byte) error {
			n++
			return nil
		})
	}))
	return n
}

func numbers(from, to int) (out []int) {
	for n := from; n < to; n++ {
		out = append(out, n)
	}
	return out
}

func TestFirstReportIsOneSummary(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		defs := world()
		f.MACs(seen(defs))
		f.events(time.Second)
		f.MACs(seen(defs, "sw1").with("sw1", numbers(0, 7000)...))
		want := []string{"mac.summary: MACs on sw1 in its first report: 7000 learned, 0 moved, 0 gone"}
		require.Equal(t, want, texts(f.events(10*time.Second)))
		f.stop()

		f.run() // the first 10 have gone meanwhile, and others moved
		f.MACs(seen(defs))
		f.events(time.Second)
		f.MACs(seen(defs, "sw1", "sw2").with("sw1", numbers(20, 7000)...).with("sw2", numbers(10, 20)...))
		want = append(want, "mac.summary: MACs on sw2 in its first report: 0 learned, 10 moved, 0 gone")
		require.Equal(t, want, texts(f.events(30*time.Second)))
		all := texts(f.events(5 * time.Minute))
		require.Len(t, all, len(want)+10)
		require.Contains(t, all[len(all)-1], "gone from sw1")
		require.Equal(t, 6990, f.count(openBucket))
	})
}

// TestSilentSwitchKeepsItsPlaces: what a switch had before a restart is not gone before it has reported.
func TestSilentSwitchKeepsItsPlaces(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		defs := world()
		f.MACs(seen(defs, "sw1", "sw2").with("sw1", 1).with("sw2", 2))
		f.events(time.Second)
		f.stop()
		f.run()
		f.MACs(seen(defs))
		f.events(time.Second)
		f.MACs(seen(defs, "sw2"))
		f.events(10 * time.Minute)
		require.Equal(t, 1, f.count(openBucket))
		f.MACs(seen(defs, "sw1", "sw2"))
		f.events(10 * time.Minute)
		require.Zero(t, f.count(openBucket))
	})
}

func TestManyMACsAreSummarised(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		now := seen(world(), "sw1", "sw2")
		f.MACs(now)
		f.events(time.Second)
		for i := range 3 { // 10,000 a second
			now = now.with("sw1", numbers(i*10_000, (i+1)*10_000)...)
			f.MACs(now)
			f.events(time.Second)
		}
		single, summed := 0, 0
		for _, e := range f.events(time.Minute) {
			switch e.Type {
			case "mac.learned":
				single++
			case "mac.summary":
				require.Equal(t, "sw1", e.Data["device"])
				require.Equal(t, "blue", e.Data["network"])
				summed += int(e.Data["learned"].(float64))
			}
		}
		require.Equal(t, 30_000, single+summed)
		require.LessOrEqual(t, single, macBurst+macRate*10)
		require.Equal(t, 30_000, f.count(openBucket))
	})
}

// TestPlacesOfMAC: what is remembered of a MAC is what happened to it, at most 16 places.
func TestPlacesOfMAC(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		rng := rand.New(rand.NewPCG(1, 2))
		now := seen(world(), "sw1", "sw2", "sw3")
		f.MACs(now)
		f.events(time.Second)
		where := map[int][]string{}
		for range 200 {
			n, sw := rng.IntN(5), []string{"sw1", "sw2", "sw3", ""}[rng.IntN(4)]
			now = now.with(sw, n)
			f.MACs(now)
			f.events(time.Second)
			list := where[n]
			if len(list) == 0 && sw != "" || len(list) > 0 && list[len(list)-1] != sw {
				where[n] = append(list, sw)
			}
		}
		for n, list := range where {
			former, present := f.places(mac(n))
			var want []string
			for _, sw := range list[:len(list)-1] {
				if sw != "" {
					want = append(want, sw+"-id")
				}
			}
			require.Equal(t, want[max(0, len(want)-maxPlacesOfMAC):], former, "MAC %d", n)
			last := ""
			if list[len(list)-1] != "" {
				last = list[len(list)-1] + "-id"
			}
			require.Equal(t, last, present)
		}
		require.Equal(t, f.count(macsBucket), f.count(orderBucket))
		require.Equal(t, uint64(f.count(macsBucket)), f.present.Load().places)
		require.Equal(t, uint64(f.count(openBucket)), f.present.Load().open)
	})
}

// places are where a MAC was, oldest first, and where it is.
func (f *fixture) places(m model.MAC) (former []string, present string) {
	key := macKey(m, "blue-id")
	require.NoError(f.t, f.present.Load().file.view(func(tx *bolt.Tx) error {
		if v := tx.Bucket(openBucket).Get(key); v != nil {
			p, err := decodePlace(v)
			require.NoError(f.t, err)
			require.True(f.t, p.to.IsZero())
			present = p.device
		}
		return tx.Bucket(macsBucket).ForEach(func(k, v []byte) error {
			if of, _, ok := splitMACKey(k[:len(k)-8]); ok && of == m {
				p, err := decodePlace(v)
				require.NoError(f.t, err)
				require.LessOrEqual(f.t, len(v), 96)
				require.False(f.t, p.to.Before(p.from))
				former = append(former, p.device)
			}
			return nil
		})
	}))
	return former, present
}
