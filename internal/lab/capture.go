package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Packet is a VXLAN packet as seen in the underlay (RFC 7348).
type Packet struct {
	From, To netip.Addr
	VNI      uint32
	Frame    []byte // the tenant's, from its destination MAC on
}

// Capture collects the VXLAN packets that one switch sends.
type Capture struct {
	socket  *os.File
	done    chan struct{}
	packets []Packet // the reader's until done is closed
}

// Capture starts collecting; nothing sent after it has returned is missed. It is not a tcpdump because that insists on
// becoming another user, and a user namespace has none.
func (l *Lab) Capture(s *Switch) (*Capture, error) {
	socket, err := sniff(fabric, "to-"+s.Name)
	if err != nil {
		return nil, fmt.Errorf("capture from %s: %w", s.Name, err)
	}
	c := &Capture{socket: socket, done: make(chan struct{})}
	go c.read(s.TunnelIP())
	return c, nil
}

// Stop ends the capture and returns the packets in the order they were sent.
func (c *Capture) Stop() ([]Packet, error) {
	// Not yet closed: what the kernel has queued is still to be read.
	if err := c.socket.SetReadDeadline(time.Now().Add(poll)); err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	<-c.done
	return c.packets, c.socket.Close()
}

func (c *Capture) read(from netip.Addr) {
	defer close(c.done)
	buf := make([]byte, 65536)
	for {
		n, err := c.socket.Read(buf)
		if err != nil {
			return
		}
		if p, ok := parseVXLAN(buf[:n]); ok && p.From == from {
			c.packets = append(c.packets, p)
		}
	}
}

// sniff opens a packet socket on a device of another network namespace.
func sniff(namespace, device string) (f *os.File, err error) {
	err = within(namespace, func() error {
		f, err = packetSocket(device, unix.ETH_P_ALL)
		return err
	})
	return f, err
}

// within runs do in another network namespace.
func within(namespace string, do func() error) error {
	// The thread must come back, it cannot be left to end instead: daemons that it started would be killed with it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer home.Close()
	away, err := os.Open("/run/netns/" + namespace)
	if err != nil {
		return err
	}
	defer away.Close()
	if err := unix.Setns(int(away.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter %s: %w", namespace, err)
	}
	return errors.Join(do(), unix.Setns(int(home.Fd()), unix.CLONE_NEWNET))
}

// packetSocket receives the packets of one protocol, without their link-layer header, that pass a device.
func packetSocket(device string, protocol uint16) (*os.File, error) {
	// Protocol 0 receives nothing until bind, so nothing of another device gets in.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("packet socket: %w", err)
	}
	f := os.NewFile(uintptr(fd), device)
	req, err := unix.NewIfreq(device)
	if err == nil {
		err = unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, req)
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: networkOrder(protocol), Ifindex: int(req.Uint32())})
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("listen on %s: %w", device, err)
	}
	return f, nil
}

func networkOrder(v uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, v))
}

// parseVXLAN reads an IPv4 packet; ok is false when it is not one with VXLAN in it.
func parseVXLAN(ip []byte) (p Packet, ok bool) {
	const udp, port = 17, 4789
	if len(ip) < 20 || ip[0]>>4 != 4 || ip[9] != udp {
		return Packet{}, false
	}
	header := int(ip[0]&0x0f) * 4
	if header < 20 || len(ip) < header+16 || binary.BigEndian.Uint16(ip[header+2:]) != port {
		return Packet{}, false
	}
	vxlan := ip[header+8:]
	from, _ := netip.AddrFromSlice(ip[12:16])
	to, _ := netip.AddrFromSlice(ip[16:20])
	return Packet{From: from, To: to, VNI: binary.BigEndian.Uint32(vxlan[4:]) >> 8, Frame: append([]byte(nil), vxlan[8:]...)}, true
}
