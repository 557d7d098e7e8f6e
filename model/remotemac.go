package model

import (
	"cmp"
	"iter"
	"strings"
)

// RemoteMACEntry says which far tunnel end point a MAC is behind. It applies to the
// connections of its device whose VNI is SegmentationID.
type RemoteMACEntry struct {
	ID             string      `json:"id"`
	MAC            MAC         `json:"mac_address"`
	VTEPAddress    VTEPAddress `json:"vtep_address"`
	SegmentationID VNI         `json:"segmentation_id"`
}

// RemoteMAC is the record of an entry. A device may have a hundred thousand of
// them, so that they are no part of its own record.
type RemoteMAC struct {
	DeviceID string `json:"gateway_device_id"`
	RemoteMACEntry
	// Seq orders the entries of a device by creation.
	Seq uint64 `json:"seq"`
}

// RemoteMACs is an immutable set of entries, by device.
type RemoteMACs struct {
	byDevice Sorted[id, DeviceMACs]
}

// DeviceMACs are the entries of one device. Values can be compared with ==, as those of Sorted.
type DeviceMACs struct {
	byID  Sorted[id, *RemoteMAC]
	bySeq Sorted[seq, *RemoteMAC]
	byVNI Sorted[VNI, VNIMACs]
}

// VNIMACs are the entries of a device that have one VNI, in the order of their
// MACs. Values can be compared with ==.
type VNIMACs struct{ byMAC Sorted[macSeq, *RemoteMAC] }

type (
	id  string
	seq uint64
	// macSeq distinguishes entries of one MAC, should there be several.
	macSeq struct {
		mac MAC
		seq seq
	}
)

func (a id) Compare(b id) int         { return strings.Compare(string(a), string(b)) }
func (a seq) Compare(b seq) int       { return cmp.Compare(a, b) }
func (a macSeq) Compare(b macSeq) int { return cmp.Or(a.mac.Compare(b.mac), a.seq.Compare(b.seq)) }

func keyOf(m *RemoteMAC) macSeq { return macSeq{m.MAC, seq(m.Seq)} }

// NewRemoteMACs builds a set of entries in any order. Entries of a device differ in ID
// and Seq.
func NewRemoteMACs(all []*RemoteMAC) RemoteMACs {
	of := map[string][]*RemoteMAC{}
	for _, m := range all {
		of[m.DeviceID] = append(of[m.DeviceID], m)
	}
	var s RemoteMACs
	for device, list := range of {
		s = s.With(device, list...)
	}
	return s
}

// Of are the entries of a device.
func (s RemoteMACs) Of(device string) DeviceMACs {
	d, _ := s.byDevice.Get(id(device))
	return d
}

// All yields every device that has entries with them.
func (s RemoteMACs) All() iter.Seq2[string, DeviceMACs] {
	return func(yield func(string, DeviceMACs) bool) {
		for device, d := range s.byDevice.All() {
			if !yield(string(device), d) {
				return
			}
		}
	}
}

// Changes yields the devices, with the VNIs, whose entries differ from those of another set, at
// the cost of what differs where one follows from the other.
func (s RemoteMACs) Changes(was RemoteMACs) iter.Seq2[string, VNI] {
	return func(yield func(string, VNI) bool) {
		for device, d := range SortedChanges(was.byDevice, s.byDevice) {
			for vni := range SortedChanges(d.Was.byVNI, d.Now.byVNI) {
				if !yield(string(device), vni) {
					return
				}
			}
		}
	}
}

// With adds entries to a device, which has none of the same ID or Seq.
func (s RemoteMACs) With(device string, all ...*RemoteMAC) RemoteMACs {
	if len(all) == 0 {
		return s
	}
	return RemoteMACs{s.byDevice.With(id(device), s.Of(device).with(all))}
}

// Without removes an entry of a device.
func (s RemoteMACs) Without(m *RemoteMAC) RemoteMACs {
	d := s.Of(m.DeviceID).without(m)
	if d.Len() == 0 {
		return s.WithoutDevice(m.DeviceID)
	}
	return RemoteMACs{s.byDevice.With(id(m.DeviceID), d)}
}

// WithoutDevice removes all entries of a device.
func (s RemoteMACs) WithoutDevice(device string) RemoteMACs {
	return RemoteMACs{s.byDevice.Without(id(device))}
}

