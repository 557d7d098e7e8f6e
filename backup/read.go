package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Create makes the file that one of an archive's is written to.
type Create func(name string) (io.WriteCloser, error)

// Discard is for an archive that is only checked.
func Discard(string) (io.WriteCloser, error) { return discard{io.Discard}, nil }

type discard struct{ io.Writer }

func (discard) Close() error { return nil }

// Read reads an archive to its end, and hands what is in its files to those that create makes. Only if
// there is no error are they what was backed up. The error is ErrDamaged where the archive is at fault.
func Read(r io.Reader, create Create) (About, error) {
	in := &reader{tar: tar.NewReader(r), create: create}
	var about About
	note, err := in.note(aboutName)
	switch {
	case err != nil:
		return about, fmt.Errorf("it is not a backup of bordergw: %w", err)
	case json.Unmarshal(note, &about) != nil:
		return about, fmt.Errorf("%w: %s makes no sense", ErrDamaged, aboutName)
	case about.Format != format:
		return about, fmt.Errorf("it is a backup of form %d, and this program knows %d", about.Format, format)
	}
	for _, name := range []string{StoreName, HistoryName} {
		if err := in.file(name); err != nil {
			return about, err
		}
	}
	return about, in.end()
}

// reader reads members in their order, and sums them up as the archive's writer did.
type reader struct {
	tar    *tar.Reader
	create Create
	sums   []byte
	// ahead is a member that was found instead of another.
	ahead *tar.Header
}

// next finds the member of a name, or nil if another one, or none, is next.
func (r *reader) next(name string) (*tar.Header, error) {
	h := r.ahead
	if h == nil {
		var err error
		if h, err = r.tar.Next(); err != nil {
			return nil, fmt.Errorf("%w: %s is missing: %w", ErrDamaged, name, unexpected(err))
		}
	}
	r.ahead = h
	if h.Name != name {
		return nil, nil
	}
	if h.Typeflag != tar.TypeReg {
		return nil, fmt.Errorf("%w: %s is no file", ErrDamaged, name)
	}
	r.ahead = nil
	return h, nil
}

// note reads a small member.
func (r *reader) note(name string) ([]byte, error) {
	h, err := r.next(name)
	switch {
	case err != nil:
		return nil, err
	case h == nil:
		return nil, fmt.Errorf("%w: %q stands where %s is expected", ErrDamaged, r.ahead.Name, name)
	case h.Size > maxNote:
		return nil, fmt.Errorf("%w: %s has %d bytes", ErrDamaged, name, h.Size)
	}
	content, err := io.ReadAll(r.tar)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, name, unexpected(err))
	}
	r.sums = append(r.sums, sumLine(name, sumOf(content))...)
	return content, nil
}

// file reads a member into a file, if it is the next. Only the history may be missing.
func (r *reader) file(name string) error {
	h, err := r.next(name)
	switch {
	case err != nil:
		return err
	case h == nil && name == HistoryName:
		return nil
	case h == nil:
		return fmt.Errorf("%w: %q stands where %s is expected", ErrDamaged, r.ahead.Name, name)
	}
	out, err := r.create(name)
	if err != nil {
		return err
	}
	hash := sha256.New()
	_, err = io.Copy(out, &source{io.TeeReader(r.tar, hash), name})
	r.sums = append(r.sums, sumLine(name, hash.Sum(nil))...)
	return errors.Join(err, out.Close())
}

// source tells errors of the archive from those of the file that it is written to.
type source struct {
	io.Reader
	name string
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %s: %w", ErrDamaged, s.name, err)
	}
	return n, err
}

// end compares the sums. What comes after them is none of ours.
func (r *reader) end() error {
	have := slices.Clone(r.sums)
	want, err := r.note(sumsName)
	switch {
	case err != nil:
		return err
	case !bytes.Equal(have, want):
		return fmt.Errorf("%w: its files are not those that were backed up (%s)", ErrDamaged, sumsName)
	}
	if _, err := r.tar.Next(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: there is more after %s", ErrDamaged, sumsName)
	}
	return nil
}

// unexpected is the error of an archive that ends too early.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
