// Package browser tests the pages of the built binary in a headless Chromium.
//
// It is a module of its own, so that the product does not depend on what drives
// the browser. BORDERGW_NO_BROWSER=1 leaves its tests out.
package browser
