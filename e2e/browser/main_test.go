package browser_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"bordergw/internal/program"
)

const (
	// patience is for what is polled for. Time in which the machine has no processor free does not count.
	patience = 30 * time.Second
	// slow bounds one thing that the browser does, by the clock.
	slow = 3 * time.Minute
)

var (
	// binary is the program under test.
	binary string
	// chromium is the browser that all tests share, each with a context of its own.
	chromium context.Context
	// pictures is a directory for screenshots of all pages, "" for none.
	pictures = flag.String("pictures", "", "write screenshots of all pages to this `directory`")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv("BORDERGW_NO_BROWSER") == "1" {
		fmt.Println("left out: BORDERGW_NO_BROWSER=1")
		return
	}
	os.Exit(program.Built(func(path string) int {
		binary = path
		stop, err := startBrowser()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer stop()
		return m.Run()
	}))
}

// startBrowser starts the browser, and returns what ends it.
func startBrowser() (func(), error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, fmt.Errorf("no browser: %w; hack/deps.sh chromium:chromium installs it, BORDERGW_NO_BROWSER=1 leaves these tests out", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.WSURLReadTimeout(2*time.Minute),
		// Tests run as root in containers, where shared memory is scarce.
		chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		stop()
		return nil, fmt.Errorf("the browser does not start: %w", err)
	}
	chromium = ctx
	return func() { cancel(); stop() }, nil
}
