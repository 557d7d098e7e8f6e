// Package boltfile opens files of bbolt so that a damaged one is an error and not the end of the
// process. It knows nothing of what is in them. Whoever reads or writes such a file does so in
// Guard, in each transaction.
package boltfile
