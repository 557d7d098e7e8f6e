// Package web serves the pages that people look at: /ui/.
//
// A page is made on the server from what the REST API answers to whoever asks,
// by calls within the process. So a page shows nothing, and can do nothing,
// that the API would refuse. The address of a page is its whole state: filters,
// order and place in a list. Pages work without JavaScript, load nothing from
// other origins, and take every text for hostile.
//
// It never reads the store, switches or the loop, and never changes a
// definition.
package web
