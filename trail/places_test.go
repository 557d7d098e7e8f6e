package trail

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bordergw/model"
)

// TestPlacesOfAMAC: where a MAC was is read back in order, with what is kept, also after a restart.
func TestPlacesOfAMAC(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		mac, other := model.MAC{2, 0, 0, 0, 0, 10}, model.MAC{2, 0, 0, 0, 0, 11}
		at := func(network, device string, m model.MAC) *picture {
			return &picture{defs: f.audit.defs, at: map[macAt]model.MACPlace{{network, m}: {Device: device, Endpoint: model.VTEPAddress{10, 0, 0, 1}}}}
		}
		began := time.Now()
		f.MACs(at("n1", "a", mac))
		time.Sleep(time.Minute)
		f.MACs(at("n1", "b", mac))
		time.Sleep(time.Minute)
		f.MACs(&picture{defs: f.audit.defs})
		time.Sleep(time.Minute)
		f.MACs(at("n2", "a", mac))
		f.events(time.Minute)
		places, err := f.Places(mac, "")
		require.NoError(t, err)
		require.Len(t, places, 3)
		type is struct {
			network, device string
			moved, open     bool
		}
		var got []is
		for _, p := range places {
			got = append(got, is{p.Network, p.Device, p.Moved, p.To.IsZero()})
			require.Equal(t, model.VTEPAddress{10, 0, 0, 1}, p.Endpoint)
		}
		require.Equal(t, []is{{"n1", "a", false, false}, {"n1", "b", true, false}, {"n2", "a", false, true}}, got)
		require.Equal(t, places[0].To, places[1].From)
		require.WithinDuration(t, began.Add(time.Minute), places[1].From, time.Second)

		none, err := f.Places(other, "")
		require.NoError(t, err)
		require.Empty(t, none)
		open, err := f.Present([]model.MACKey{{Network: "n1", MAC: mac}, {Network: "n2", MAC: mac}, {Network: "n2", MAC: other}})
		require.NoError(t, err)
		require.Equal(t, map[model.MACKey]model.FormerPlace{{Network: "n2", MAC: mac}: places[2]}, open)

		kept, err := f.Kept()
		require.NoError(t, err)
		require.Zero(t, kept.Days)
		require.WithinDuration(t, began, kept.Since, time.Second)
		time.Sleep(40 * 24 * time.Hour)
		kept, err = f.Kept()
		require.NoError(t, err)
		require.Equal(t, model.PlacesKept{Since: time.Now().Add(-DefaultDays * 24 * time.Hour), Days: DefaultDays}, kept)
	})
}

// TestCrowdedPlaces: where places were removed for their number, nothing is said of what was before.
func TestCrowdedPlaces(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		mac := model.MAC{2, 0, 0, 0, 0, 10}
		for i := range 8 {
			p := &picture{defs: f.audit.defs, at: map[macAt]model.MACPlace{}}
			for n := range byte(4) {
				p.at[macAt{"n", model.MAC{2, 0, 0, 0, 0, 10 + n}}] = model.MACPlace{Device: string(rune('a' + i%2))}
			}
			f.MACs(p)
			time.Sleep(2 * time.Minute)
		}
		f.events(time.Hour)
		kept, err := f.Kept()
		require.NoError(t, err)
		places, err := f.Places(mac, "")
		require.NoError(t, err)
		require.NotEmpty(t, places)
		require.False(t, kept.Since.After(places[0].To), "%s: %v", kept.Since, places)
		require.Greater(t, time.Since(kept.Since), time.Hour)
		require.Less(t, time.Since(kept.Since), time.Hour+16*time.Minute)
	}, func(b *bounds) { b.places = 8 })
}
