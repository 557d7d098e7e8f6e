// Package site reads, prints and compares site files: the switches, networks, gateways and
// connections of a site as people write and keep them.
//
// Parse refuses whatever could be read in two ways, and says where it stands. Print is
// canonical: equal definitions give equal bytes, and what it prints is parsed to the same
// file. Of makes the file of definitions that exist. Compare says what has to be created,
// changed and deleted so that the definitions are those of a file; how that is written is
// left to a model.Editor. NewAdoption makes the file of what somebody else has configured on
// switches, and notes what of it no file can say.
//
// The package is pure. It knows the nouns of package model, and no store, no switch and no
// session. It never changes a file that a person wrote.
package site