// Len is the number of entries.
func (d DeviceMACs) Len() int { return d.bySeq.Len() }

// All yields the entries in the order of their creation.
func (d DeviceMACs) All() iter.Seq[*RemoteMAC] { return values(d.bySeq) }

// values yields what a Sorted has without the keys.
func values[K Key[K], V any](m Sorted[K, V]) iter.Seq[V] { return valuesOf(m.All()) }

func valuesOf[K, V any](all iter.Seq2[K, V]) iter.Seq[V] {
	return func(yield func(V) bool) {
		for _, v := range all {
			if !yield(v) {
				return
			}
		}
	}
}

// Changes yields the entries that differ from those of another set, at the cost of what differs
// where one follows from the other.
func (d DeviceMACs) Changes(was DeviceMACs) iter.Seq[Change[*RemoteMAC]] {
	return valuesOf(SortedChanges(was.byID, d.byID))
}

// Get returns the entry with that id.
func (d DeviceMACs) Get(entry string) (*RemoteMAC, bool) { return d.byID.Get(id(entry)) }

// VNIs yields every VNI that entries have, the lowest first.
func (d DeviceMACs) VNIs() iter.Seq[VNI] {
	return func(yield func(VNI) bool) {
		for vni := range d.byVNI.All() {
			if !yield(vni) {
				return
			}
		}
	}
}

// VNI gives the entries that have a VNI.
func (d DeviceMACs) VNI(vni VNI) VNIMACs {
	of, _ := d.byVNI.Get(vni)
	return of
}

// All yields the entries.
func (v VNIMACs) All() iter.Seq[*RemoteMAC] { return values(v.byMAC) }

// Between yields the entries of MACs from first to last, both included.
func (v VNIMACs) Between(first, last MAC) iter.Seq[*RemoteMAC] {
	return func(yield func(*RemoteMAC) bool) {
		for k, m := range v.byMAC.From(macSeq{mac: first}) {
			if k.mac.Compare(last) > 0 || !yield(m) {
				return
			}
		}
	}
}

// Has reports whether there is an entry for a MAC.
func (v VNIMACs) Has(m MAC) bool {
	i := v.byMAC.Rank(macSeq{mac: m})
	if i == v.byMAC.Len() {
		return false
	}
	next, _ := v.byMAC.At(i)
	return next.mac == m
}

// NextSeq is the Seq of the next entry to be added.
func (d DeviceMACs) NextSeq() uint64 {
	if d.Len() == 0 {
		return 1
	}
	last, _ := d.bySeq.At(d.Len() - 1)
	return uint64(last) + 1
}

func (d DeviceMACs) with(all []*RemoteMAC) DeviceMACs {
	byID := make([]Pair[id, *RemoteMAC], len(all))
	bySeq := make([]Pair[seq, *RemoteMAC], len(all))
	byMAC := map[VNI][]Pair[macSeq, *RemoteMAC]{}
	for i, m := range all {
		byID[i] = Pair[id, *RemoteMAC]{id(m.ID), m}
		bySeq[i] = Pair[seq, *RemoteMAC]{seq(m.Seq), m}
		byMAC[m.SegmentationID] = append(byMAC[m.SegmentationID], Pair[macSeq, *RemoteMAC]{keyOf(m), m})
	}
	d.byID, d.bySeq = d.byID.WithAll(byID), d.bySeq.WithAll(bySeq)
	byVNI := make([]Pair[VNI, VNIMACs], 0, len(byMAC))
	for vni, pairs := range byMAC {
		byVNI = append(byVNI, Pair[VNI, VNIMACs]{vni, VNIMACs{d.VNI(vni).byMAC.WithAll(pairs)}})
	}
	d.byVNI = d.byVNI.WithAll(byVNI)
	return d
}

func (d DeviceMACs) without(m *RemoteMAC) DeviceMACs {
	d.byID, d.bySeq = d.byID.Without(id(m.ID)), d.bySeq.Without(seq(m.Seq))
	if of := d.VNI(m.SegmentationID).byMAC.Without(keyOf(m)); of.Len() > 0 {
		d.byVNI = d.byVNI.With(m.SegmentationID, VNIMACs{of})
	} else {
		d.byVNI = d.byVNI.Without(m.SegmentationID)
	}
	return d
}
