// Package backup is the form of a backup: a tar archive of what a data directory holds, which begins with
// what it is a backup of and ends with the SHA-256 sums of its files. An archive that is cut off, or of
// which a byte has changed, is never taken for a whole one. It knows nothing of what is in the files, and
// never overwrites one.
package backup
