package browser_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestPictures makes the pictures of docs/ui.md, where -pictures says so.
func TestPictures(t *testing.T) {
	if *pictures == "" {
		return
	}
	s := many(t)
	b := open(t, s.url)
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		for name, path := range s.pages() {
			b.do(chromedp.EmulateViewport(1280, 800))
			b.see(path)
			if name == "plan" {
				b.plan(changed(s.file()))
			}
			b.save(name + "-" + scheme)
			if name == "overview" {
				b.do(chromedp.EmulateViewport(400, 800))
				b.save(name + "-narrow-" + scheme)
			}
			if name == "error" {
				b.forgive() // the console tells of the 404
			}
		}
	}
}

// changed is a site file with a network more, a switch elsewhere, and a connection with another VLAN.
func changed(file string) string {
	file = strings.Replace(file, "location: cape town", "location: johannesburg", 1)
	return strings.NewReplacer("networks:\n", "networks:\n  green:\n", "vlan: 1000}", "vlan: 1500}").Replace(file)
}

// plan has the page plan a file.
func (b *tab) plan(file string) {
	b.t.Helper()
	b.do(chromedp.SetValue(`#file`, file), chromedp.Click(`form.plan button`, chromedp.NodeReady))
	b.await(`document.getElementById('plan-h')`)
}

// tallest bounds a picture, in pixels: nobody scrolls through a long one. colours bounds its colours.
const tallest, colours = 900, 48

// save writes a picture of the page from its top.
func (b *tab) save(name string) {
	b.t.Helper()
	b.await(`document.readyState === 'complete' && document.getElementById('live')?.dataset.state !== 'starting'`)
	ctx, cancel := context.WithTimeout(b.ctx, slow)
	defer cancel()
	shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	b.must(err)
	small, err := smaller(shot)
	b.must(err)
	b.must(os.MkdirAll(*pictures, 0o755))
	b.must(os.WriteFile(filepath.Join(*pictures, name+".png"), small, 0o644))
}

// smaller is a PNG cut to tallest, with few colours.
func smaller(shot []byte) ([]byte, error) {
	whole, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		return nil, err
	}
	bounds := whole.Bounds()
	bounds.Max.Y = min(bounds.Max.Y, tallest)
	out := image.NewPaletted(bounds, frequent(whole, bounds))
	index := map[color.Color]uint8{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := whole.At(x, y)
			i, known := index[c]
			if !known {
				i = uint8(out.Palette.Index(c)) // the nearest
				index[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	var text bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&text, out)
	return text.Bytes(), err
}

// frequent are the colours that a picture has most.
func frequent(whole image.Image, bounds image.Rectangle) color.Palette {
	times := map[color.Color]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			r, g, b, _ := whole.At(x, y).RGBA()
			colourful := max(r, g, b) - min(r, g, b)
			times[whole.At(x, y)] += 1 + int(colourful>>11) // few pixels say what is wrong, in red
		}
	}
	all := slices.SortedFunc(maps.Keys(times), func(a, b color.Color) int { return times[b] - times[a] })
	return all[:min(len(all), colours)]
}

// TestPicturesStaySmall: those in docs/ are of all pages, and no burden to who clones the repository.
func TestPicturesStaySmall(t *testing.T) {
	files, err := filepath.Glob("../../docs/pictures/ui/*.png")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d pictures, %v: run make ui-pictures", len(files), err)
	}
	total := int64(0)
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
	}
	if total > 1_500_000 {
		t.Errorf("the pictures have %d bytes", total)
	}
}
